"""What the services of a roadmap share."""

from typing import Any

from core import clock
from core.edits import Touch
from core.refusals import Refused
from roadmaps.models import Change, Field, Item, Roadmap
from teams.models import Person


class RoadmapError(Refused):
    """A change that cannot be made."""


class AlreadyStarted(RoadmapError):
    """The team has a roadmap already."""

    conflicts = True


def lock_item(item: Item) -> Item:
    """The item as it is now, locked until the transaction ends: a second writer waits here and then sees the first one's work."""
    found = Item.objects.select_for_update().get(pk=item.pk)
    # Asked for after the lock is there: a join would still show the roadmap as it was before the wait.
    found.roadmap = Roadmap.objects.select_related("team").get(pk=found.roadmap_id)
    return found


def changed_by(roadmap: Roadmap, item: Item | None, field: Field | str) -> Touch | None:
    """Who changed the field last, and when; None if nobody did."""
    newest = roadmap.changes.filter(item=item, field=field).select_related("person").last()
    return Touch.by(newest.person, newest.recorded_at) if newest else None


def plain(value: Any) -> Any:
    """A value as it leaves the service: a person as the id."""
    return value.pk if isinstance(value, Person) else value


def note_change(
    roadmap: Roadmap, item: Item | None, field: Field, old: Any, new: Any, by: Person, request_id: str = ""
) -> None:
    made_change(roadmap, item, field, old, new, by, request_id).save()


def made_change(
    roadmap: Roadmap, item: Item | None, field: Field, old: Any, new: Any, by: Person, request_id: str = ""
) -> Change:
    """The row that `note_change` writes, not written yet."""
    return Change(
        roadmap=roadmap,
        item=item,
        field=field,
        old=_as_text(old),
        new=_as_text(new),
        person=by,
        token=by.token,
        recorded_at=clock.now(),
        request_id=request_id,
    )


def _as_text(value: Any) -> str:
    return "" if value is None else str(plain(value))
