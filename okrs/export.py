"""The lists of this room as files: the columns of their importers first, then what the page works out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from core.tables.writing import Table
from okrs import words
from okrs.importing import check_ins, key_results
from okrs.models import CheckIn, Cycle, KeyResult
from okrs.querysets import CheckInQuerySet
from okrs.rows import KeyResultRow
from teams.models import Team


def of_key_results(rows: Sequence[KeyResultRow], team: Team | None) -> Table:
    return Table("key-results", *_key_results(rows, team), of=team)


def of_own_key_results(rows: Sequence[KeyResultRow]) -> Table:
    """Those that a person owns, in whatever team."""
    header, lines = _key_results(rows, None)
    teams = {row.key_result.pk: row.key_result.objective.team for row in rows}
    return Table("my-key-results", [*header, _("Team")], [[*line, teams[line[0]]] for line in lines])


def _key_results(rows: Sequence[KeyResultRow], team: Team | None) -> tuple[list[Any], list[list[Any]]]:
    """Headings and lines."""
    header = [
        *(column.header for column in key_results.COLUMNS),
        _("Now"), _("Progress"), _("Status"), _("Next check-in"),
    ]  # fmt: skip
    by_pk = {row.key_result.pk: row for row in rows}
    cells = key_results.cells_of(KeyResult.objects.filter(pk__in=by_pk).listed().prefetch_related("entries"), team)
    lines = [
        [*cell, row.value, words.percent(row.standing.raw), row.status.label, row.standing.due.on]
        for cell in cells
        for row in [by_pk[cell[0]]]
    ]
    return header, lines


def of_check_ins(*, key_result: KeyResult | None = None, team: Team | None = None, cycle: Cycle | None = None) -> Table:
    """Of one key result, or of a team (None: the organisation) in a cycle; corrected ones too."""
    found = CheckIn.objects.filter(key_result=key_result) if key_result else _of_cycle(team, cycle)
    listed = list(check_ins.in_order(found.select_related("person", "token")))
    header = [*(column.header for column in check_ins.COLUMNS), _("By")]
    lines = [[*cells, check_ins.by_whom(row)] for cells, row in zip(check_ins.cells_of(listed), listed, strict=True)]
    return Table("check-ins", header, lines, of=key_result or team)


def _of_cycle(team: Team | None, cycle: Cycle | None) -> CheckInQuerySet:
    live = CheckIn.objects.filter(key_result__objective__team=team, key_result__objective__cycle=cycle)
    return live.filter(key_result__archived_at=None, key_result__objective__archived_at=None)
