"""Thin shells: the rules stand in `refresh` and `quarters`."""

from celery import shared_task

from delivery import quarters, refresh


@shared_task(name="delivery.prepare")
def prepare() -> None:
    """Count days in the time zone that a team has by now, make ready what an older version left, and the figures of 13 weeks that
    pages of many teams read. Safe to kill and repeat.
    """
    for team_id in refresh.due():
        refresh.prepare(team_id)
    for team_id in quarters.due():
        quarters.prepare(team_id)
