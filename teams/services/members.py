"""Changes of who belongs to a team, and as what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import clock, edits
from core.refusals import Refused
from teams import audit
from teams.models import Invitation, Membership, Person, Team
from teams.services.tokens import bring_back_tokens, end_tokens_of


class AlreadyMember(Refused):
    """The person belongs to the team already."""


class NotActive(Refused):
    """The person can no longer sign in."""


@transaction.atomic
def add_member(
    *, team: Team, person: Person, role: str, job_role: str, by: Person, invitation: Invitation | None = None
) -> Membership:
    """Make `person` a member. AlreadyMember, also for the second of two at once."""
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                team=team, person=person, role=role, job_role=job_role, invitation=invitation, joined_at=clock.now()
            )
    except IntegrityError as error:
        raise AlreadyMember(_("You belong to this team already.")) from error
    audit.record("member.joined", actor=by, subject=person, team=team, role=role)
    return membership


@transaction.atomic
def change_member(
    *, membership: Membership, by: Person, seen: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Membership:
    """Change `role` and `job_role`. StaleEdit if somebody else changed the same one meanwhile."""
    locked = Membership.objects.select_for_update(of=("self",)).select_related("person", "team").get(pk=membership.pk)
    current = {name: getattr(locked, name) for name in wanted}
    changes = edits.merge(
        current=current,
        seen=seen,
        wanted=wanted,
        changed_by=lambda name: audit.last_touch(f"member.{name}_changed", locked.person, locked.team),
    )
    for name, value in changes.items():
        setattr(locked, name, value)
        audit.record(
            f"member.{name}_changed",
            actor=by,
            subject=locked.person,
            team=locked.team,
            before=current[name],
            after=value,
        )
    locked.save()
    return locked


@transaction.atomic
def remove_member(*, membership: Membership, by: Person) -> dict[str, Any]:
    """Take the person out of the team; their tokens and open invitations for it end with that. Removing twice does nothing.

    What an undo needs, {} for nothing.
    """
    locked = (
        Membership.objects.select_for_update(of=("self",)).select_related("person", "team").filter(pk=membership.pk)
    )
    for found in locked:
        audit.record("member.removed", actor=by, subject=found.person, team=found.team, role=found.role)
        was = {
            "membership": found.pk,
            "team": found.team_id,
            "person": found.person_id,
            "role": found.role,
            "job_role": found.job_role,
            "joined_at": found.joined_at.isoformat(),
            "invitation": found.invitation_id,
        }
        found.delete()
        return was | {"tokens": end_tokens_of(found.person, by=by, team=found.team)}
    return {}


@transaction.atomic
def bring_back_member(
    *,
    membership: int,
    team: int,
    person: int,
    role: str,
    job_role: str,
    joined_at: str,
    invitation: int | None,
    tokens: Sequence[int],
    by: Person,
) -> None:
    """A removed member as they were, with the tokens that ended by the removal. AlreadyMember if they joined anew meanwhile."""
    known = Membership.objects.filter(team=team, person=person).first()
    if known is not None and known.pk == membership:
        return
    if known is not None:
        raise AlreadyMember(_("This person has joined the team again meanwhile. Nothing was changed."))
    found = Person.objects.select_for_update().get(pk=person)
    if not found.is_active:
        raise NotActive(_("This person was deactivated or removed meanwhile. Nothing was changed."))
    made = Membership.objects.create(
        pk=membership,
        team_id=team,
        person=found,
        role=role,
        job_role=job_role,
        joined_at=datetime.fromisoformat(joined_at),
        invitation_id=invitation,
    )
    audit.record("member.restored", actor=by, subject=found, team=made.team, role=role)
    bring_back_tokens(tokens, by=by)
