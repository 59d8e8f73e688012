"""Thin shells: the rules stand in `outbox` and `sending`."""

from celery import shared_task

from notices import outbox, sending


@shared_task(name="notices.ring")
def ring() -> None:
    outbox.ring()


@shared_task(name="notices.send", passes_gate=False)
def send() -> None:
    sending.send()
