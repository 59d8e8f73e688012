"""The present day of a team, or of the organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from core import clock
from teams.models import Team
from teams.zones import zone_of, zones_of


def today_of(team: Team | None) -> date:
    return clock.today(zone_of(team))


def todays_of(teams: Iterable[Team | None]) -> Callable[[int | None], date]:
    """The present day by team.pk, and of the organisation by None. One query, and one more with the organisation among them."""
    known = set(teams)
    days: dict[int | None, date] = {
        pk: clock.today(zone) for pk, zone in zones_of(each for each in known if each is not None).items()
    }
    if None in known:
        days[None] = today_of(None)
    return days.__getitem__
