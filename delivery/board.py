"""Everything the delivery page and the team page show of one team, read in a constant number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal, cast
from zoneinfo import ZoneInfo

from django.db.models import Count, Min

from core import clock
from delivery import reading
from delivery.figures import Frequency, Recovery, frequency
from delivery.models import Deployment, EnvironmentClass, Incident, OutcomeChoice, Service
from delivery.periods import (
    WEEKS,
    Bucket,
    By,
    Period,
    buckets,
    complete_months_before,
    months_before,
    start_of,
    weeks_before,
)
from delivery.reading import TeamDeployments, hours_between
from teams.models import Team
from teams.zones import zones_of

Length = Literal["13w", "12m", "all"]
LENGTHS: tuple[Length, ...] = ("13w", "12m", "all")


@dataclass(frozen=True)
class Choice:
    """What the address asks for; nonsense is the usual: 13 weeks by week."""

    length: Length = "13w"
    by: By = "week"

    @classmethod
    def of(cls, length: str | None, by: str | None) -> Choice:
        known: Length = length if length in LENGTHS else "13w"
        usual: By = "week" if known == "13w" else "month"
        return cls(known, cast(By, by) if by in ("week", "month") else usual)

    @property
    def query(self) -> str:
        return f"period={self.length}&by={self.by}"


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
    """One week or month of the charts. `frequency` None: no data."""

    bucket: Bucket
    frequency: Frequency | None
    unknown: int
    recovery: Recovery


@dataclass(frozen=True)
class Board:
    """One team's delivery. `period` is what the headlines speak of; `shown` goes on to today, so that charts show the newest."""

    team: Team
    choice: Choice
    services: Sequence[Service]
    today: date
    period: Period
    shown: Period
    deployments: TeamDeployments
    unknown_days: Sequence[date]
    resolved: Sequence[ResolvedIncident]
    open_incidents: int
    outcomes: Counter[str] = field(default_factory=Counter)  # in production, of the period; "other": other environments
    read_at: datetime | None = None  # until when everything was read
    first_sync: bool = False  # a repository has not been read whole yet

    @cached_property
    def by_bucket(self) -> list[BucketFigures]:
        """What the charts draw; each row is looked at once, however many buckets there are."""
        by = self.choice.by
        days, unknown, hours = defaultdict(list), Counter[date](), defaultdict(list)
        for day in self.deployments.days:
            days[start_of(day, by)].append(day)
        for day in self.unknown_days:
            unknown[start_of(day, by)] += day in self.shown
        for each in self.resolved:
            if each.day in self.shown:
                hours[start_of(each.day, by)].append(each.hours)
        found = []
        for bucket in self.buckets:
            period = Period(bucket.first, bucket.last)
            known = frequency(days[bucket.start], period) if self.deployments.covers(period) else None
            found.append(BucketFigures(bucket, known, unknown[bucket.start], Recovery(hours[bucket.start], 0)))
        return found

    @cached_property
    def buckets(self) -> list[Bucket]:
        return buckets(self.shown, self.choice.by)

    @property
    def counts_deployments(self) -> bool:
        return any(service.deployment_source != "none" for service in self.services)

    @property
    def counts_incidents(self) -> bool:
        return any(service.incident_labels for service in self.services)

    def frequency(self, period: Period | None = None) -> Frequency | None:
        """None: no data."""
        period = period or self._frequency_period
        return self.deployments.frequency(period, sum(day in period for day in self.unknown_days))

    def recovery(self, period: Period | None = None) -> Recovery:
        period = period or self.period
        return Recovery([each.hours for each in self.resolved if each.day in period], self.open_incidents)

    @property
    def _frequency_period(self) -> Period:
        """Over all time there are no weeks without deployments before the first one: nobody knows of any."""
        known_from = self.deployments.known_from
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
        if self.choice.length != "13w":
            return None
        return Period(self.period.first - timedelta(weeks=WEEKS), self.period.first - timedelta(days=1))


def board(team: Team, choice: Choice | None = None) -> Board:
    """Read it. Seven or eight queries, whatever there is."""
    choice = choice or Choice()
    services = reading.services_with_first([team])
    keys = [service.pk for service in services]
    zone = zones_of([team])[team.pk]
    today = clock.today(zone)
    period = _period(choice, today, keys, zone)
    shown = Period(period.first, today)
    reach = Period(min(shown.first, weeks_before(today, 2 * WEEKS).first), today)
    unknown = Deployment.objects.of_services(keys).unknown_in_production()
    unknown = unknown.created_between(reach.first, today, zone)
    return Board(
        team=team,
        choice=choice,
        services=services,
        today=today,
        period=period,
        shown=shown,
        deployments=reading.deployments([team], reach, services)[team.pk],
        unknown_days=[clock.day_of(at, zone) for at in unknown.values_list("created_at", flat=True)],
        resolved=_resolved(keys, reach, zone),
        open_incidents=Incident.objects.of_services(keys).unresolved().count(),
        outcomes=_outcomes(keys, period, zone),
        read_at=_read_at(services),
        first_sync=any(service.ended_at is None and service.source.succeeded_at is None for service in services),
    )


def _period(choice: Choice, today: date, keys: Sequence[int], zone: ZoneInfo) -> Period:
    if choice.length == "13w":
        return weeks_before(today)
    if choice.length == "12m":
        return complete_months_before(today)
    return Period(min(_first_day(keys, zone) or months_before(today, 12), today), today)


def _first_day(keys: Sequence[int], zone: ZoneInfo) -> date | None:
    """The day of the first deployment or incident known."""
    first = [
        Deployment.objects.of_services(keys).aggregate(at=Min("created_at"))["at"],
        Incident.objects.of_services(keys).aggregate(at=Min("began_at"))["at"],
    ]
    found = min((at for at in first if at), default=None)
    return clock.day_of(found, zone) if found else None


def _resolved(keys: Sequence[int], period: Period, zone: ZoneInfo) -> list[ResolvedIncident]:
    rows = (
        Incident.objects.of_services(keys)
        .resolved_between(period.first, period.last, zone)
        .order_by("resolved_at", "pk")
    )
    return [
        ResolvedIncident(clock.day_of(resolved, zone), resolved, hours_between(began, resolved), title, url)
        for began, resolved, title, url in rows.values_list("began_at", "resolved_at", "title", "url")
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
        if service.ended_at is None and not service.source.connection.is_imported
    ]
    return min((at for at in instants if at), default=None) if all(instants) else None
