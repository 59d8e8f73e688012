"""The Celery app. Beat rings the bell; what is due stands in the database."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")

app = Celery("mlops_portal", task_cls="core.gated_task:GatedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def _mark_ready(name: str) -> None:
    """Leave a file that says this process is ready, for the launcher's one line."""
    from django.conf import settings

    folder = Path(settings.VAR) / "run"
    if folder.is_dir():
        (folder / f"{name}.ready").touch()


@worker_ready.connect
def _worker_is_ready(**_: Any) -> None:
    _mark_ready("worker")


@beat_init.connect
def _beat_is_ready(**_: Any) -> None:
    _mark_ready("beat")
