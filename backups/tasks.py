"""Thin shells: the rules stand in `schedule` and `work`."""

from celery import shared_task

from backups import schedule
from backups import work as worker


@shared_task(name="backups.ring")
def ring() -> None:
    schedule.ring()


@shared_task(name="backups.work", passes_gate=False)
def work() -> None:
    worker.work()
