"""Edits of items; docs/definitions.md, A stale edit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import clock
from core.content import text
from core.edits import UNSEEN, StaleEdit, merge
from roadmaps.dates import months_after
from roadmaps.models import Change, Checklist, Field, Item, Roadmap
from roadmaps.services.common import RoadmapError, changed_by, lock_item, note_change, plain
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
    check_section(phase, checklist)
    last = locked.items.filter(phase=phase, checklist=checklist).aggregate(last=Max("position"))["last"] or 0
    today = clock.today(locked.team.zone)
    item = Item(
        roadmap=locked,
        phase=phase,
        checklist=checklist,
        title=checked_title(title),
        owner=checked_owner(locked, owner),
        due_edited=due_date is not None,
        position=last + 1,
        added_on=today if today > locked.start_date else None,
    )
    item.due_date = checked_due(locked, due_date) or item.default_due_date
    item.save()
    note_change(locked, item, Field.ADDED, "", item.title, by, request_id)
    return item


def check_section(phase: int | None, checklist: str) -> None:
    if (phase is None) == (not checklist) or (checklist and checklist not in Checklist.values):
        raise RoadmapError(_("Choose a phase or a checklist."), "phase")
    if phase is not None and not 1 <= phase <= 4:
        raise RoadmapError(_("Choose one of the four phases."), "phase")


FIELDS = ("title", "owner", "due_date")


def fields_of(item: Item) -> dict[str, Any]:
    """What `edit_item` edits, as it stands."""
    return {name: getattr(item, name) for name in FIELDS}


@transaction.atomic
def edit_item(*, item: Item, by: Person, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Item:
    """Change some of `title`, `owner` and `due_date`; docs/definitions.md, A stale edit. All of them, or none if one is refused.

    `wanted` and `seen` hold the same fields: a text, a Person or None, a day or None. A title "" (or the template's own) gives
    the template's back, a due date None the end of the phase. StaleEdit holds the fields in question: titles as people read
    them, an owner's id, a day.
    """
    locked = lock_item(item)
    changes = _merged(locked, wanted, seen)
    for name, value in changes.items():
        _check(locked, name, value)
    for name, value in changes.items():
        note_change(locked.roadmap, locked, Field(name), getattr(locked, name), value, by)
        setattr(locked, name, value)
        if name == "due_date":
            locked.due_edited = value != locked.default_due_date
    locked.save(update_fields=["title", "owner", "due_date", "due_edited"])
    return locked


def _merged(item: Item, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return merge(
            current={name: getattr(item, name) for name in wanted},
            seen={name: normal(item, name, seen[name]) for name in wanted},
            wanted={name: normal(item, name, value) for name, value in wanted.items()},
            changed_by=lambda name: changed_by(item.roadmap, item, name),
        )
    except StaleEdit as stale:
        theirs = {name: _told(item, name, value) for name, value in stale.theirs.items()}
        yours = {name: _told(item, name, value) for name, value in stale.yours.items()}
        raise StaleEdit(theirs=theirs, yours=yours, by=stale.by) from None


def rename(*, item: Item, title: str, seen: str, by: Person) -> Item:
    return edit_item(item=item, by=by, wanted={"title": title}, seen={"title": seen})


def set_owner(*, item: Item, owner: Person | None, seen: Person | None, by: Person) -> Item:
    return edit_item(item=item, by=by, wanted={"owner": owner}, seen={"owner": seen})


def set_due(*, item: Item, due_date: date | None, seen: date | None, by: Person) -> Item:
    return edit_item(item=item, by=by, wanted={"due_date": due_date}, seen={"due_date": seen})


def normal(item: Item, name: str, value: Any) -> Any:
    """The value as `Item` would hold it."""
    if value is UNSEEN:
        return value
    if name == "title":
        title = " ".join((value or "").split())
        # The template's own words, in either language, mean the template's title: it keeps following the reader's language.
        return "" if item.entry and title in item.entry.title.values() else title
    if name == "due_date":
        return value or item.default_due_date
    return value


def _told(item: Item, name: str, value: Any) -> Any:
    """The value as it leaves the service."""
    if name == "title" and not value and item.entry:
        return text(item.entry.title)
    return plain(value)


def _check(item: Item, name: str, value: Any) -> None:
    if name == "title" and (value or not item.entry):
        checked_title(value)
    elif name == "owner":
        checked_owner(item.roadmap, value)
    elif name == "due_date":
        checked_due(item.roadmap, value)


def checked_title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise RoadmapError(_("Give the item a title."), "title")
    if len(title) > 200:
        raise RoadmapError(_("The title may have at most 200 characters."), "title")
    return title


def checked_owner(roadmap: Roadmap, owner: Person | None) -> Person | None:
    if owner and not Membership.objects.filter(team=roadmap.team_id, person=owner, person__is_active=True).exists():
        raise RoadmapError(_("Choose somebody who belongs to the team."), "owner")
    return checked_member(roadmap, owner)


def checked_member(roadmap: Roadmap, owner: Person | None) -> Person | None:
    """As above, for somebody who is known to belong to the team."""
    if owner and owner.is_sample and not roadmap.team.is_sample:
        # It would keep the sample from being removed.
        raise RoadmapError(
            _("%(name)s belongs to the sample organisation. Choose somebody real.") % {"name": owner}, "owner"
        )
    return owner


def checked_due(roadmap: Roadmap, due_date: date | None) -> date | None:
    if due_date is not None and due_date < roadmap.start_date:
        start = date_format(roadmap.start_date)
        raise RoadmapError(
            _("The roadmap starts on %(start)s. Choose that day or a later one.") % {"start": start}, "due_date"
        )
    if due_date is not None and due_date > months_after(roadmap.start_date, 60):
        raise RoadmapError(_("This day is more than five years after the roadmap's start."), "due_date")
    return due_date
