"""What roadmaps hold about a person, for their removal (teams/personal.py)."""

from __future__ import annotations

from django.utils.translation import ngettext

from roadmaps.models import Item
from teams.models import Person
from teams.personal import Owned, register_owned


def register() -> None:
    register_owned(_items)


def _items(person: Person) -> Owned:
    rows = list(Item.objects.owned_by(person).open().of_live_teams().select_related("roadmap__team"))
    what = ngettext("%(n)s open roadmap item", "%(n)s open roadmap items", len(rows)) % {"n": len(rows)}
    return Owned(what, [(f"{row} · {row.roadmap.team}", row.get_absolute_url()) for row in rows])
