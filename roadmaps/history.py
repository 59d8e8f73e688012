"""The history of an item or of the roadmap as people read it: ticks with their notes, and edits, as they were recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core.content import text
from roadmaps.board import Row
from roadmaps.facts import day_of
from roadmaps.models import Change, Field, Item, Note, Roadmap, State, Tick
from teams.models import Person


@dataclass(frozen=True)
class Entry:
    """One line: what happened, by whom, when it was recorded, and the day that figures read if that is another one."""

    what: str
    person: Person
    recorded_at: datetime
    by_token: str = ""
    dated: date | None = None
    notes: Sequence[Note] = ()


def of_item(row: Row) -> list[Entry]:
    """Newest first. Notes stand with the tick beside which they were written."""
    beside: dict[int, list[Note]] = {}
    for note in row.notes:
        beside.setdefault(note.tick_id, []).append(note)
    entries = [_of_tick(row, tick, beside.get(tick.pk, ())) for tick in row.ticks]
    changes = list(row.item.changes.select_related("person", "token"))
    for change in changes:
        change.item = row.item  # the same object, so that nothing asks for it again
    entries += _of_changes(changes)
    return sorted(entries, key=lambda entry: entry.recorded_at, reverse=True)


def of_roadmap(roadmap: Roadmap) -> list[Entry]:
    """When it was started and its start moved, newest first."""
    changes = roadmap.changes.filter(item=None).select_related("person", "token")
    return sorted(_of_changes(list(changes)), key=lambda entry: entry.recorded_at, reverse=True)


def _of_tick(row: Row, tick: Tick, notes: Sequence[Note]) -> Entry:
    day = day_of(tick, row.item.roadmap.start_date, row.zone)
    recorded = localtime(
        tick.recorded_at
    ).date()  # as the reader sees it, whose clock may show another day than the team's
    return Entry(
        what=said_of(tick),
        person=tick.person,
        recorded_at=tick.recorded_at,
        by_token=tick.token.name if tick.token else "",
        dated=day if day != recorded else None,
        notes=notes,
    )


def said_of(tick: Tick) -> str:
    """What a tick did, in a few words."""
    words = {"old": State(tick.from_state).label, "new": State(tick.to_state).label}
    if tick.undoes_id:
        return _("Undone: %(old)s → %(new)s") % words
    if tick.already_had:
        return _("Already had it at the start")
    return _("%(old)s → %(new)s") % words


def _of_changes(changes: Sequence[Change]) -> list[Entry]:
    names = _names(changes)
    return [
        Entry(
            what=_said_of_change(change, names),
            person=change.person,
            recorded_at=change.recorded_at,
            by_token=change.token.name if change.token else "",
        )
        for change in changes
    ]


def _names(changes: Iterable[Change]) -> dict[str, str]:
    ids = {value for change in changes if change.field == Field.OWNER for value in (change.old, change.new) if value}
    return {str(person.pk): str(person) for person in Person.objects.filter(pk__in=ids)} if ids else {}


def _said_of_change(change: Change, names: dict[str, str]) -> str:
    field = Field(change.field)
    words = {"field": field.label, "old": _shown(change, change.old, names), "new": _shown(change, change.new, names)}
    if field in (Field.STARTED, Field.ADDED):
        return _("%(field)s: %(new)s") % words
    return _("%(field)s: %(old)s → %(new)s") % words


def _shown(change: Change, value: str, names: dict[str, str]) -> str:
    if change.field == Field.OWNER:
        return names.get(value, _("nobody"))
    if change.field in (Field.DUE_DATE, Field.START_DATE, Field.STARTED):
        return date_format(date.fromisoformat(value)) if value else _("none")
    return value or _title(change.item)


def _title(item: Item | None) -> str:
    return text(item.entry.title) if item and item.entry else ""
