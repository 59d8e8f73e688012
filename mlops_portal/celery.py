"""The Celery app. Beat rings the bell; what is due stands in the database."""

import os
import time
from pathlib import Path
from typing import Any

import structlog
from celery import Celery
from celery.signals import beat_init, before_task_publish, heartbeat_sent, setup_logging, worker_ready
from django.dispatch import receiver
from django_structlog.celery.signals import bind_extra_task_metadata
from django_structlog.celery.steps import DjangoStructLogInitStep

from mlops_portal import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")

file_broker.install()
app = Celery("mlops_portal", task_cls="core.gated_task:GatedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def _leave_logging_to_django(**_: Any) -> None:
    """Somebody listens to this, so Celery sets up nothing of its own: core/logs.py holds for all processes."""


@receiver(bind_extra_task_metadata)
def _name_the_task(task: Any, **_: Any) -> None:
    structlog.contextvars.bind_contextvars(task=task.name)


def _mark_ready(name: str) -> None:
    """Leave a file that says this process is ready, for the launcher's one line."""
    from django.conf import settings

    folder = Path(settings.VAR) / "run"
    if folder.is_dir():
        (folder / f"{name}.ready").touch()


@worker_ready.connect
def _worker_is_ready(**_: Any) -> None:
    from core import pulse

    pulse.leave(pulse.WORKER)
    _mark_ready("worker")


_last_sign = 0.0


@heartbeat_sent.connect
def _worker_lives(**_: Any) -> None:
    """Celery's heartbeat comes every other second, only while the worker has its broker."""
    from core import pulse

    global _last_sign  # noqa: PLW0603  of this process
    if time.monotonic() - _last_sign >= pulse.EVERY:
        _last_sign = time.monotonic()
        pulse.leave(pulse.WORKER)


@beat_init.connect
def _beat_is_ready(**_: Any) -> None:
    from core import pulse

    pulse.leave(pulse.BEAT, pulse.QUEUE)  # what waited while there was no beat is not counted as waiting
    before_task_publish.connect(_beat_sends, sender="core.pulse", weak=False)
    _mark_ready("beat")


def _beat_sends(headers: dict[str, Any], **_: Any) -> None:
    from core import clock, pulse

    headers["sent_at"] = clock.now().timestamp()
    pulse.leave(pulse.BEAT)
