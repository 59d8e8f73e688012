"""Since and until when anything is known of teams' deployments and their failures. Days are those of each team's own zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, Subquery

from core import clock
from delivery.models import Deployment, Failure, FailureKind, Feeder, Incident, Policy, Service
from delivery.periods import Period
from teams.models import Team
from teams.zones import zones_of


@dataclass
class TeamDeployments:
    """Since and until when deployments of a team are known."""

    zone: ZoneInfo
    known_from: date | None = None  # the day of the first deployment known, of whatever outcome
    read_from: date | None = None  # the first day that was read; None: all there is
    known_until: date | None = None  # set where every repository is disconnected
    failures_until: date | None = (
        None  # the last day of whose deployments anything could tell a failure; None: nothing ever
    )

    def covers(self, period: Period) -> bool:
        """Whether zero deployments in the period would be a fact: "no data" before the first one and after the last read."""
        if self.known_from is None or period.last < self.known_from:
            return False
        return self.known_until is None or period.first <= self.known_until

    def tells_failures(self, period: Period) -> bool:
        """Whether zero failures in the period would be a fact."""
        return self.failures_until is not None and period.first <= self.failures_until

    def read_part(self, period: Period) -> Period:
        """The period without the days before reading began and after it ended: nobody knows of them, so they are no zeros."""
        return Period(
            max(period.first, self.read_from or period.first), min(period.last, self.known_until or period.last)
        )


def services_with_first(teams: Sequence[Team]) -> list[Service]:
    """The teams' services with `first_at`, the instant of the first deployment known of each."""
    first = Deployment.objects.in_scope().filter(service=OuterRef("pk")).order_by("created_at").values("created_at")[:1]
    rows = Service.objects.filter(team__in=teams).select_related("source__connection")
    found: list[Service] = list(rows.annotate(first_at=Subquery(first)).order_by("name", "pk"))
    for service in found:
        service.source.left_at = service.ended_at
    return found


def known(teams: Sequence[Team], services: Sequence[Service]) -> dict[int, TeamDeployments]:
    """Of each team, since when and until when deployments and failures are known; without any of them. Two queries."""
    found = {pk: TeamDeployments(zone) for pk, zone in zones_of(teams).items()}
    of_team: dict[int, list[Service]] = defaultdict(list)
    for service in services:
        of_team[service.team_id].append(service)
    told = _told_failures(of_team)
    for team_id, entry in found.items():
        _know(entry, of_team[team_id])
        entry.failures_until = date.max if team_id in told else _incidents_until(of_team[team_id], entry.zone)
    return found


def _begin(service: Service, zone: ZoneInfo) -> date | None:
    """The first day of which anything was read; of what programs and people tell, the day of the first that they told of."""
    if service.fed_by is Feeder.REPOSITORY or service.first_at is None:  # type: ignore[attr-defined]
        return service.since
    return clock.day_of(service.first_at, zone)  # type: ignore[attr-defined]


def _know(entry: TeamDeployments, services: Sequence[Service]) -> None:
    firsts = [service.first_at for service in services if service.first_at]  # type: ignore[attr-defined]
    if not firsts:
        return
    entry.known_from = clock.day_of(min(firsts), entry.zone)
    begins = [_begin(service, entry.zone) for service in services]
    if all(begins):
        # A day chosen later than what is stored already changes nothing: that was read.
        entry.read_from = min(entry.known_from, *(begin for begin in begins if begin))
    # Imported incidents alone say nothing about when deployments are known.
    telling = [each for each in services if each.deployment_source != "none" or not each.is_imported]
    ends = [service.known_until for service in telling]
    if all(ends):
        entry.known_until = clock.day_of(max(end for end in ends if end), entry.zone)


# -- Failures -----------------------------------------------------------------------------------------------------------


def _told_failures(teams: Collection[int]) -> set[int]:
    """Of these teams those of which incidents were told, whoever did, whose policy counts other signs, or where a person
    marked a failure.
    """
    if not teams:
        return set()
    signs = Policy.objects.filter(Q(rollbacks=True) | Q(reverts=True) | Q(hotfixes=True), team=OuterRef("pk"))
    by_hand = Failure.objects.filter(team=OuterRef("pk"), kind=FailureKind.HAND)
    incidents = Incident.objects.in_scope().filter(team=OuterRef("pk"))
    rows = Team.objects.filter(Exists(incidents) | Exists(signs) | Exists(by_hand), pk__in=teams)
    return set(rows.values_list("pk", flat=True))


def _incidents_until(services: Sequence[Service], zone: ZoneInfo) -> date | None:
    """Until when incidents are read, whether there was one or not: where a service ended, until then."""
    reading = [each for each in services if each.incident_labels and not each.source.connection.is_told]
    ends = [clock.day_of(each.ended_at, zone) if each.ended_at else date.max for each in reading]
    return max(ends, default=None)
