"""What can be taken back of a roadmap by core/undo.py: dropping an item. Ticks have an undo of their own, in their row."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core import undo
from core.edits import StaleEdit
from core.undo import Data, Kind
from roadmaps import services
from roadmaps.models import Item
from teams.models import Person


def _item(data: Data) -> Item:
    return Item.objects.select_related("roadmap__team").get(pk=data["item"])


def _take_up_again(data: Data, by: Any) -> None:
    try:
        services.restore(item=_item(data), seen_version=data["version"], by=by)
    except StaleEdit:
        raise undo.changed_meanwhile() from None


def _may(person: Person, data: Data) -> bool:
    return person.has_perm("team.edit", _item(data).roadmap.team)


def register() -> None:
    undo.register(
        Kind(
            "item.drop",
            lambda data: _("“%(title)s” is dropped.") % {"title": _item(data).shown_title},
            _may,
            _take_up_again,
        )
    )
