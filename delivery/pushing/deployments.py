"""Pushing deployments, with the changes that they bring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from connectors.records import ChangeRecord, DeploymentRecord, DeploymentSource
from core import clock
from delivery import refresh
from delivery.models import PUSHED, Deployment, Service
from delivery.pushing import changes, keys
from delivery.pushing.order import known_at, rank_of_deployment
from delivery.pushing.refusals import entry
from delivery.pushing.services import Services, lock
from delivery.records import keep_deployments
from delivery.refresh import Touched
from delivery.sanity import check_deployment, check_ended, check_instant
from teams.models import Person, Team

MOST = 100  # entries of one push
NEW, CHANGED, SAME, OLDER = "new", "changed", "same", "older"


@dataclass(frozen=True)
class Pushed:
    """One entry. `record.key` is the sender's own id; `environment_class` "" leaves it to the rules; `changes` None: it says
    nothing of them.
    """

    service: str
    record: DeploymentRecord
    environment_class: str = ""
    changes: tuple[ChangeRecord, ...] | None = None


@transaction.atomic
def push_deployments(
    *, team: Team, entries: Sequence[Pushed], by: Person, key: str = "", digest: str = ""
) -> list[dict[str, Any]]:
    """What became of each entry, in their order: all of them or none. PushRefused; Elsewhere; KeyUsed."""
    lock(team)
    return keys.once(team, key, digest, lambda: _push(team, entries, by))


def _push(team: Team, entries: Sequence[Pushed], by: Person) -> list[dict[str, Any]]:
    services, now = Services(team, by), clock.now()
    groups: dict[int, list[tuple[int, Pushed]]] = defaultdict(list)
    found: list[Service] = []
    for index, each in enumerate(entries):
        with entry(index):
            service = services.pushed(each.service)
            services.classed(service, each.record.environment, each.environment_class)
            changes.check(each.changes or (), now)
            groups[service.pk].append((index, replace(each, record=_checked(each.record, now))))
            found.append(service)
    results: dict[int, str] = {}
    touched = Touched()
    refresh.lock(team.pk)
    for service in dict.fromkeys(found):
        results |= _keep(service, services, groups[service.pk], now, touched)
    refresh.run(team.pk, touched)
    return _told(entries, found, results)


def _checked(record: DeploymentRecord, now: datetime) -> DeploymentRecord:
    """The record as it is stored. Refused for what cannot have been so."""
    for field in ("finished_at", "created_at"):  # who told only the finish reads of that one
        check_instant(field, getattr(record, field), now)
    check_instant("updated_at", record.told_at, now)
    check_deployment(record.outcome, record.created_at, record.finished_at)
    check_ended(record.outcome, record.finished_at)
    told_at = record.told_at or known_at(record)
    return replace(record, key=PUSHED + record.key, workflow=DeploymentSource.PUSHED.value, told_at=told_at)


def _keep(
    service: Service, services: Services, group: Sequence[tuple[int, Pushed]], now: datetime, touched: Touched
) -> dict[int, str]:
    """Of each deployment keep the greatest word; docs/adr/0023. What became of each entry, by its index."""
    rows = service.deployments.filter(key__in={each.record.key for _index, each in group})
    ranks = {row.key: rank_of_deployment(row) for row in rows}
    results: dict[int, str] = {}
    newest: dict[str, DeploymentRecord] = {}
    for index, each in group:
        record, rank = each.record, rank_of_deployment(each.record)
        known = ranks.get(record.key)
        results[index] = NEW if known is None else CHANGED if rank > known else SAME if rank == known else OLDER
        if known is None or rank > known:
            ranks[record.key], newest[record.key] = rank, record
    keep_deployments(service, services.rules[service.pk], list(newest.values()), now, touched=touched)
    for index in changes.keep(service, group, now, touched):
        results[index] = NEW if results[index] == NEW else CHANGED
    return results


def _told(entries: Sequence[Pushed], found: Sequence[Service], results: dict[int, str]) -> list[dict[str, Any]]:
    """The answer: of each entry what became of it, and what is stored of its deployment now."""
    wanted = Deployment.objects.filter(service__in=found, key__in={PUSHED + each.record.key for each in entries})
    rows = {(row.service_id, row.key): row for row in wanted}
    return [
        {
            "id": each.record.key,
            "service": service.name,
            "result": results[index],
            "environment_class": rows[service.pk, PUSHED + each.record.key].environment_class,
            "counts": rows[service.pk, PUSHED + each.record.key].counts,
        }
        for index, (each, service) in enumerate(zip(entries, found, strict=True))
    ]
