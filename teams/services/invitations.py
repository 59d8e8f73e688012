"""Invitations to a team: a link that works once, for seven days, and needs no mail server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import clock
from core.crypto import digest, new_token
from core.refusals import Refused
from teams import audit
from teams.models import Invitation, InvitationState, Person, Team
from teams.services.members import add_member

VALID_FOR = timedelta(days=7)


class NotOpen(Refused):
    """The invitation was used, revoked or has expired, or its maker may no longer invite."""


class OtherAddress(Refused):
    """The invitation is for another address than this account's."""


class AddressHasAccount(Refused):
    """There is an account of this address: its owner signs in and joins with it."""


@transaction.atomic
def invite(*, team: Team, role: str, job_role: str, email: str, by: Person) -> tuple[Invitation, str]:
    """An invitation and the secret of its link, which is kept nowhere."""
    secret, now = new_token(), clock.now()
    invitation = Invitation.objects.create(
        team=team,
        role=role,
        job_role=job_role,
        email=email.lower(),
        secret_digest=digest(secret),
        created_by=by,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    audit.record("invitation.created", actor=by, subject=invitation, team=team, role=role)
    return invitation, secret


@transaction.atomic
def renew(*, invitation: Invitation, by: Person) -> str:
    """A new link for the same invitation; the old one ends. NotOpen if it was used already."""
    locked = _locked(invitation)
    if locked.state == InvitationState.ACCEPTED:
        raise NotOpen(_("Somebody has joined by this invitation already."))
    secret = new_token()
    locked.secret_digest = digest(secret)
    locked.created_by = by
    locked.expires_at = clock.now() + VALID_FOR
    locked.revoked_at = None
    locked.save()
    audit.record("invitation.renewed", actor=by, subject=locked, team=locked.team, role=locked.role)
    return secret


@transaction.atomic
def revoke(*, invitation: Invitation, by: Person) -> dict[str, Any]:
    """End the link at once. NotOpen if it was used already; revoking twice does nothing. What an undo needs, {} for nothing."""
    locked = _locked(invitation)
    if locked.state == InvitationState.ACCEPTED:
        raise NotOpen(_("Somebody has joined by this invitation already."))
    if locked.revoked_at is None:
        locked.revoked_at = clock.now()
        locked.save(update_fields=["revoked_at"])
        audit.record("invitation.revoked", actor=by, subject=locked, team=locked.team, role=locked.role)
        return {"invitation": locked.pk, "team": locked.team_id, "at": locked.revoked_at.isoformat()}
    return {}


@transaction.atomic
def bring_back(*, invitation: int, at: str, by: Person) -> None:
    """Let a withdrawn link work again. NotOpen if something else happened to it meanwhile."""
    locked = _locked(Invitation(pk=invitation))
    if locked.revoked_at is None and locked.state == InvitationState.OPEN:
        return
    if locked.revoked_at is None or locked.revoked_at.isoformat() != at:
        raise NotOpen(_("This invitation was changed meanwhile. Nothing was changed."))
    locked.revoked_at = None
    locked.save(update_fields=["revoked_at"])
    audit.record("invitation.restored", actor=by, subject=locked, team=locked.team, role=locked.role)


def why_not(invitation: Invitation) -> str:
    """Why the link does not work and what to do, in the reader's language; "" if it works."""
    ask = _("Ask the person who sent it for a new one.")
    match invitation.state:
        case InvitationState.ACCEPTED:
            return _("This invitation was used already; each works once.") + " " + ask
        case InvitationState.REVOKED:
            return _("This invitation was withdrawn.") + " " + ask
        case InvitationState.EXPIRED:
            return _("This invitation has expired; each works for seven days.") + " " + ask
    # As with tokens: a link gives no more than its maker could give now.
    if not invitation.created_by.has_perm("team.administer", invitation.team):
        return _(
            "Whoever sent this invitation can no longer invite to this team. Ask another team admin for a new one."
        )
    return ""


@transaction.atomic
def join(*, invitation: Invitation, person: Person) -> None:
    """Join with an account there is. NotOpen, OtherAddress, AlreadyMember."""
    locked = _usable(invitation, person.email)
    add_member(
        team=locked.team, person=person, role=locked.role, job_role=locked.job_role, by=person, invitation=locked
    )
    _accept(locked, person)


@transaction.atomic
def join_as_new_person(
    *, invitation: Invitation, name: str, email: str, password: str, language: str, time_zone: str
) -> Person:
    """Make an account and join with it. NotOpen, OtherAddress, AddressHasAccount."""
    locked = _usable(invitation, email)
    person = Person(name=name, email=email, language=language, time_zone=time_zone, date_joined=clock.now())
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise AddressHasAccount(
            _("There is already an account of this address. Sign in with it to join."), "email"
        ) from error
    audit.record("person.created", actor=person, subject=person)
    add_member(
        team=locked.team, person=person, role=locked.role, job_role=locked.job_role, by=person, invitation=locked
    )
    _accept(locked, person)
    return person


def _locked(invitation: Invitation) -> Invitation:
    related = Invitation.objects.select_for_update(of=("self",)).select_related("team", "created_by")
    return related.get(pk=invitation.pk)


def _usable(invitation: Invitation, email: str) -> Invitation:
    """The invitation, locked, so that of two clicks the second finds it used. NotOpen, OtherAddress."""
    locked = _locked(invitation)
    reason = why_not(locked)
    if reason:
        raise NotOpen(reason)
    if locked.email and locked.email != email.lower():
        message = _("This invitation is for %(email)s. Use that address, or ask for an invitation without one.")
        raise OtherAddress(message % {"email": locked.email}, "email")
    return locked


def _accept(invitation: Invitation, person: Person) -> None:
    invitation.accepted_by = person
    invitation.accepted_at = clock.now()
    invitation.save(update_fields=["accepted_by", "accepted_at"])
