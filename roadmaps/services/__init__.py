"""Everything that changes a roadmap. Callers check that the person may edit the team; the rules of a change live here."""

from roadmaps.services.common import AlreadyStarted, RoadmapError
from roadmaps.services.editing import add_item, edit_item, fields_of, rename, set_due, set_owner
from roadmaps.services.starting import change_start_date, start_roadmap
from roadmaps.services.ticking import blank_note, drop, restore, tick, undo

__all__ = [
    "AlreadyStarted",
    "RoadmapError",
    "add_item",
    "blank_note",
    "change_start_date",
    "drop",
    "edit_item",
    "fields_of",
    "rename",
    "restore",
    "set_due",
    "set_owner",
    "start_roadmap",
    "tick",
    "undo",
]
