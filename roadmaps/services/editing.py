"""Edits of items; docs/definitions.md, A stale edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import clock
from core.edits import StaleEdit
from roadmaps.dates import months_after
from roadmaps.models import Change, Checklist, Field, Item, Roadmap
from roadmaps.services.common import RoadmapError, lock_item, note_change, plain
from teams.models import Membership, Person


@transaction.atomic
def add_item(
    *,
    roadmap: Roadmap,
    title: str,
    by: Person,
    phase: int | None = None,
    checklist: str = "",
    owner: Person | None = None,
    due_date: date | None = None,
    request_id: str = "",
) -> Item:
    """Add an item of the team's own at the end of a phase or checklist, in the scope from today on."""
    # Locked so that two people adding at once get two positions.
    locked = Roadmap.objects.select_for_update(of=("self",)).select_related("team").get(pk=roadmap.pk)
    before = Change.objects.filter(roadmap=locked, request_id=request_id).exclude(request_id="").first()
    if before is not None and before.item is not None:
        return before.item
    _check_section(phase, checklist)
    last = locked.items.filter(phase=phase, checklist=checklist).aggregate(last=Max("position"))["last"] or 0
    today = clock.today(locked.team.zone)
    item = Item(
        roadmap=locked,
        phase=phase,
        checklist=checklist,
        title=_checked_title(title),
        owner=_checked_owner(locked, owner),
        due_edited=due_date is not None,
        position=last + 1,
        added_on=today if today > locked.start_date else None,
    )
    item.due_date = _checked_due(locked, due_date) or item.default_due_date
    item.save()
    note_change(locked, item, Field.ADDED, "", item.title, by, request_id)
    return item


def _check_section(phase: int | None, checklist: str) -> None:
    if (phase is None) == (not checklist) or (checklist and checklist not in Checklist.values):
        raise RoadmapError(_("Choose a phase or a checklist."), "phase")
    if phase is not None and not 1 <= phase <= 4:
        raise RoadmapError(_("Choose one of the four phases."), "phase")


@dataclass(frozen=True)
class Edit:
    """What a person wants of one field, and the value that the person saw there, both as `Item` holds them."""

    seen: Any
    wanted: Any


@transaction.atomic
def edit_item(*, item: Item, by: Person, edits: dict[str, Edit]) -> Item:
    """Change `title`, `owner`, `due_date`; docs/definitions.md, A stale edit. All of them or, if one is stale or refused, none.

    `title` "" gives the template's back, `due_date` None the end of the phase. A field whose wanted value is the one seen is not
    touched, so another person's change of it stays. StaleEdit holds only the fields in question.
    """
    locked = lock_item(item)
    wanted = {name: _normal(locked, name, edit.wanted) for name, edit in edits.items()}
    pending = {
        name: _checked(locked, name, value)
        for name, value in wanted.items()
        if value != edits[name].seen and value != getattr(locked, name)
    }
    stale = [name for name in pending if edits[name].seen != getattr(locked, name)]
    if stale:
        raise StaleEdit(
            theirs={name: plain(getattr(locked, name)) for name in stale},
            yours={name: plain(pending[name]) for name in stale},
        )
    for name, value in pending.items():
        _set(locked, name, value, by)
    locked.save(update_fields=["title", "owner", "due_date", "due_edited"])
    return locked


def rename(*, item: Item, title: str, seen: str, by: Person) -> Item:
    return edit_item(item=item, by=by, edits={"title": Edit(seen, title)})


def set_owner(*, item: Item, owner: Person | None, seen: Person | None, by: Person) -> Item:
    return edit_item(item=item, by=by, edits={"owner": Edit(seen, owner)})


def set_due(*, item: Item, due_date: date | None, seen: date | None, by: Person) -> Item:
    return edit_item(item=item, by=by, edits={"due_date": Edit(seen, due_date)})


def _set(item: Item, name: str, value: Any, by: Person) -> None:
    note_change(item.roadmap, item, Field(name), getattr(item, name), value, by)
    setattr(item, name, value)
    if name == "due_date":
        item.due_edited = value != item.default_due_date


def _normal(item: Item, name: str, value: Any) -> Any:
    """The value as `Item` would hold it."""
    if name == "title":
        title = " ".join(value.split())
        # The template's own words, in either language, mean the template's title: it keeps following the reader's language.
        return "" if item.entry and title in item.entry.title.values() else title
    if name == "due_date":
        return value or item.default_due_date
    return value


def _checked(item: Item, name: str, value: Any) -> Any:
    if name == "title":
        return value if item.entry and not value else _checked_title(value)
    if name == "owner":
        return _checked_owner(item.roadmap, value)
    return _checked_due(item.roadmap, value)


def _checked_title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise RoadmapError(_("Give the item a title."), "title")
    if len(title) > 200:
        raise RoadmapError(_("The title may have at most 200 characters."), "title")
    return title


def _checked_owner(roadmap: Roadmap, owner: Person | None) -> Person | None:
    if owner and not Membership.objects.filter(team=roadmap.team_id, person=owner, person__is_active=True).exists():
        raise RoadmapError(_("Choose somebody who belongs to the team."), "owner")
    return owner


def _checked_due(roadmap: Roadmap, due_date: date | None) -> date | None:
    if due_date is not None and due_date < roadmap.start_date:
        start = date_format(roadmap.start_date)
        raise RoadmapError(
            _("The roadmap starts on %(start)s. Choose that day or a later one.") % {"start": start}, "due_date"
        )
    if due_date is not None and due_date > months_after(roadmap.start_date, 60):
        raise RoadmapError(_("This day is more than five years after the roadmap's start."), "due_date")
    return due_date
