"""Thin shells: the rules stand in `work`."""

from celery import shared_task

from imports import work as worker


@shared_task(name="imports.ring")
def ring() -> None:
    worker.ring()


@shared_task(name="imports.work")
def work(pk: int) -> None:
    worker.work_on(pk)
