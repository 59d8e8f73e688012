"""What can be taken back of notices, for core/undo.py: the removal of a channel."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core import undo
from core.undo import Data, Kind
from notices.services import channels
from teams.models import Person, Team


def _may(person: Person, data: Data) -> bool:
    team = Team.objects.filter(pk=data["team"]).first()
    return team is not None and person.has_perm("team.administer", team)


def register() -> None:
    undo.register(
        Kind(
            "channel.remove",
            lambda data: _("The channel “%(name)s” is removed.") % {"name": data["name"]},
            _may,
            lambda data, by: channels.bring_back(channel=data["channel"], by=by),
        )
    )
