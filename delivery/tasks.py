"""Thin shells: the rules stand in `refresh`."""

from celery import shared_task

from delivery import refresh


@shared_task(name="delivery.prepare")
def prepare() -> None:
    """Count days in the time zone that a team has by now, and make ready what an older version left. Safe to kill and repeat."""
    for team_id in refresh.due():
        refresh.prepare(team_id)
