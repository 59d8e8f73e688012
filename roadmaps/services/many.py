"""Many items at once, as a table brings them: the rules of adding, editing and ticking one, in a bounded number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import clock
from roadmaps.models import Change, Field, Item, Note, Roadmap, Tick
from roadmaps.services.common import RoadmapError, made_change
from roadmaps.services.editing import check_section, checked_due, checked_member, checked_title, normal
from roadmaps.services.ticking import check_no_other_day, check_tick, effective_at, is_there, made_tick
from teams.models import Person

MOST_ITEMS = 20_000  # of a roadmap
EDITED = ("title", "owner", "due_date")


@dataclass(frozen=True)
class Wanted:
    """What a table says of one item; None and "" leave what is there. `section`: phase or checklist."""

    section: tuple[int | None, str] | None = None
    title: str | None = None
    owner: Person | None = None
    due_date: date | None = None
    state: str = ""
    already_had: bool = False
    on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Step:
    """What is to be done to an item, checked: the fields to change, and whether it gets a tick. A new item is not stored yet."""

    item: Item
    wanted: Wanted
    fields: dict[str, Any] = field(default_factory=dict)
    ticks: bool = False

    @property
    def is_new(self) -> bool:
        return self.item.pk is None

    @property
    def does_something(self) -> bool:
        return self.is_new or bool(self.fields) or self.ticks


@dataclass(frozen=True)
class Standing:
    """A roadmap's items with what stands beside them, by the item's id: the newest tick, and the note written with it."""

    roadmap: Roadmap
    items: list[Item]
    newest: dict[int, Tick]
    notes: dict[int, str]


def standing(roadmap: Roadmap) -> Standing:
    """Three queries. `roadmap` comes with its team."""
    items = list(Item.objects.filter(roadmap=roadmap).listed())
    for item in items:
        item.roadmap = roadmap
    ticks = Tick.objects.filter(item__roadmap=roadmap, version=F("item__version"))
    newest = {tick.item_id: tick for tick in ticks}
    notes = Note.objects.filter(tick__in=[tick.pk for tick in newest.values()]).order_by("pk")
    return Standing(roadmap, items, newest, {note.item_id: note.text for note in notes})


def lock_roadmap(roadmap: Roadmap) -> None:
    """Nobody adds, edits or ticks until the transaction ends."""
    Roadmap.objects.select_for_update().get(pk=roadmap.pk)
    list(Item.objects.select_for_update().filter(roadmap=roadmap).order_by("pk").values_list("pk"))


def step_to_add(roadmap: Roadmap, wanted: Wanted) -> Step:
    """A new item, as `add_item` would add it and `tick` would tick it. One that comes with a day is in the scope since then."""
    if wanted.section is None:
        raise RoadmapError(_("Say in which phase or checklist the new item belongs."), "section")
    phase, checklist = wanted.section
    check_section(phase, checklist)
    today = clock.today(roadmap.team.zone)
    added = min(wanted.on or today, today)
    item = Item(
        roadmap=roadmap,
        phase=phase,
        checklist=checklist,
        title=checked_title(wanted.title or ""),
        owner=checked_member(roadmap, wanted.owner),
        due_edited=wanted.due_date is not None,
        added_on=added if added > roadmap.start_date else None,
    )
    item.due_date = checked_due(roadmap, wanted.due_date) or item.default_due_date
    return Step(item, wanted, ticks=_checked_tick(item, None, "", wanted))


def step_to_edit(stand: Standing, item: Item, wanted: Wanted) -> Step:
    """What brings the item to what is wanted, as `edit_item` and `tick` would."""
    if wanted.section not in (None, (item.phase, item.checklist)):
        raise RoadmapError(_("An item stays in its phase or checklist."), "section")
    fields = {}
    for name in EDITED:
        value = getattr(wanted, name)
        if value is not None and normal(item, name, value) != getattr(item, name):
            fields[name] = _checked(item, name, normal(item, name, value))
    ticks = _checked_tick(item, stand.newest.get(item.pk), stand.notes.get(item.pk, ""), wanted)
    return Step(item, wanted, fields, ticks)


def _checked(item: Item, name: str, value: Any) -> Any:
    if name == "owner":
        return checked_member(item.roadmap, value)
    if name == "due_date":
        return checked_due(item.roadmap, value)
    return checked_title(value) if value or not item.entry else value


def _checked_tick(item: Item, newest: Tick | None, note: str, wanted: Wanted) -> bool:
    """Whether the item gets a tick. RoadmapError for what `tick` refuses."""
    if not wanted.state:
        if wanted.on or wanted.note:
            raise RoadmapError(_("A day or a note goes with a state: say which."), "state")
        return False
    if is_there(item, newest, wanted.state, wanted.already_had):
        check_no_other_day(item, newest, wanted.on)
        if wanted.note and wanted.note != note:
            raise RoadmapError(
                _("The item is in this state already, and a note is kept beside a change of it."), "note"
            )
        return False
    check_tick(wanted.state, wanted.note, wanted.already_had)
    effective_at(item, wanted.on, wanted.already_had)
    return True


@transaction.atomic
def take_steps(*, roadmap: Roadmap, steps: Sequence[Step], by: Person) -> None:
    """Do all of it: a few queries for each thousand. The steps were made with `lock_roadmap` held."""
    new = [step.item for step in steps if step.is_new]
    edited = [step.item for step in steps if not step.is_new and step.does_something]
    _place(roadmap, new)
    # Before the items are written, so that a new one is written once, in the state to which its tick brings it.
    ticks = [_tick(step, by) for step in steps if step.ticks]
    Item.objects.bulk_create(new, batch_size=500)
    changes = [made_change(roadmap, item, Field.ADDED, "", item.title, by) for item in new]
    for step in steps:
        changes += _edit(step, by)
    Change.objects.bulk_create(changes, batch_size=500)
    Item.objects.bulk_update(edited, [*EDITED, "due_edited", "state", "version"], batch_size=200)
    _keep_notes(steps, Tick.objects.bulk_create(ticks, batch_size=500), by)


def _tick(step: Step, by: Person) -> Tick:
    wanted = step.wanted
    at = effective_at(step.item, wanted.on, wanted.already_had)
    return made_tick(step.item, wanted.state, by, effective_at=at, already_had=wanted.already_had)


def _place(roadmap: Roadmap, new: Sequence[Item]) -> None:
    """At the end of their sections, in the order in which they come."""
    if roadmap.items.count() + len(new) > MOST_ITEMS:
        raise RoadmapError(_("A roadmap has at most %(most)s items.") % {"most": f"{MOST_ITEMS:,}"})
    last: dict[tuple[int | None, str], int] = defaultdict(int)
    for phase, checklist, position in roadmap.items.values_list("phase", "checklist", "position"):
        last[phase, checklist] = max(last[phase, checklist], position)
    for item in new:
        last[item.phase, item.checklist] += 1
        item.position = last[item.phase, item.checklist]


def _edit(step: Step, by: Person) -> list[Change]:
    item, changes = step.item, []
    for name, value in step.fields.items():
        changes.append(made_change(item.roadmap, item, Field(name), getattr(item, name), value, by))
        setattr(item, name, value)
        if name == "due_date":
            item.due_edited = value != item.default_due_date
    return changes


def _keep_notes(steps: Sequence[Step], ticks: Sequence[Tick], by: Person) -> None:
    texts = {id(step.item): step.wanted.note for step in steps}
    Note.objects.bulk_create(
        [
            Note(item=tick.item, tick=tick, text=texts[id(tick.item)], person=by, recorded_at=clock.now())
            for tick in ticks
            if texts[id(tick.item)]
        ],
        batch_size=500,
    )
