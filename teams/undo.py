"""What can be taken back of people and teams, for core/undo.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core import undo
from core.undo import Data, Kind
from teams.models import Person, Team
from teams.services import invitations, members, teams


def _administers(person: Person, data: Data) -> bool:
    return person.has_perm("organisation.administer")


def _administers_team(person: Person, data: Data) -> bool:
    team = Team.objects.filter(pk=data["team"]).first()
    return team is not None and person.has_perm("team.administer", team)


def _archived(data: Data) -> str:
    name = Team.objects.filter(pk=data["team"]).values_list("name", flat=True).first()
    return _("“%(team)s” is archived. Everything in it can still be read.") % {"team": name}


def _restore_team(data: Data, by: Any) -> None:
    team = Team.objects.select_for_update().get(pk=data["team"])
    if team.archived_at is not None and team.archived_at != datetime.fromisoformat(data["at"]):
        raise undo.changed_meanwhile()
    teams.restore_team(team=team, by=by)


def _removed(data: Data) -> str:
    person = Person.objects.filter(pk=data["person"]).first()
    return _("%(person)s no longer belongs to the team.") % {"person": person}


def register() -> None:
    undo.register(Kind("team.archive", _archived, _administers, _restore_team))
    undo.register(
        Kind(
            "group.delete",
            lambda data: (
                _("The group “%(group)s” is deleted; its teams are in no group now.") % {"group": data["name"]}
            ),
            _administers,
            lambda data, by: teams.bring_back_group(**data, by=by),
        )
    )
    undo.register(
        Kind("member.remove", _removed, _administers_team, lambda data, by: members.bring_back_member(**data, by=by))
    )
    undo.register(
        Kind(
            "invitation.revoke",
            lambda _data: _("The invitation is withdrawn: its link no longer works."),
            _administers_team,
            lambda data, by: invitations.bring_back(invitation=data["invitation"], at=data["at"], by=by),
        )
    )
