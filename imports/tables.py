"""What people download to fill in: an empty table with an example, or what is stored now."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.imports import Importer
from core.tables.writing import Table
from teams.models import Team


def template(importer: Importer) -> Table:
    """The headings and one example; in a workbook a second sheet says what belongs into each column."""
    header = [str(column.header) for column in importer.columns]
    notes = [[_("Column"), _("Needed"), _("What belongs here"), _("Example")]]
    for column in importer.columns:
        needed = _("yes") if column.required else _("no")
        notes.append([str(column.header), needed, str(column.help), str(column.example)])
    notes += [["", "", str(note), ""] for note in importer.notes()]
    example = [str(column.example) for column in importer.columns]
    return Table(f"{importer.kind}-template", header, [example], notes=(_("Notes"), notes))


def stored(importer: Importer, team: Team) -> Table:
    """What the team has now. Brought back as it is, it changes nothing."""
    header = [str(column.header) for column in importer.columns]
    return Table(importer.kind, header, importer.rows(team), zone=team.zone)
