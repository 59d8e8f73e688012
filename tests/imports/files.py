"""Files as people bring them, and what becomes of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
from django.test import RequestFactory

from core import imports as registry
from core.tables import writing
from imports import services, tables
from imports.models import Upload
from teams.models import Person, Team

Rows = Iterable[Sequence[Any]]


def as_csv(*rows: Sequence[Any], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(*rows: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def brought(team: Team | None, by: Person, kind: str, content: bytes, name: str = "items.csv") -> Upload:
    importer = registry.get(kind)
    assert importer is not None
    return services.bring(team=team, importer=importer, name=name, size=len(content), chunks=[content], by=by)


def imported(team: Team | None, by: Person, kind: str, content: bytes) -> Upload:
    return services.apply(upload=brought(team, by, kind, content), by=by)


def stored(team: Team | None, kind: str, ending: str = "csv") -> bytes:
    """The file that the team downloads."""
    importer = registry.get(kind)
    assert importer is not None
    asked = RequestFactory().get("/", {"format": ending})
    return bytes(writing.answer(asked, tables.stored(importer, team)).content)  # type: ignore[attr-defined]


def said(upload: Upload) -> list[tuple[int, str, str]]:
    """Number, state and reason of each row."""
    return [(each.number, each.state, each.reason) for each in upload.told]
