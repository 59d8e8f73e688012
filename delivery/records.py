"""Keeps what connectors read: registered with connections/stores.py. Storing twice is as storing once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from connections.models import Source
from connections.stores import Part
from connectors.records import DeploymentRecord, IncidentRecord, Outcome, ReadOptions, Record
from core import clock
from delivery import refresh, rules, sharing_out
from delivery.changes import comparisons_wanted, keep_changes, keep_comparisons, refreshing
from delivery.models import (
    HAND,
    PUSHED,
    TOLD,
    Change,
    Deployment,
    DeploymentQuerySet,
    DeploymentSourceChoice,
    Incident,
    OutcomeChoice,
    Service,
)
from delivery.refresh import Touched
from delivery.writing import write
from teams.models import Team

# A deployment that is still running so long after it began is unknown, and not asked for again.
GIVEN_UP_AFTER = timedelta(days=7)
CHECKED_FOR = timedelta(days=30)  # how long after its resolution an incident is still looked after

_DEPLOYMENT_FIELDS = (
    "outcome", "environment", "environment_class", "workflow", "workflow_name", "branch", "created_at", "finished_at",
    "sha", "title", "url", "attempt", "in_scope", "gone_at", "told_at",
)  # fmt: skip
_INCIDENT_FIELDS = ("title", "began_at", "resolved_at", "labels", "url", "in_scope", "gone_at", "told_at")


class DeliveryStore:
    """Deployments and incidents. All methods run with the source's row locked, so one at a time for a service."""

    def store(self, source: Source, records: Sequence[Record], now: datetime) -> int:
        """Each service of the repository gets what is its own."""
        services = list(Service.objects.live().filter(source=source).order_by("pk"))
        refresh.lock_all(service.team_id for service in services)
        return sum(_keep(part, now) for part in sharing_out.parts(services, records))

    def unfinished_keys(self, source: Source, now: datetime) -> Iterable[str]:
        running = Deployment.objects.in_scope().filter(service__source=source, service__ended_at=None)
        running = running.exclude(workflow=DeploymentSourceChoice.PUSHED)  # which the host knows nothing of
        running = running.filter(outcome=OutcomeChoice.RUNNING, created_at__gt=now - GIVEN_UP_AFTER)
        return dict.fromkeys(running.order_by("pk").values_list("key", flat=True))

    def sweep(self, source: Source, now: datetime) -> None:
        _give_up(Deployment.objects.filter(service__source=source), now)

    def comparisons_wanted(self, source: Source) -> Sequence[tuple[str, str]]:
        return comparisons_wanted(source)

    def gone(self, source: Source, keys: Sequence[str], now: datetime) -> set[str]:
        """They are kept and count no more. A merged change stays what it was: it did happen."""
        mine = {"service__source": source, "key__in": keys}
        deployments = list(Deployment.objects.filter(**mine, gone_at=None).select_related("service"))
        incidents = list(Incident.objects.filter(**mine, gone_at=None))
        refresh.lock_all([row.service.team_id for row in deployments] + [row.team_id for row in incidents])
        Deployment.objects.filter(pk__in=[row.pk for row in deployments]).update(gone_at=now)
        Incident.objects.filter(pk__in=[row.pk for row in incidents]).update(gone_at=now)
        _refresh(deployments, incidents)
        tables: tuple[Any, ...] = (Deployment, Incident, Change)
        return {key for table in tables for key in table.objects.filter(**mine).values_list("key", flat=True)}

    def renamed(self, source: Source, before: str) -> None:
        """What was called like the repository still is; what people named themselves keeps its name."""
        Service.objects.filter(source=source, name=before).update(name=source.full_name[:255])

    def keys_to_check(self, source: Source, now: datetime) -> Iterable[str]:
        """An incident that was deleted, or lost its label, is just not listed any more: ask for the open and the young ones."""
        young = Q(resolved_at=None) | Q(resolved_at__gt=now - CHECKED_FOR)
        incidents = Incident.objects.in_scope().filter(young, service__source=source, service__ended_at=None)
        for beginning in TOLD:  # the host knows nothing of what others told
            incidents = incidents.exclude(key__startswith=beginning)
        return dict.fromkeys(incidents.order_by("pk").values_list("key", flat=True))

    def parts(self, source: Source, team: Team) -> list[Part]:
        return sharing_out.listed(source, team)

    def wanted(self, source: Source) -> ReadOptions | None:
        return sharing_out.wanted(source)

    def ended(self, source: Source, team: Team, at: datetime) -> None:
        sharing_out.ended(source, team, at)


@transaction.atomic
def give_up_told(before: datetime) -> int:
    """What people and programs told as running and never as ended: no sync comes by that would give it up. How many."""
    return _give_up(Deployment.objects.filter(key__startswith=PUSHED), clock.now()) + _give_up(
        Deployment.objects.filter(key__startswith=HAND), clock.now()
    )


def _give_up(rows: DeploymentQuerySet, now: datetime) -> int:
    running = rows.filter(outcome=OutcomeChoice.RUNNING, created_at__lte=now - GIVEN_UP_AFTER)
    given_up = list(running.select_related("service"))
    refresh.lock_all(row.service.team_id for row in given_up)
    Deployment.objects.filter(pk__in=[row.pk for row in given_up]).update(outcome=OutcomeChoice.UNKNOWN)
    for row in given_up:
        row.outcome = OutcomeChoice.UNKNOWN
    _refresh(given_up)
    return len(given_up)


