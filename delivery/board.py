"""Everything the delivery page and the team page show of one team, read in a constant number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal, cast
from zoneinfo import ZoneInfo

from django.db.models import Count, Min

from core import clock
from delivery import five, policies, quarters, reading
from delivery.facts import Reads, reads
from delivery.figures import hours_between
from delivery.five import Five, TeamRows
from delivery.models import Deployment, Edition, EnvironmentClass, Incident, OutcomeChoice, Policy, Service
from delivery.periods import (
    WEEKS,
    Bucket,
    By,
    Period,
    buckets,
    complete_months_before,
    monday,
    months_before,
    weeks_before,
)
from teams.models import Team
from teams.zones import zones_of

Length = Literal["13w", "12m", "all"]
LENGTHS: tuple[Length, ...] = ("13w", "12m", "all")


@dataclass(frozen=True)
class Choice:
    """What the address asks for; nonsense is the usual: 13 weeks by week, judged by the edition of the team's policy ("")."""

    length: Length = "13w"
    by: By = "week"
    edition: str = ""

    @classmethod
    def of(cls, length: str | None, by: str | None, edition: str | None = None) -> Choice:
        known: Length = length if length in LENGTHS else "13w"
        usual: By = "week" if known == "13w" else "month"
        year = edition if edition in Edition.values else ""
        return cls(known, cast(By, by) if by in ("week", "month") else usual, year or "")

    @property
    def query(self) -> str:
        query = f"period={self.length}&by={self.by}"
        return f"{query}&edition={self.edition}" if self.edition else query


@dataclass(frozen=True)
class ResolvedIncident:
    """One point of the chart."""

    day: date
    resolved_at: datetime
    hours: float
    title: str
    url: str


@dataclass(frozen=True)
class BucketFigures:
    """One week or month of the charts."""

    bucket: Bucket
    five: Five
    unknown: int


@dataclass(frozen=True)
class Board:
    """One team's delivery. `period` is what the headlines speak of; `shown` goes on to today, so that charts show the newest."""

    team: Team
    choice: Choice
    policy: Policy
    services: Sequence[Service]
    today: date
    period: Period
    shown: Period
    rows: TeamRows
    resolved: Sequence[ResolvedIncident] = ()
    outcomes: Counter[str] = field(default_factory=Counter)  # in production, of the period; "other": other environments
    read_at: datetime | None = None  # until when everything was read
    first_sync: bool = False  # a repository has not been read whole yet
    within: Period | None = None  # where a recovery must end, if not in the period

    @cached_property
    def by_bucket(self) -> list[BucketFigures]:
        """What the charts draw; each row is looked at once, however many buckets there are."""
        parts = self.rows.by_start(self.choice.by)
        found = []
        for bucket in self.buckets:
            part = parts.get(bucket.start, self.rows.empty())
            period = Period(bucket.first, bucket.last)
            unknown = sum(each.unknown for day, each in part.days.items() if day in period)
            found.append(BucketFigures(bucket, part.five(period, self.shown), unknown))
        return found

    @cached_property
    def buckets(self) -> list[Bucket]:
        return buckets(self.shown, self.choice.by)

    @property
    def zone(self) -> ZoneInfo:
        return self.rows.zone

    @property
    def edition(self) -> str:
        return self.choice.edition or self.policy.edition

    @cached_property
    def reads(self) -> Reads:
        return reads(self.services)

    @cached_property
    def five(self) -> Five:
        """The figures of the period."""
        return self.rows.five(self.period, self.within, self._frequency_period)

    @cached_property
    def five_before(self) -> Five | None:
        return self.rows.five(self.before) if self.before else None

    @property
    def _frequency_period(self) -> Period:
        """Over all time there are no weeks without deployments before the first one: nobody knows of any."""
        known_from = self.rows.deployments.known_from
        if (
            self.choice.length == "all"
            and known_from is not None
            and self.period.first < known_from <= self.period.last
        ):
            return Period(known_from, self.period.last)
        return self.period

    @property
    def before(self) -> Period | None:
        """The 13 weeks before the period, against which change is shown; None where the period is another."""
        if self.choice.length != "13w" or self.period != weeks_before(self.today):
            return None
        return Period(self.period.first - timedelta(weeks=WEEKS), self.period.first - timedelta(days=1))


