"""Thin shells: the rules stand in `pulse`, `live` and `retention`."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from core import live, retention
from core import pulse as signs


@shared_task(name="core.pulse", bind=True)
def pulse(self: Any) -> None:
    """The message says when it was sent (mlops_portal/celery.py)."""
    sent_at = self.request.get("sent_at")
    if sent_at:
        signs.note(signs.QUEUE, datetime.fromtimestamp(float(sent_at), UTC))


@shared_task(name="core.prune")
def prune() -> None:
    retention.prune_daily()


@shared_task(name="core.fold_live")
def fold_live() -> None:
    live.fold()