def _refresh(deployments: Iterable[Deployment], incidents: Iterable[Incident] = ()) -> None:
    """What follows from rows that were changed beside what is read; deployments with their service."""
    by_team: dict[int, Touched] = defaultdict(Touched)
    for row in deployments:
        by_team[row.service.team_id].deployments([row])
    for incident in incidents:
        by_team[incident.team_id].of_incidents([incident])
    for team_id, touched in sorted(by_team.items()):
        refresh.run(team_id, touched)


def _keep(part: sharing_out.Own, now: datetime) -> int:
    """All of a page first, then once what follows from it."""
    touched = Touched()
    kept = keep_deployments(part.service, part.rules, part.deployments, now, part.others, touched=touched)
    kept += keep_incidents(part.service, part.rules, part.incidents, now, touched=touched)
    kept += keep_changes(part.service, part.changes, now, touched=touched)
    kept += keep_comparisons(part.service, part.comparisons, now, touched=touched)
    refresh.run(part.service.team_id, touched)
    return kept


def given_up(record: DeploymentRecord, now: datetime) -> DeploymentRecord:
    if record.outcome is Outcome.RUNNING and record.created_at <= now - GIVEN_UP_AFTER:
        return replace(record, outcome=Outcome.UNKNOWN)
    return record


def keep_deployments(
    service: Service,
    chosen: rules.Rules,
    records: Sequence[DeploymentRecord],
    now: datetime,
    others: Sequence[str] = (),
    *,
    touched: Touched | None = None,
) -> int:
    """`others`: the environments that other services of the repository name. Without `touched`, what follows is refreshed."""
    newest: dict[str, DeploymentRecord] = {}
    for record in records:
        known = newest.get(record.key)
        if known is None or record.attempt >= known.attempt:
            newest[record.key] = given_up(record, now)
    stored = {row.key: row for row in service.deployments.filter(key__in=list(newest))}
    made = [_deployment(service, chosen, record, now, others) for record in newest.values()]
    changed = [row for row in made if _is_news(stored.get(row.key), row, _DEPLOYMENT_FIELDS)]
    write(changed, stored, _DEPLOYMENT_FIELDS)
    with refreshing(service.team_id, touched) as found:
        found.deployments([*changed, *(stored[row.key] for row in changed if row.key in stored)])
    return len(changed)


def _deployment(
    service: Service, chosen: rules.Rules, record: DeploymentRecord, now: datetime, others: Sequence[str]
) -> Deployment:
    return Deployment(
        service_id=service.pk,
        key=record.key,
        outcome=record.outcome.value,
        environment=record.environment,
        environment_class=rules.class_of(chosen, record.environment, record.branch),
        workflow=record.workflow,
        workflow_name=record.workflow_name,
        branch=record.branch,
        created_at=record.created_at,
        finished_at=record.finished_at,
        sha=record.sha,
        title=record.title[:500],
        url=record.url[:1000],
        attempt=record.attempt,
        in_scope=rules.deployment_in_scope(chosen, record.workflow, record.environment, others),
        told_at=record.told_at,
        recorded_at=now,
    )


def _is_news(stored: Any, made: Any, fields: Iterable[str]) -> bool:
    """Whether a row is new or differs. An earlier attempt never overwrites a later one: listings may lag behind."""
    if stored is None:
        return True
    if getattr(made, "attempt", 1) < getattr(stored, "attempt", 1):
        return False
    return any(getattr(stored, field) != getattr(made, field) for field in fields)


def keep_incidents(
    service: Service,
    chosen: rules.Rules,
    records: Sequence[IncidentRecord],
    now: datetime,
    *,
    touched: Touched | None = None,
) -> int:
    newest = {record.key: record for record in records}
    stored = {row.key: row for row in service.incidents.filter(key__in=list(newest))}
    made = [
        _incident(service.team_id, service, record, rules.incident_in_scope(chosen, record.labels, record.key), now)
        for record in newest.values()
    ]
    changed = [row for row in made if _is_news(stored.get(row.key), row, _INCIDENT_FIELDS)]
    write(changed, stored, _INCIDENT_FIELDS)
    with refreshing(service.team_id, touched) as found:
        found.of_incidents(changed)
    return len(changed)


def keep_incidents_of_team(
    team: Team, records: Sequence[IncidentRecord], now: datetime, *, touched: Touched | None = None
) -> int:
    """Those that name no service. With the team's row locked: a partial constraint is nothing that an upsert could name."""
    newest = {record.key: record for record in records}
    stored = {row.key: row for row in Incident.objects.filter(team=team, service=None, key__in=list(newest))}
    made = [_incident(team.pk, None, record, True, now) for record in newest.values()]
    changed = [row for row in made if _is_news(stored.get(row.key), row, _INCIDENT_FIELDS)]
    for row in changed:
        row.pk = stored[row.key].pk if row.key in stored else None
    Incident.objects.bulk_create([row for row in changed if row.pk is None])
    Incident.objects.bulk_update([row for row in changed if row.key in stored], _INCIDENT_FIELDS)
    with refreshing(team.pk, touched) as found:
        found.of_incidents(changed)
    return len(changed)


def _incident(team_id: int, service: Service | None, record: IncidentRecord, in_scope: bool, now: datetime) -> Incident:
    return Incident(
        team_id=team_id,
        service_id=service.pk if service else None,
        key=record.key,
        title=record.title[:500],
        began_at=record.began_at,
        resolved_at=record.resolved_at,
        labels=list(record.labels),
        url=record.url[:1000],
        in_scope=in_scope,
        told_at=record.told_at,
        recorded_at=now,
    )
