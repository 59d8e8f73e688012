"""Ticks: the changes of an item's state, and the notes beside them; docs/definitions.md, Roadmap."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from comments import services as comments
from comments.mentions import CommentError
from core import clock
from core.edits import StaleEdit, Touch
from roadmaps.models import NOTE_LENGTH, Item, Note, State, Tick
from roadmaps.services.common import RoadmapError, lock_item
from roadmaps.topics import topic_of
from teams import audit
from teams.models import Person


@transaction.atomic
def tick(
    *,
    item: Item,
    wanted: str,
    seen_version: int,
    by: Person,
    note: str = "",
    already_had: bool = False,
    on: date | None = None,
    request_id: str = "",
) -> Item:
    """Bring the item into the `wanted` state; docs/definitions.md, Tick. Returns it as it is then.

    Nothing happens if that state is there already, whoever brought it (a note is then a comment), or if `request_id` was seen
    before. StaleEdit if it was changed to something else since `seen_version`. RoadmapError for a day in the future or before the
    start, and for dropping without a reason. `on`: the team's day on which it took effect, now if None.
    """
    locked = lock_item(item)
    if request_id and locked.ticks.filter(request_id=request_id).exists():
        return locked
    note = note.strip()
    newest = locked.ticks.last()
    if is_there(locked, newest, wanted, already_had):
        _check_length(note, "note")
        check_no_other_day(locked, newest, on)
        _say(locked, note, by, request_id)
        return locked
    if seen_version != locked.version:
        raise StaleEdit(
            theirs={"state": locked.state, "version": locked.version},
            yours={"state": wanted, "version": seen_version},
            by={"state": _touch(newest)},
        )
    check_tick(wanted, note, already_had)
    made = _append(
        locked,
        wanted,
        by,
        already_had=already_had,
        effective_at=effective_at(locked, on, already_had),
        request_id=request_id,
    )
    _keep_note(made, note, by, request_id)
    return locked


def _touch(newest: Tick | None) -> Touch | None:
    return Touch.by(newest.person, newest.recorded_at) if newest else None


def is_there(item: Item, newest: Tick | None, wanted: str, already_had: bool) -> bool:
    if item.state != wanted:
        return False
    return not already_had or (newest is not None and newest.already_had)


def check_tick(wanted: str, note: str, already_had: bool) -> None:
    _check_length(note, "note")
    if wanted not in State.values:
        raise RoadmapError(_("There is no such state."), "wanted")
    if wanted == State.SKIPPED and not note:
        raise RoadmapError(_("Say why the item is dropped."), "note")
    if already_had and wanted != State.DONE:
        raise RoadmapError(_("Only something done can have been there already."), "already_had")


def check_no_other_day(item: Item, newest: Tick | None, on: date | None) -> None:
    """A state that is there already cannot be given another day in passing: say so instead of losing the day."""
    zone = item.roadmap.team.zone
    if on is None or newest is None or on in (clock.today(zone), clock.day_of(newest.effective_at, zone)):
        return
    raise RoadmapError(_("The item is in this state already. Undo that first, then give it the other day."), "on")


def effective_at(item: Item, on: date | None, already_had: bool) -> datetime:
    zone, now = item.roadmap.team.zone, clock.now()
    if already_had:
        return min(now, clock.start_of(item.roadmap.start_date, zone))
    if on is None or on == clock.day_of(now, zone):
        return now
    if on > clock.day_of(now, zone):
        raise RoadmapError(_("This day lies in the future. Choose today or an earlier day."), "on")
    if on < item.roadmap.start_date:
        start = date_format(item.roadmap.start_date)
        raise RoadmapError(
            _("The roadmap starts on %(start)s. Choose that day or a later one, or “already had it”.")
            % {"start": start},
            "on",
        )
    return clock.start_of(on, zone)


@transaction.atomic
def undo(*, item: Item, seen_version: int, by: Person, request_id: str = "") -> Item:
    """Reverse the newest tick by a new one. Nothing happens if exactly that was undone already.

    StaleEdit if there was another tick since `seen_version`; RoadmapError if there is nothing to undo.
    """
    locked = lock_item(item)
    newest = locked.ticks.select_related("undoes").last()
    if newest is not None and newest.undoes and newest.undoes.version == seen_version:
        return locked
    if newest is not None and newest.version != seen_version:
        raise StaleEdit(
            theirs={"state": locked.state, "version": locked.version},
            yours={"undo": True, "version": seen_version},
            by={"state": _touch(newest)},
        )
    if newest is None or newest.undoes_id:
        raise RoadmapError(_("There is nothing to undo."))
    _append(locked, newest.from_state, by, undoes=newest, effective_at=clock.now(), request_id=request_id)
    return locked


def drop(*, item: Item, reason: str, seen_version: int, by: Person, request_id: str = "") -> Item:
    """Leave the item out of the roadmap from today on. RoadmapError without a reason."""
    return tick(item=item, wanted=State.SKIPPED, seen_version=seen_version, by=by, note=reason, request_id=request_id)


def restore(*, item: Item, seen_version: int, by: Person, request_id: str = "") -> Item:
    """Take a dropped item up again, in the state it had."""
    return undo(item=item, seen_version=seen_version, by=by, request_id=request_id)


def _append(
    item: Item,
    to_state: str,
    by: Person,
    *,
    effective_at: datetime,
    already_had: bool = False,
    undoes: Tick | None = None,
    request_id: str = "",
) -> Tick:
    made = made_tick(
        item,
        to_state,
        by,
        effective_at=effective_at,
        already_had=already_had,
        undoes=undoes,
        request_id=request_id,
    )
    made.save()
    item.save(update_fields=["state", "version"])
    return made


def made_tick(
    item: Item,
    to_state: str,
    by: Person,
    *,
    effective_at: datetime,
    already_had: bool = False,
    undoes: Tick | None = None,
    request_id: str = "",
) -> Tick:
    """The item's next tick, not written yet; the item says what it will say then."""
    made = Tick(
        item=item,
        version=item.version + 1,
        from_state=item.state,
        to_state=to_state,
        already_had=already_had,
        undoes=undoes,
        person=by,
        token=by.token,
        effective_at=effective_at,
        recorded_at=clock.now(),
        request_id=request_id,
    )
    item.state, item.version = to_state, made.version
    return made


