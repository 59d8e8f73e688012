"""Thin shells: the rules stand in `schedule` and `sync`."""

from celery import shared_task

from connections import schedule, sync


@shared_task(name="connections.ring_the_bell")
def ring_the_bell() -> None:
    schedule.ring()


@shared_task(name="connections.sync_source", passes_gate=False)
def sync_source(source_id: int) -> None:
    sync.sync(source_id)
