"""The lists of this room as files."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.tables.writing import Table
from roadmaps.board import Board
from roadmaps.charts import burn_up
from roadmaps.importing import ItemImporter
from roadmaps.models import Roadmap
from roadmaps.overview import overviews


def of_items(board: Board) -> Table:
    """The items that the page's filter leaves: the columns of their importer first."""
    importer = ItemImporter()
    shown = {row.item.pk: row for section in (*board.phases, *board.checklists) for row in section.shown}
    header = [*(column.header for column in importer.columns), _("By"), _("Mandatory")]
    lines = [
        [*cells, row.newest.person if row.newest else None, _("yes") if row.item.mandatory else _("no")]
        for cells in importer.rows(board.roadmap.team)
        if (row := shown.get(cells[0]))
    ]
    return Table("roadmap-items", header, lines, of=board.roadmap.team)


def of_burn_up(roadmap: Roadmap) -> Table:
    (numbers,) = overviews([roadmap])
    chart = burn_up(numbers)
    return Table("roadmap-burn-up", chart.columns, chart.rows, of=roadmap.team)
