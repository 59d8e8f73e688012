"""Thin shells: the rules stand in `outbox`, `sending` and `reminders`."""

from celery import shared_task

from notices import outbox, reminders, sending
from notices.services import channels


@shared_task(name="notices.ring")
def ring() -> None:
    outbox.ring()


@shared_task(name="notices.send", passes_gate=False)
def send() -> None:
    sending.send()


@shared_task(name="notices.remind")
def remind() -> None:
    reminders.remind()
    channels.forget_removed()
