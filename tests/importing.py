"""Tables that are brought to an importer, and taken from it again."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.test import RequestFactory

from core.imports import Importer, Planned, RowState
from core.tables.reading import read_table
from core.tables.writing import Table, answer
from teams.models import Person, Team


def csv_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A file whose headings are the keys of the rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def planned(importer: Importer, content: bytes, team: Team, by: Person) -> list[Planned]:
    """As the room imports/ does it."""
    rows = read_table(content, importer.columns).rows
    refused = [Planned(row.number, RowState.REFUSED, reason=row.problem) for row in rows if row.problem]
    found = importer.plan([row for row in rows if not row.problem], team, by)
    return sorted([*found, *refused], key=lambda each: each.number)


def brought(importer: Importer, content: bytes, team: Team, by: Person) -> list[Planned]:
    """Plan the file and, if no row is refused, import it."""
    with transaction.atomic():
        importer.lock(team)
        found = planned(importer, content, team, by)
        if all(each.state != RowState.REFUSED for each in found):
            importer.apply(found, team, by)
    return found


def states(found: Sequence[Planned]) -> list[str]:
    return [each.state.value for each in found]


def file_of(importer: Importer, team: Team, kind: str, rows: Sequence[Sequence[Any]] | None = None) -> bytes:
    """Everything that the importer takes, as the portal gives it."""
    header = [column.header for column in importer.columns]
    table = Table(importer.kind, header, importer.rows(team) if rows is None else rows, zone=team.zone)
    return answer(RequestFactory().get("/", {"format": kind}), table).content  # type: ignore[attr-defined]
