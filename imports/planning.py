"""What a file would do: read, planned, told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import translation

from core.imports import Difference, Importer, Planned, RowState
from core.tables.reading import Row, Table, read_table
from imports.models import Upload, language_now
from teams.models import Person, Team

TITLE_LENGTH, TEXT_LENGTH = 200, 300  # characters shown of what a file says


def read(content: bytes, importer: Importer) -> Table:
    return read_table(content, importer.columns)


def plan(table: Table, importer: Importer, team: Team | None, by: Person) -> list[Planned]:
    """Every row, in the order of the file: those with a problem of their own are refused before the importer sees them."""
    understood = [row for row in table.rows if not row.problem]
    refused = [Planned(row.number, RowState.REFUSED, row.title, str(row.problem)) for row in table.rows if row.problem]
    planned = importer.plan(understood, team, by) if understood else []
    rows = {row.number: row for row in understood}
    return sorted([*(_with_cells(each, rows, importer) for each in planned), *refused], key=lambda each: each.number)


def _with_cells(planned: Planned, rows: Mapping[int, Row], importer: Importer) -> Planned:
    """Of a new row, where the importer does not say it better, what the file says: all of it is written."""
    if planned.state != RowState.NEW or planned.differences:
        return planned
    cells = rows[planned.number].cells
    said = [Difference(str(column.header), "", cells[column.key]) for column in importer.columns if cells[column.key]]
    return replace(planned, differences=said)


def plan_again(upload: Upload, by: Person) -> list[Planned]:
    """The same file once more, in the language of whoever asked: so it can be compared with what they saw."""
    with translation.override(upload.language):
        return plan(read(bytes(upload.content), upload.importer), upload.importer, upload.team, by)


def told_to_all(table: Table, importer: Importer, team: Team | None, by: Person) -> dict[str, list[list[Any]]]:
    """The plan by language, that of whoever asks first: it is made in each, since a sentence of a service cannot be said again
    in another one."""
    found: dict[str, list[list[Any]]] = {}
    for language in dict.fromkeys([language_now(), *(code for code, _name in settings.LANGUAGES)]):
        with translation.override(language):
            found[language] = told(plan(table, importer, team, by))
    return found


def told(planned: Sequence[Planned]) -> list[list[Any]]:
    """As it is kept: plain values, and of long texts what a page shows of them."""
    return [
        [
            each.number,
            str(each.state),
            _cut(each.title, TITLE_LENGTH),
            str(each.reason),
            [[str(one.name), _cut(one.old, TEXT_LENGTH), _cut(one.new, TEXT_LENGTH)] for one in each.differences],
        ]
        for each in planned
    ]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
