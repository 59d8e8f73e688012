"""What people download to fill in: an empty table with an example, or what is stored now."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.imports import Importer, RowState
from core.tables.writing import Table
from imports.models import Told, Upload
from teams.models import Team
from teams.zones import zone_of


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


def stored(importer: Importer, team: Team | None) -> Table:
    """What the team or the organisation has now. Brought back as it is, it changes nothing."""
    header = [str(column.header) for column in importer.columns]
    return Table(importer.kind, header, importer.rows(team), zone=zone_of(team), of=team)


def uploads(team: Team | None, rows: Iterable[Upload]) -> Table:
    """The files of late; what stands in them is not in here."""
    header = [
        _("File"), _("What"), _("Brought by"), _("Brought"), _("State"), _("Rows"), _("New"), _("Changed"), _("Same"),
        _("Refused"), _("Imported on"), "SHA-256",
    ]  # fmt: skip
    lines = [
        [
            each.name, each.importer.title, each.person, each.uploaded_at, each.label, each.rows,
            *(each.counts[state] for state in RowState.values), each.applied_at, each.digest,
        ]
        for each in rows
    ]  # fmt: skip
    return Table("imports", header, lines, zone=zone_of(team), of=team)


def plan(upload: Upload, rows: Iterable[Told]) -> Table:
    """What each row of a file would do, in the reader's language."""
    header = [_("Row"), _("State"), _("What it is about"), _("What it does"), _("Why it is refused")]
    lines = [[each.number, each.label, each.title, _does(each), each.reason] for each in rows]
    return Table("import", header, lines, of=upload.team)


def _does(row: Told) -> str:
    """A line for each thing that becomes another."""
    changed = row.state == RowState.CHANGED
    return "\n".join(
        f"{name}: {before or '–'} → {after or '–'}" if changed else f"{name}: {after}"
        for name, before, after in row.differences
    )
