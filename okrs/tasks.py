"""Thin shells: the rules stand in `feed`."""

from celery import shared_task

from okrs import feed as feeding


@shared_task(name="okrs.feed")
def feed() -> None:
    feeding.feed_all()
