"""Thin shells: the rules stand in `schedule` and `work`."""

from celery import shared_task

from sample import schedule
from sample import work as worker


@shared_task(name="sample.ring")
def ring() -> None:
    schedule.ring()


@shared_task(name="sample.work", passes_gate=False)
def work() -> None:
    worker.work()
