"""What the figures of teams are made of, from prepared rows: counted days, linked changes, attributed failures, incidents.

A constant number of queries, however many teams and rows; figures of any period are then made of these in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from core import clock
from delivery import reading
from delivery.figures import (
    Frequency,
    LeadTime,
    Recovery,
    Share,
    Spread,
    Stage,
    days_per_week,
    frequency,
    hours_between,
    lead_hours,
    stages_of,
)
from delivery.models import Change, DeliveryDay, EnvironmentClass, Failure, FailureKind, Incident, Service, is_counted
from delivery.periods import DAY, By, Period, start_of
from delivery.reading import TeamDeployments
from teams.models import Team

UTC = ZoneInfo("UTC")


@dataclass
class Counted:
    """What finished on one day."""

    counted: int = 0
    failed: int = 0
    hotfixes: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """A change that was deployed on `day`. `hours` None: its first commit is not known."""

    day: date
    hours: float | None
    stages: Mapping[Stage, float]


@dataclass(frozen=True, slots=True)
class Caused:
    """An incident of a deployment that finished on `day`: the hours from then until it was resolved, and of both parts of the
    way, until it began and from then on. None while it is open; a part is None where clocks or hands put it before the other.
    """

    day: date
    resolved_day: date | None
    hours: float | None
    detect: float | None
    repair: float | None


@dataclass(frozen=True)
class Five:
    """The figures of one period. `frequency` None: no data; `attributed`: incidents of its deployments, open ones too."""

    frequency: Frequency | None
    lead_time: LeadTime
    failure_rate: Share
    recovery: Recovery
    detect: Spread
    repair: Spread
    attributed: int
    mttr: Recovery
    rework: Share


@dataclass
class TeamRows:
    """Of one team, all that its figures are made of."""

    zone: ZoneInfo
    deployments: TeamDeployments
    days: dict[date, Counted] = field(default_factory=lambda: defaultdict(Counted))
    changes: list[Delivered] = field(default_factory=list)
    caused: list[Caused] = field(default_factory=list)
    resolved: list[tuple[date, float]] = field(default_factory=list)
    still_open: int = 0
    # By period, what is prepared already: of its changes none need be among the rows.
    lead_times: Mapping[Period, LeadTime] = field(default_factory=dict)

    def five(self, period: Period, within: Period | None = None, frequency_of: Period | None = None) -> Five:
        """The figures of a period. `within`: the window that a recovery must end in, where the period is a part of it;
        `frequency_of`: the period that deployment frequency speaks of, where it is another.
        """
        window = within or period
        days = {day: each for day, each in self.days.items() if day in period}
        counted = sum(each.counted for each in days.values())
        caused = [each for each in self.caused if each.day in period]
        ended = [
            each for each in caused if each.hours is not None and each.resolved_day and each.resolved_day in window
        ]
        return Five(
            frequency=self._frequency(frequency_of or period, days),
            lead_time=self.lead_times.get(period) or lead_time_of(each for each in self.changes if each.day in period),
            failure_rate=Share(self._failed(period, days), counted),
            recovery=Recovery(_spread(each.hours for each in ended), len(caused) - len(ended)),
            detect=_spread(each.detect for each in ended),
            repair=_spread(each.repair for each in ended),
            attributed=len(caused),
            mttr=Recovery(_spread(hours for day, hours in self.resolved if day in period), self.still_open),
            rework=Share(sum(each.hotfixes for each in days.values()), counted),
        )

    def days_per_week(self, period: Period) -> list[int]:
        return days_per_week((day for day, each in self.days.items() if each.counted), period)

    def empty(self) -> TeamRows:
        return TeamRows(self.zone, self.deployments, still_open=self.still_open, lead_times=self.lead_times)

    def by_start(self, by: By) -> dict[date, TeamRows]:
        """The same in parts, by the first day of their week or month."""
        parts: dict[date, TeamRows] = defaultdict(self.empty)
        for day, each in self.days.items():
            parts[start_of(day, by)].days[day] = each
        for change in self.changes:
            parts[start_of(change.day, by)].changes.append(change)
        for caused in self.caused:
            parts[start_of(caused.day, by)].caused.append(caused)
        for day, hours in self.resolved:
            parts[start_of(day, by)].resolved.append((day, hours))
        return parts

    def _failed(self, period: Period, days: Mapping[date, Counted]) -> int | None:
        """None where nothing could ever tell of a failure: then none is no zero."""
        known = self.deployments.tells_failures(period)
        return sum(each.failed for each in days.values()) if known else None

    def _frequency(self, period: Period, days: Mapping[date, Counted]) -> Frequency | None:
        if not self.deployments.covers(period):
            return None
        finishes = [day for day, each in days.items() for _ in range(each.counted)]
        return frequency(finishes, self.deployments.read_part(period), sum(each.unknown for each in days.values()))


def lead_time_of(changes: Iterable[Delivered]) -> LeadTime:
    changes = list(changes)
    stages: dict[Stage, list[float]] = {stage: [] for stage in Stage}
    for change in changes:
        for stage, hours in change.stages.items():
            stages[stage].append(hours)
    return LeadTime(
        _spread(each.hours for each in changes),
        {stage: Spread.of(hours) for stage, hours in stages.items()},
        len(changes),
    )


def _spread(hours: Iterable[float | None]) -> Spread:
    """Of those that are known."""
    return Spread.of([each for each in hours if each is not None])


# -- Reading ------------------------------------------------------------------------------------------------------------


Part = Literal["days", "changes", "failures", "incidents"]
PARTS: tuple[Part, ...] = ("days", "changes", "failures", "incidents")


def read(
    teams: Sequence[Team],
    reach: Period,
    services: Sequence[Service] | None = None,
    only: Collection[Part] = PARTS,
) -> dict[int, TeamRows]:
    """Of each team, the rows of `reach`, or `only` some of their parts. Eight queries or fewer."""
    if services is None:  # which incidents do without
        services = reading.services_with_first(teams) if {"days", "changes"} & set(only) else []
    found = {pk: TeamRows(known.zone, known) for pk, known in reading.known(teams, services).items()}
    if "days" in only:
        _read_days(found, services, reach)
    if "changes" in only:
        read_changes(found, services, reach)
    if "failures" in only:
        _read_failures(found, teams, reach)
    if "incidents" in only:
        _read_incidents(found, teams, reach)
    return found


def _read_days(found: Mapping[int, TeamRows], services: Sequence[Service], reach: Period) -> None:
    team_of = {service.pk: service.team_id for service in services}
    rows = DeliveryDay.objects.filter(
        service__in=list(team_of),
        environment_class=EnvironmentClass.PRODUCTION,
        day__gte=reach.first,
        day__lte=reach.last,
    )
    for service_id, day, counted, failed, hotfixes, unknown in rows.values_list(
        "service", "day", "counted", "failed", "hotfixes", "unknown"
    ):
        of = found[team_of[service_id]].days[day]
        of.counted += counted
        of.failed += failed
        of.hotfixes += hotfixes
        of.unknown += unknown


def read_changes(found: Mapping[int, TeamRows], services: Sequence[Service], reach: Period) -> None:
    """Add the linked changes of the teams' `services` that were deployed in `reach`."""
    team_of = {service.pk: service.team_id for service in services}
    rows = Change.objects.of_services(team_of).deployed_within(reach.first - DAY, reach.last + DAY, UTC)
    for row in rows.only(
        "service", "first_commit_at", "opened_at", "first_review_at", "merged_at", "deployed_at"
    ).iterator(2000):
        of = found[team_of[row.service_id]]
        if row.deployed_at is not None:
            of.changes.append(Delivered(clock.day_of(row.deployed_at, of.zone), lead_hours(row), stages_of(row)))


