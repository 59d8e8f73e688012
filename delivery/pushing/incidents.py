"""Pushing incidents, of a service or of the team; alerts are kept the same way (delivery/pushing/alerts.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from connectors.records import IncidentRecord
from core import clock
from core.refusals import Refused
from delivery import refresh
from delivery import rules as rule
from delivery.models import IMPORTED, PUSHED, Incident, Service
from delivery.pushing import keys
from delivery.pushing.deployments import CHANGED, NEW, OLDER, SAME
from delivery.pushing.order import known_at, rank_of_incident
from delivery.pushing.refusals import Elsewhere, entry
from delivery.pushing.services import lock
from delivery.records import keep_incidents, keep_incidents_of_team
from delivery.refresh import Touched
from delivery.sanity import check_incident, check_instant
from delivery.services import service_named
from teams.models import Person, Team


@dataclass(frozen=True)
class PushedIncident:
    """One entry. `record.key` is the sender's own id; `service` "": of the team."""

    service: str
    record: IncidentRecord


@transaction.atomic
def push_incidents(
    *, team: Team, entries: Sequence[PushedIncident], by: Person, key: str = "", digest: str = ""
) -> list[dict[str, Any]]:
    """What became of each entry, in their order: all of them or none. PushRefused; Elsewhere; KeyUsed."""
    lock(team)
    return keys.once(team, key, digest, lambda: _push(team, entries))


def _push(team: Team, entries: Sequence[PushedIncident]) -> list[dict[str, Any]]:
    services, now = list(Service.objects.of(team).listed()), clock.now()
    told: list[tuple[Service | None, IncidentRecord]] = []
    for index, each in enumerate(entries):
        with entry(index):
            told.append((_service(services, each.service), checked(each.record, PUSHED, now)))
    _refuse_others(team, [each.record.key for each in entries])
    return keep(team, told, now)


def _service(services: Sequence[Service], name: str) -> Service | None:
    found = service_named(services, name) if name else None
    if name and found is None:
        message = _("The team has no service “%(service)s”. Leave it out where it is the whole team's.")
        raise Refused(message % {"service": name}, "service")
    return found


def checked(record: IncidentRecord, prefix: str, now: datetime) -> IncidentRecord:
    """The record as it is stored. Refused for what cannot have been so."""
    for field in ("began_at", "resolved_at"):
        check_instant(field, getattr(record, field), now)
    check_instant("updated_at", record.told_at, now)
    check_incident(record.began_at, record.resolved_at)
    return replace(record, key=prefix + record.key, told_at=record.told_at or known_at(record))


def _refuse_others(team: Team, ids: Sequence[str]) -> None:
    """An incident that another source tells under the same name would count twice."""
    others = {each: each for each in ids} | {IMPORTED + each: each for each in ids}
    found = Incident.objects.filter(team=team, key__in=list(others)).order_by("pk").first()
    if found is not None:
        message = _("“%(id)s” is there already from another source. Two would count twice.")
        raise Elsewhere(message % {"id": others[found.key]})


def stored_of(team: Team, told: Iterable[IncidentRecord]) -> dict[str, Incident]:
    rows = Incident.objects.filter(team=team, key__in={record.key for record in told})
    return {row.key: row for row in rows.select_related("service")}


def keep(team: Team, told: Sequence[tuple[Service | None, IncidentRecord]], now: datetime) -> list[dict[str, Any]]:
    """Of each incident keep the greatest word; docs/adr/0023. With the team's row locked.

    An incident is the team's by its key: one that named no service gets the one that a later word names.
    """
    refresh.lock(team.pk)
    stored = stored_of(team, [record for _service, record in told])
    ranks = {key: rank_of_incident(row) for key, row in stored.items()}
    places = {key: row.service for key, row in stored.items()}
    results, newest = [], dict[str, IncidentRecord]()
    for service, record in told:
        known, rank = ranks.get(record.key), rank_of_incident(record)
        result = NEW if known is None else CHANGED if rank > known else SAME if rank == known else OLDER
        place = place_of(places.get(record.key), service, record)
        moved = record.key in stored and place != places[record.key]
        places[record.key] = place
        results.append(CHANGED if moved and result in (SAME, OLDER) else result)
        if known is None or rank > known:
            ranks[record.key], newest[record.key] = rank, record
    touched = Touched()
    touched.of_incidents(_moved(stored, places))
    _write(team, newest, places, now, touched)
    refresh.run(team.pk, touched)
    return [
        {"id": record.key.partition(":")[2], "service": place.name if place else None, "result": result}
        for (_named, record), result in zip(told, results, strict=True)
        for place in [places[record.key]]
    ]


def place_of(known: Service | None, named: Service | None, record: IncidentRecord) -> Service | None:
    if known is not None and named is not None and known != named:
        message = _("“%(id)s” is an incident of “%(service)s” already. Nothing was changed.")
        raise Elsewhere(message % {"id": record.key.partition(":")[2], "service": known})
    return known or named


def _moved(stored: dict[str, Incident], places: dict[str, Service | None]) -> list[Incident]:
    moved = [row for key, row in stored.items() if row.service != places[key]]
    for row in moved:
        row.service = places[row.key]
    Incident.objects.bulk_update(moved, ["service"])
    return moved


def _write(
    team: Team, records: dict[str, IncidentRecord], places: dict[str, Service | None], now: datetime, touched: Touched
) -> None:
    groups: dict[Service | None, list[IncidentRecord]] = defaultdict(list)
    for key, record in records.items():
        groups[places[key]].append(record)
    for service, group in groups.items():
        if service is None:
            keep_incidents_of_team(team, group, now, touched=touched)
        else:
            keep_incidents(service, rule.of_service(service), group, now, touched=touched)
