"""What can be taken back by core/undo.py: withdrawing what was entered by hand."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core import undo
from core.undo import Data, Kind
from delivery import by_hand
from delivery.models import Deployment, Incident
from teams.models import Person


def _row(data: Data) -> Deployment | Incident:
    if data["kind"] == "incident":
        return Incident.objects.select_related("team").get(pk=data["pk"])
    return Deployment.objects.select_related("service__team").get(pk=data["pk"])


def _said(data: Data) -> str:
    return _("“%(title)s” is withdrawn and counts no more.") % {"title": _row(data)}


def _may(person: Person, data: Data) -> bool:
    row = _row(data)
    return person.has_perm("team.edit", row.team if isinstance(row, Incident) else row.service.team)


def _take_back(data: Data, by: Any) -> None:
    try:
        by_hand.bring_back(row=_row(data), by=by)
    except by_hand.NotByHand:
        raise undo.changed_meanwhile() from None


def register() -> None:
    undo.register(Kind("delivery.withdraw", _said, _may, _take_back))
