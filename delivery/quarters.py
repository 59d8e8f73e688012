"""A team's figures over the 13 complete weeks before its present day, prepared: what pages of many teams read.

A page of 150 teams would otherwise read all their changes and incidents of half a year to say 900 numbers. So the numbers are
kept, as JSON of a fixed size. Whatever is refreshed of a team removes them (delivery/refresh/); a new week, and what `_known`
tells, make them stale. Where none are kept they are made of the rows at once, and kept by beat's next round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Q

from core import clock
from delivery import facts, five, reading, refresh
from delivery.figures import Frequency, LeadTime, Recovery, Share, Spread, Stage
from delivery.five import Five, TeamRows
from delivery.models import PreparedQuarter, Service
from delivery.periods import DAY, WEEKS, Period, weeks_before
from delivery.reading import TeamDeployments
from delivery.told import TITLES
from teams.models import Team
from teams.zones import zones_of


@dataclass(frozen=True)
class Quarter:
    """`kept`: the figures as JSON, which few who ask for a quarter look into. `still_open`: incidents, now and not then."""

    period: Period
    kept: Mapping[str, Any]
    still_open: int

    @cached_property
    def now(self) -> Five:
        """Of the 13 weeks."""
        return _five(self.kept["now"], self.still_open)

    @cached_property
    def before(self) -> Five:
        """Of the 13 weeks before them."""
        return _five(self.kept["before"], self.still_open)

    @property
    def weekly(self) -> Mapping[str, Sequence[float | None]]:
        """By figure, what a spark draws of each week."""
        weeks: Mapping[str, Sequence[float | None]] = self.kept["weekly"]
        return weeks


def of_teams(teams: Sequence[Team], services: Sequence[Service], today: date | None = None) -> dict[int, Quarter]:
    """By team. `services`: theirs, from `reading.services_with_first`. A constant number of queries."""
    periods = _periods(teams, today)
    known = reading.known(teams, services)
    still_open = five.still_open(teams)
    found: dict[int, Quarter] = {}
    for row in PreparedQuarter.objects.filter(team__in=[team.pk for team in teams]):
        period = periods[row.team_id]
        if row.monday == period.last + DAY and row.known == _known(known[row.team_id], services, row.team_id):
            found[row.team_id] = Quarter(period, row.figures, still_open.get(row.team_id, 0))
    missing = [team for team in teams if team.pk not in found]
    return found | _made(missing, services, periods)


def before(period: Period) -> Period:
    return Period(period.first - timedelta(weeks=WEEKS), period.first - DAY)


def due() -> list[int]:
    """Teams of which something was told and nothing is prepared for their present week."""
    told = Q(services__isnull=False) | Q(incidents__isnull=False)
    teams = list(Team.objects.active().filter(told).distinct().order_by("pk"))
    periods = _periods(teams, None)
    mondays = dict(PreparedQuarter.objects.values_list("team", "monday"))
    return [team.pk for team in teams if mondays.get(team.pk) != periods[team.pk].last + DAY]


@transaction.atomic
def prepare(team_id: int) -> None:
    """Make what a page would make. The team's lock first: nothing is refreshed between reading and keeping."""
    team = refresh.lock(team_id).team
    services = reading.services_with_first([team])
    made = _made([team], services, _periods([team], None))[team_id]
    known = _known(reading.known([team], services)[team_id], services, team_id)
    values = {"monday": made.period.last + DAY, "known": known, "figures": made.kept}
    PreparedQuarter.objects.update_or_create(team=team, defaults=values)


def _periods(teams: Sequence[Team], today: date | None) -> dict[int, Period]:
    return {pk: weeks_before(today or clock.today(zone)) for pk, zone in zones_of(teams).items()}


def _known(entry: TeamDeployments, services: Sequence[Service], team_id: int) -> list[Any]:
    days = (entry.known_from, entry.read_from, entry.known_until, entry.failures_until)
    mine = sorted(service.pk for service in services if service.team_id == team_id)
    return [str(entry.zone), mine, *(day.isoformat() if day else None for day in days)]


# -- Made of the rows -------------------------------------------------------------------------------------------------


def _made(teams: Sequence[Team], services: Sequence[Service], periods: Mapping[int, Period]) -> dict[int, Quarter]:
    if not teams:
        return {}
    mine = [periods[team.pk] for team in teams]
    reach = Period(min(before(each).first for each in mine), max(each.last for each in mine))
    asked = {team.pk for team in teams}
    rows = five.read(teams, reach, [service for service in services if service.team_id in asked])
    return {team.pk: _of_rows(rows[team.pk], periods[team.pk]) for team in teams}


def _of_rows(rows: TeamRows, period: Period) -> Quarter:
    parts = rows.by_start("week")
    weeks = [
        parts.get(week, rows.empty()).five(Period(week, week + timedelta(days=6)), period) for week in period.weeks
    ]
    weekly = {name: facts.weekly(name, weeks) for name in TITLES}
    figures = {"now": asdict(rows.five(period)), "before": asdict(rows.five(before(period))), "weekly": weekly}
    return Quarter(period, figures, rows.still_open)


# -- As JSON ----------------------------------------------------------------------------------------------------------


def _five(kept: Mapping[str, Any], still_open: int) -> Five:
    often, lead = kept["frequency"], kept["lead_time"]
    stages = {Stage(name): Spread(**hours) for name, hours in lead["stages"].items()}
    return Five(
        frequency=Frequency(**often) if often else None,
        lead_time=LeadTime(Spread(**lead["hours"]), stages, lead["changes"]),
        failure_rate=Share(**kept["failure_rate"]),
        recovery=Recovery(Spread(**kept["recovery"]["hours"]), kept["recovery"]["still_open"]),
        detect=Spread(**kept["detect"]),
        repair=Spread(**kept["repair"]),
        attributed=kept["attributed"],
        mttr=Recovery(Spread(**kept["mttr"]["hours"]), still_open),  # what is open is so now, not then
        rework=Share(**kept["rework"]),
    )
