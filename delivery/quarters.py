"""A team's figures over the 13 complete weeks before its present day, prepared: what pages of many teams read, and of a team's
own page the lead times, which are of more rows than all the rest.

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
from delivery.periods import DAY, WEEK, WEEKS, Period, weeks_before
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
    for row in PreparedQuarter.objects.filter(team__in=[team.pk for team in teams]).defer("lead_times"):
        if _is_true(row, periods[row.team_id], known[row.team_id], services):
            found[row.team_id] = Quarter(periods[row.team_id], row.figures, still_open.get(row.team_id, 0))
    missing = [team for team in teams if team.pk not in found]
    return found | _made(missing, services, periods)


def lead_times(team: Team, services: Sequence[Service], known: TeamDeployments, today: date) -> dict[Period, LeadTime]:
    """Of the 13 weeks, of each of them and of the 13 weeks before; none where nothing is kept."""
    row = PreparedQuarter.objects.filter(team=team).first()
    period = weeks_before(today)
    if row is None or not _is_true(row, period, known, services):
        return {}
    weeks = {Period(week, week + WEEK - DAY): kept for week, kept in zip(period.weeks, row.lead_times, strict=True)}
    weeks |= {period: row.figures["now"]["lead_time"], before(period): row.figures["before"]["lead_time"]}
    return {each: _lead_time(kept) for each, kept in weeks.items()}


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
    period = _periods([team], None)[team_id]
    rows = _rows([team], services, {team_id: period})[team_id]
    weeks = rows.by_start("week")
    values = {
        "monday": period.last + DAY,
        "known": _known(rows.deployments, services, team_id),
        "figures": _of_rows(rows, period).kept,
        "lead_times": [asdict(five.lead_time_of(weeks.get(week, rows.empty()).changes)) for week in period.weeks],
    }
    PreparedQuarter.objects.update_or_create(team=team, defaults=values)


def _periods(teams: Sequence[Team], today: date | None) -> dict[int, Period]:
    return {pk: weeks_before(today or clock.today(zone)) for pk, zone in zones_of(teams).items()}


def _is_true(row: PreparedQuarter, period: Period, known: TeamDeployments, services: Sequence[Service]) -> bool:
    return row.monday == period.last + DAY and row.known == _known(known, services, row.team_id)


def _known(entry: TeamDeployments, services: Sequence[Service], team_id: int) -> list[Any]:
    days = (entry.known_from, entry.read_from, entry.known_until, entry.failures_until)
    mine = sorted(service.pk for service in services if service.team_id == team_id)
    return [str(entry.zone), mine, *(day.isoformat() if day else None for day in days)]


# -- Made of the rows -------------------------------------------------------------------------------------------------


def _made(teams: Sequence[Team], services: Sequence[Service], periods: Mapping[int, Period]) -> dict[int, Quarter]:
    rows = _rows(teams, services, periods) if teams else {}
    return {pk: _of_rows(each, periods[pk]) for pk, each in rows.items()}


def _rows(teams: Sequence[Team], services: Sequence[Service], periods: Mapping[int, Period]) -> dict[int, TeamRows]:
    mine = [periods[team.pk] for team in teams]
    reach = Period(min(before(each).first for each in mine), max(each.last for each in mine))
    asked = {team.pk for team in teams}
    return five.read(teams, reach, [service for service in services if service.team_id in asked])


def _of_rows(rows: TeamRows, period: Period) -> Quarter:
    parts = rows.by_start("week")
    weeks = [parts.get(week, rows.empty()).five(Period(week, week + WEEK - DAY), period) for week in period.weeks]
    weekly = {name: facts.weekly(name, weeks) for name in TITLES}
    figures = {"now": asdict(rows.five(period)), "before": asdict(rows.five(before(period))), "weekly": weekly}
    return Quarter(period, figures, rows.still_open)


# -- As JSON ----------------------------------------------------------------------------------------------------------


def _five(kept: Mapping[str, Any], still_open: int) -> Five:
    often = kept["frequency"]
    return Five(
        frequency=Frequency(**often) if often else None,
        lead_time=_lead_time(kept["lead_time"]),
        failure_rate=Share(**kept["failure_rate"]),
        recovery=Recovery(Spread(**kept["recovery"]["hours"]), kept["recovery"]["still_open"]),
        detect=Spread(**kept["detect"]),
        repair=Spread(**kept["repair"]),
        attributed=kept["attributed"],
        mttr=Recovery(Spread(**kept["mttr"]["hours"]), still_open),  # what is open is so now, not then
        rework=Share(**kept["rework"]),
    )


def _lead_time(kept: Mapping[str, Any]) -> LeadTime:
    stages = {Stage(name): Spread(**hours) for name, hours in kept["stages"].items()}
    return LeadTime(Spread(**kept["hours"]), stages, kept["changes"])
