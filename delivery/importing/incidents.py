"""Incidents: of any service that counts incidents, and of new ones that are fed by files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from connectors.records import IncidentRecord
from core.imports import Difference, Importer, Once, Planned, RowState, planned_each
from core.refusals import Refused
from core.tables.reading import Column, Row
from delivery.importing.services import (
    Brought,
    Services,
    Show,
    by_service,
    differences,
    key_of,
    keys_of,
    made_of,
    stored_elsewhere,
    stored_of,
    stored_of_team,
    text_of,
    url_of,
)
from delivery.models import IMPORTED, PUSHED, TOLD, Incident, Service
from delivery.sanity import check_incident
from delivery.services import bring_incidents, lock_imports
from teams.models import Person, Team

COLUMNS = (
    Column("service", _("Service"), _("One that is there, or a new name; empty for the team's."), "churn-model"),
    Column("key", _("Key"), _("What names the incident where it comes from; the same key is the same one."), "INC-42"),
    Column("title", _("Title"), "", _("Predictions are stale")),
    Column("began", _("Began"), _("Without a time zone: the team's."), "2026-11-03 08:00", required=True),
    Column("resolved", _("Resolved"), _("Empty while it is open."), "2026-11-03 11:30"),
    Column("url", _("Address"), _("Where people read more of it.")),
)


class Incidents(Importer):
    kind = "incidents"
    title = _("Incidents")
    about = _(
        "When something was broken and until when, from whatever tool holds it. Time to restore is counted from it."
    )
    tab = "delivery"
    columns = COLUMNS

    def plan(self, rows: Sequence[Row], team: Team, by: Person) -> list[Planned]:
        return planned_each(rows, _Plan(rows, team).of)

    def apply(self, planned: Sequence[Planned], team: Team, by: Person) -> None:
        bring_incidents(team=team, records=by_service(planned), by=by)

    def lock(self, team: Team) -> None:
        lock_imports(team)

    def rows(self, team: Team) -> Iterable[Sequence[Any]]:
        shown = Incident.objects.of_teams([team]).select_related("service")
        return map(cells_of, shown.order_by("began_at", "pk"))

    def address(self, team: Team) -> str:
        return reverse("incidents", args=[team.pk])


def cells_of(row: Incident) -> list[Any]:
    """In the order of COLUMNS."""
    return [row.service.name if row.service else "", row.key, row.title, row.began_at, row.resolved_at, row.url]


class _Plan:
    """What there is, loaded once."""

    def __init__(self, rows: Sequence[Row], team: Team) -> None:
        self.services, self.once = Services(team), Once()
        keys = [key for row in rows for key in keys_of(row, self._made) if key]
        self.stored = stored_of_team(team, keys)
        self.stored.update(stored_of(Incident.objects.all(), self.services.known, keys).items())
        self.pushed = stored_elsewhere(team, [PUSHED + row["key"].strip() for row in rows if row["key"].strip()])

    def _made(self, row: Row) -> str:
        try:
            return made_of(self.services.instant(row, "began", None), row["title"])
        except Refused:
            return ""

    def of(self, row: Row) -> Planned:
        name, service = self.services.named(row) if row["service"].strip() else ("", None)
        stored = self._stored(row, service)
        record = self._record(row, stored)
        self.once.check((service.pk if service else name, record.key), row.number)
        told = _told(stored, record, self.services.shown)
        title = f"{name or now('The whole team')}: {record.title or self.services.shown(record.began_at)}"
        if stored is not None and not told:
            return Planned(row.number, RowState.SAME, title)
        _check(name, service, stored, told=PUSHED + row["key"].strip() in self.pushed)
        state = RowState.NEW if stored is None else RowState.CHANGED
        return Planned(row.number, state, title, differences=told, todo=Brought(name, record))

    def _stored(self, row: Row, service: Service | None) -> Incident | None:
        if service is None and row["service"].strip():
            return None
        place = service.pk if service else None
        keys = keys_of(row, self._made)
        return next((self.stored[place, key] for key in keys if (place, key) in self.stored), None)

    def _record(self, row: Row, stored: Incident | None) -> IncidentRecord:
        began = self.services.instant(row, "began", None)
        if began is None:
            raise Refused(now("Say when it began."))
        resolved = self.services.instant(row, "resolved", stored.resolved_at if stored else None)
        check_incident(began, resolved)
        return IncidentRecord(
            key=stored.key if stored else key_of(row["key"]) or self._made(row),
            title=text_of(row, "title", stored.title if stored else "", 500),
            began_at=began,
            resolved_at=resolved,
            labels=tuple(stored.labels) if stored else (),
            url=url_of(row, stored.url if stored else ""),
        )


def _check(name: str, service: Service | None, stored: Incident | None, *, told: bool) -> None:
    if stored is not None and stored.key.startswith(TOLD) and not stored.key.startswith(IMPORTED):
        raise Refused(now("This incident is told by a program, or was entered by hand. A file does not change it."))
    if stored is not None and not stored.key.startswith(IMPORTED):
        raise Refused(now("This incident comes from the repository of “%(service)s”.") % {"service": name})
    if stored is None and told:
        raise Refused(now("A program pushed an incident with this key. Two sources would count it twice."))
    if service is not None and not service.source.connection.is_told and not service.incident_labels:
        message = now("“%(service)s” counts no incidents by its rules. Choose a label there, or use another name.")
        raise Refused(message % {"service": name})


def _told(stored: Incident | None, record: IncidentRecord, shown: Show) -> list[Difference]:
    if stored is None:
        return []
    pairs = {
        "title": (stored.title, record.title),
        "began": (stored.began_at, record.began_at),
        "resolved": (stored.resolved_at, record.resolved_at),
        "url": (stored.url, record.url),
    }
    return differences(COLUMNS, pairs, shown)