def board(team: Team, choice: Choice | None = None) -> Board:
    """Read it. A dozen queries, whatever there is."""
    choice = choice or Choice()
    services = reading.services_with_first([team])
    keys = [service.pk for service in services]
    zone = zones_of([team])[team.pk]
    today = clock.today(zone)
    period = _period(choice, today, team, keys, zone)
    shown = Period(period.first, today)
    reach = Period(min(shown.first, weeks_before(today, 2 * WEEKS).first), today)
    return Board(
        team=team,
        choice=choice,
        policy=policies.of_team(team),
        services=services,
        today=today,
        period=period,
        shown=shown,
        rows=_rows(team, choice, reach, services),
        resolved=_resolved(team, shown, zone),
        outcomes=_outcomes(keys, period, zone),
        read_at=_read_at(services),
        first_sync=any(_is_first_read(service) for service in services),
    )


def _rows(team: Team, choice: Choice, reach: Period, services: Sequence[Service]) -> TeamRows:
    """Of 13 weeks by week, changes of the present week alone where the lead times of those before are prepared."""
    rows = five.read([team], reach, services, set(five.PARTS) - {"changes"})[team.pk]
    if (choice.length, choice.by) == ("13w", "week"):
        rows.lead_times = quarters.lead_times(team, services, rows.deployments, reach.last)
    first = monday(reach.last) if rows.lead_times else reach.first
    five.read_changes({team.pk: rows}, services, Period(first, reach.last))
    return rows


def _is_first_read(service: Service) -> bool:
    """Only what the portal reads by itself: what programs push and people bring is there at once."""
    source = service.source
    return service.ended_at is None and source.succeeded_at is None and source.connection.is_read


def of_days(team: Team, period: Period, choice: Choice) -> Board:
    """The figures of some days alone, as a point of a chart shows them: what they recovered from may end until today."""
    services = reading.services_with_first([team])
    zone = zones_of([team])[team.pk]
    today = clock.today(zone)
    rows = five.read([team], period, services)[team.pk]
    until_today = Period(period.first, max(today, period.last))
    policy = policies.of_team(team)
    return Board(team, choice, policy, services, today, period, until_today, rows, within=until_today)


def _period(choice: Choice, today: date, team: Team, keys: Sequence[int], zone: ZoneInfo) -> Period:
    if choice.length == "13w":
        return weeks_before(today)
    if choice.length == "12m":
        return complete_months_before(today)
    return Period(min(_first_day(team, keys, zone) or months_before(today, 12), today), today)


def _first_day(team: Team, keys: Sequence[int], zone: ZoneInfo) -> date | None:
    """The day of the first deployment or incident known."""
    first = [
        Deployment.objects.of_services(keys).aggregate(at=Min("created_at"))["at"],
        Incident.objects.of_teams([team]).aggregate(at=Min("began_at"))["at"],
    ]
    found = min((at for at in first if at), default=None)
    return clock.day_of(found, zone) if found else None


def _resolved(team: Team, period: Period, zone: ZoneInfo) -> list[ResolvedIncident]:
    rows = Incident.objects.of_teams([team]).counted().resolved_between(period.first, period.last, zone)
    return [
        ResolvedIncident(clock.day_of(resolved, zone), resolved, hours_between(began, resolved) or 0.0, title, url)
        for began, resolved, title, url in rows.order_by("resolved_at", "pk").values_list(
            "began_at", "resolved_at", "title", "url"
        )
        if resolved is not None
    ]


def _outcomes(keys: Sequence[int], period: Period, zone: ZoneInfo) -> Counter[str]:
    """How many deployments to production ended how; "counted" are those that succeeded and have a finish."""
    rows = Deployment.objects.of_services(keys).dated(period.first, period.last, zone)
    found: Counter[str] = Counter()
    for row in rows.values("environment_class", "outcome").annotate(count=Count("pk"), finished=Count("finished_at")):
        if row["environment_class"] != EnvironmentClass.PRODUCTION:
            found["other"] += row["count"]
        elif row["outcome"] == OutcomeChoice.SUCCEEDED:
            found["counted"] += row["finished"]
            found[OutcomeChoice.UNKNOWN] += row["count"] - row["finished"]
        else:
            found[row["outcome"]] += row["count"]
    return found


def _read_at(services: Sequence[Service]) -> datetime | None:
    instants = [
        service.source.succeeded_at
        for service in services
        if service.ended_at is None and not service.source.connection.is_told
    ]
    return min((at for at in instants if at), default=None) if all(instants) else None