def _check_length(text: str, field: str) -> None:
    if len(text) > NOTE_LENGTH:
        raise RoadmapError(_("A note may have at most %(length)s characters.") % {"length": NOTE_LENGTH}, field)


def _keep_note(beside: Tick, text: str, by: Person, request_id: str) -> None:
    if text:
        Note.objects.create(
            item=beside.item, tick=beside, text=text, person=by, recorded_at=clock.now(), request_id=request_id
        )


def _say(item: Item, text: str, by: Person, request_id: str) -> None:
    """A note that belongs to no tick is a comment. RoadmapError if that cannot be written."""
    if not text:
        return
    try:
        comments.write(topic=topic_of(item, item.roadmap.team), text=text, by=by, request_id=request_id)
    except CommentError as error:
        raise RoadmapError(error.message, "note") from None


@transaction.atomic
def blank_note(*, note: Note, by: Person) -> Note:
    """Take a note's text away. That there was a note, whose and when, stays; the audit log tells who blanked it."""
    locked = Note.objects.select_for_update(of=("self",)).select_related("item__roadmap__team").get(pk=note.pk)
    if locked.blanked_at is None:
        locked.text, locked.blanked_at, locked.blanked_by = "", clock.now(), by
        locked.save(update_fields=["text", "blanked_at", "blanked_by"])
        audit.record(
            "roadmap.note_blanked", actor=by, subject=locked, team=locked.item.roadmap.team, item=locked.item_id
        )
    return locked
