"""The services that a file names, and how a row is told apart from others."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connectors.records import DeploymentRecord, IncidentRecord
from core import clock
from core.imports import Difference, Planned
from core.refusals import Refused
from core.tables import cells
from core.tables.cells import plain, short
from core.tables.reading import Column, Row
from core.tables.writing import says
from delivery.models import IMPORTED, Incident, Service
from delivery.sanity import check_url
from delivery.services import service_named
from teams.models import Team

CHUNK = 500  # keys in one query
KEY_LENGTH = 100
URL_LENGTH = 1000
Stored = TypeVar("Stored", bound=Model)
Record = TypeVar("Record", DeploymentRecord, IncidentRecord)
Show = Callable[[Any], str]  # a value as people read it


@dataclass(frozen=True)
class Brought(Generic[Record]):
    """`service`: its name, which may be new; "" is the whole team."""

    service: str
    record: Record


def by_service(planned: Iterable[Planned]) -> dict[str, list[Any]]:
    """The records of what there is to do, by the name of their service."""
    found: dict[str, list[Any]] = {}
    for each in planned:
        if each.todo is not None:
            found.setdefault(each.todo.service, []).append(each.todo.record)
    return found


class Services:
    """The team's services by name. One query, and one for the team's time zone."""

    def __init__(self, team: Team) -> None:
        self.zone, self.now = team.zone, clock.now()
        self.known = list(Service.objects.of(team).listed())
        self._called: dict[str, Service | None] = {}

    def of(self, name: str) -> Service | None:
        """None for a name that is not there yet."""
        if name not in self._called:
            self._called[name] = service_named(self.known, name)
        return self._called[name]

    def named(self, row: Row) -> tuple[str, Service | None]:
        name = row["service"].strip()
        if len(name) > 255:
            raise Refused(_("The name of the service is too long."))
        return name, self.of(name)

    def shown(self, value: Any) -> str:
        """As people read it; instants on the team's clock, whoever asks: plans of two people are compared."""
        return (
            date_format(value.astimezone(self.zone), "DATETIME_FORMAT")
            if isinstance(value, datetime)
            else str(value or "")
        )

    def instant(self, row: Row, key: str, stored: datetime | None) -> datetime | None:
        """What a cell says, in the team's time zone unless it says another; what is stored where it is empty."""
        found = cells.instant(row[key], self.zone)
        if found is not None and found > self.now:
            raise Refused(_("“%(text)s” lies in the future.") % {"text": short(row[key])})
        return found or stored


def key_of(text: str) -> str:
    """The stable key of what somebody brought under this one; "" for none."""
    text = text.strip()
    if not text:
        return ""
    key = text if text.startswith(IMPORTED) else IMPORTED + text
    return key if len(key) <= KEY_LENGTH else made_of(text)


def made_of(*parts: Any) -> str:
    """A key where the file has none: the same parts are the same row."""
    said = "\n".join(each.isoformat() if isinstance(each, datetime) else plain(str(each)) for each in parts)
    return IMPORTED + hashlib.sha256(said.encode()).hexdigest()[:40]


def keys_of(row: Row, made: Callable[[Row], str]) -> list[str]:
    """Those under which a row may be stored: its own as it stands and as it is brought, else one that is made of it."""
    own = row["key"].strip()
    return [own, key_of(own)] if own else [made(row)]


def differences(columns: Iterable[Column], pairs: Mapping[str, tuple[Any, Any]], shown: Show) -> list[Difference]:
    """What a row changes, by the column: of (stored, brought) those that differ."""
    changed = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
    headers = {column.key: str(column.header) for column in columns} if changed else {}
    return [Difference(headers[key], shown(old), shown(new)) for key, (old, new) in changed.items()]


def stored_of(
    rows: QuerySet[Stored], services: Sequence[Service], keys: Iterable[str]
) -> dict[tuple[int, str], Stored]:
    """What is stored under these keys, by service and key."""
    found: dict[tuple[int, str], Stored] = {}
    for some in _chunks(sorted(set(keys))):
        for each in rows.filter(service__in=services, key__in=some):
            found[each.service_id, each.key] = each  # type: ignore[attr-defined]
    return found


def stored_of_team(team: Team, keys: Iterable[str]) -> dict[tuple[int | None, str], Incident]:
    """The incidents of no service that are stored under these keys."""
    rows = Incident.objects.filter(team=team, service=None)
    return {(None, row.key): row for some in _chunks(sorted(set(keys))) for row in rows.filter(key__in=some)}


def stored_elsewhere(team: Team, keys: Iterable[str]) -> set[str]:
    """Those of the keys under which the team has an incident, of whatever service."""
    rows = Incident.objects.filter(team=team)
    return {
        key for some in _chunks(sorted(set(keys))) for key in rows.filter(key__in=some).values_list("key", flat=True)
    }


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def text_of(row: Row, key: str, stored: str, most: int) -> str:
    """A cell, or what is stored where it is empty or says the same. Refused where it is too long."""
    text = row[key].strip()
    if not text or says(text, stored):
        return stored
    if len(text) > most:
        raise Refused(_("“%(text)s” has more than %(most)s characters.") % {"text": short(text), "most": most})
    return text


def url_of(row: Row, stored: str) -> str:
    """As `text_of`, of an address of a page."""
    text = text_of(row, "url", stored, URL_LENGTH)
    if text != stored:
        check_url(text)
    return text
