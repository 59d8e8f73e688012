"""Changes of people by administrators: organisation role, deactivation, sign-in resets."""

from __future__ import annotations

from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, edits
from core.refusals import Refused
from teams import audit, limits, personal
from teams.models import OrganisationRole, Person
from teams.services import second_factors, sessions
from teams.services.emptying import empty
from teams.services.tokens import end_tokens_of
from teams.sign_in_links import ResetLinks


class LastAdministrator(Refused):
    """Without this person nobody could administer the portal any more."""


class SamplePerson(Refused):
    """Somebody of the sample organisation, whom nobody is."""


class Removed(Refused):
    """A removed person's row is empty and stays so."""


class OwnAccount(Refused):
    """Nobody removes themself: the portal must not lose an administrator by a slip, and somebody has to answer for it."""


def check_real(person: Person, field: str | None = None) -> None:
    """SamplePerson for somebody whom nobody is; Removed for whom nobody is any more."""
    if person.removed_at:
        raise Removed(_("This person was removed."), field)
    if person.is_sample:
        raise SamplePerson(_("This person belongs to the sample organisation, and nobody signs in as them."), field)


@transaction.atomic
def add_sample_person(*, name: str, email: str, language: str, time_zone: str, role: str) -> Person:
    """Somebody of the sample organisation. They belong to teams and own things, but cannot sign in and get no mail."""
    person = Person(
        name=name,
        email=email,
        language=language,
        time_zone=time_zone,
        organisation_role=role,
        date_joined=clock.now(),
        is_sample=True,
    )
    person.set_unusable_password()
    person.save()
    return person


def _keep_an_administrator(person: Person) -> None:
    """Refuse if `person` is the only active administrator.

    All administrators are locked, ordered, so that two who demote each other at once come one after the other: the second
    sees what the first did.
    """
    administrators = list(Person.objects.administrators().select_for_update().order_by("pk"))
    if [each.pk for each in administrators] == [person.pk]:
        raise LastAdministrator(
            _("This is the last active administrator. Make somebody else an administrator first."), "organisation_role"
        )


@transaction.atomic
def change_role(*, person: Person, by: Person, seen: str, role: str) -> Person:
    """Change the role in the organisation. LastAdministrator; SamplePerson; StaleEdit if somebody else changed it meanwhile."""
    check_real(person, "organisation_role")
    if role != OrganisationRole.ADMINISTRATOR:
        _keep_an_administrator(person)
    locked = Person.objects.select_for_update().get(pk=person.pk)
    before = locked.organisation_role
    field = "organisation_role"
    if edits.merge(
        current={field: before},
        seen={field: seen},
        wanted={field: role},
        changed_by=lambda _name: audit.last_touch("person.role_changed", locked),
    ):
        locked.organisation_role = role
        locked.save(update_fields=["organisation_role"])
        audit.record("person.role_changed", actor=by, subject=locked, before=before, after=role)
    return locked


@transaction.atomic
def deactivate(*, person: Person, by: Person) -> None:
    """End sign-in, sessions and tokens of the person at once; what they did stays. LastAdministrator; SamplePerson."""
    check_real(person)
    _keep_an_administrator(person)
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if locked.is_active:
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        # Sessions and tokens end for good: none of them comes back when the person is reactivated.
        sessions.end_all(person=locked)
        audit.record("person.deactivated", actor=by, subject=locked)
        end_tokens_of(locked, by=by)
        personal.end_ways_in(person=locked, by=by)


@transaction.atomic
def reactivate(*, person: Person, by: Person) -> None:
    """Let the person sign in again. Removed."""
    check_real(person)
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if not locked.is_active:
        locked.is_active = True
        locked.save(update_fields=["is_active"])
        audit.record("person.reactivated", actor=by, subject=locked)


@transaction.atomic
def check_removable(*, person: Person, by: Person) -> None:
    """Removed; SamplePerson: they go with the sample organisation; OwnAccount; LastAdministrator."""
    check_real(person)
    if person.pk == by.pk:
        raise OwnAccount(_("Nobody removes themself. Ask another administrator."))
    _keep_an_administrator(person)


@transaction.atomic
def remove(*, person: Person, by: Person) -> None:
    """Take the personal data away, for good; what the person did for their teams stays, under “removed person”.

    The row stays and is emptied, since append-only rows hold its pk. As `check_removable`.
    """
    check_removable(person=person, by=by)
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if locked.removed_at is None:
        empty(locked, by=by)
        audit.record("person.removed", actor=by, subject=locked)


@transaction.atomic
def reset_sign_in(*, person: Person, by: Person | None) -> tuple[str, str]:
    """End every way in but one: (uidb36, key) of the address that sets a new password, the same as the mail would hold.

    The password goes too, since without the second factors it alone would open. The link works once, ends with a newer
    one, and for PASSWORD_RESET_TIMEOUT seconds. What was counted of wrong tries is forgotten. SamplePerson; OwnAccount.
    """
    check_real(person)
    if by is not None and person.pk == by.pk:
        raise OwnAccount(
            _("Nobody resets their own sign-in here: it would end this session. Use your account's pages.")
        )
    locked = Person.objects.select_for_update().get(pk=person.pk)
    second_factors.remove_all(person=locked, by=by)
    locked.set_unusable_password()
    locked.save(update_fields=["password"])
    sessions.end_all(person=locked)
    end_tokens_of(locked, by=by)
    personal.end_ways_in(person=locked, by=by)
    limits.forget(locked)
    audit.record("person.reset_link_made", actor=by, subject=locked)
    return user_pk_to_url_str(locked), ResetLinks().make_token(locked)