def _read_failures(found: Mapping[int, TeamRows], teams: Sequence[Team], reach: Period) -> None:
    first, last = clock.start_of(reach.first - DAY, UTC), clock.end_of(reach.last + DAY, UTC)
    rows = Failure.objects.filter(
        team__in=list(teams),
        kind=FailureKind.INCIDENT,
        deployment__finished_at__gte=first,
        deployment__finished_at__lt=last,
    )
    # Only a person can name one that does not count, or no longer does. By columns: a subquery would read every team's.
    rows = rows.filter(Q(by_hand=False) | is_counted("deployment__"))
    for team_id, finished, began, resolved in rows.values_list(
        "team", "deployment__finished_at", "incident__began_at", "incident__resolved_at"
    ):
        of = found[team_id]
        if finished is None or (resolved is not None and resolved < finished):
            continue
        of.caused.append(
            Caused(
                clock.day_of(finished, of.zone),
                clock.day_of(resolved, of.zone) if resolved else None,
                _positive(hours_between(finished, resolved)),
                _positive(hours_between(finished, began)),
                _positive(hours_between(began, resolved)),
            )
        )


def _positive(hours: float | None) -> float | None:
    return hours if hours is not None and hours >= 0 else None


def still_open(teams: Sequence[Team]) -> dict[int, int]:
    """By team, how many incidents are open at present."""
    rows = Incident.objects.of_teams(teams).counted().unresolved()
    return dict(rows.values("team").annotate(count=Count("pk")).order_by().values_list("team", "count"))


def _read_incidents(found: Mapping[int, TeamRows], teams: Sequence[Team], reach: Period) -> None:
    for team_id, count in still_open(teams).items():
        found[team_id].still_open = count
    rows = Incident.objects.of_teams(teams).counted()
    rows = rows.resolved_between(reach.first - DAY, reach.last + DAY, UTC)
    for team_id, began, resolved in rows.values_list("team", "began_at", "resolved_at"):
        of = found[team_id]
        if resolved is not None:
            of.resolved.append((clock.day_of(resolved, of.zone), (resolved - began).total_seconds() / 3600))
