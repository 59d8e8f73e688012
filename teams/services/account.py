"""Changes that people make to their own account. The audit log tells which fields, never the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import edits
from core.refusals import Refused
from teams import audit
from teams.models import Person, Theme
from teams.services import sessions
from teams.services.people import check_real
from teams.sign_in_links import ResetLinks, move_link, read_move

# What only concerns the person's own screen is not worth an entry for ever.
PREFERENCES = {"language", "theme", "time_zone"}


class LinkUsed(Refused):
    """A link that was used, has expired, was replaced by a newer one, or never was for this person."""


class AddressTaken(Refused):
    """Somebody else's account has this address."""


@transaction.atomic
def change_account(*, person: Person, seen: Mapping[str, Any], wanted: Mapping[str, Any]) -> Person:
    """Change `name`, `language`, `theme`, `time_zone`. StaleEdit if another browser of the person changed one meanwhile."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    changes = edits.merge(
        current={name: getattr(locked, name) for name in wanted},
        seen=seen,
        wanted=wanted,
        changed_by=lambda _name: edits.Touch.by(locked),
    )
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changes))
    fields = sorted(set(changes) - PREFERENCES)
    if fields:
        audit.record("person.changed", actor=locked, subject=locked, fields=fields)
    return locked


def choose_language(*, person: Person, language: str) -> None:
    """The switch in the top bar. Like all PREFERENCES it leaves no audit entry."""
    Person.objects.filter(pk=person.pk).update(language=language)


def choose_theme(*, person: Person, theme: Theme) -> None:
    """The switch in the top bar."""
    Person.objects.filter(pk=person.pk).update(theme=theme)


@transaction.atomic
def set_password(*, person: Person, password: str, session: str | None = None) -> None:
    """A new password by the person. All their sessions end, except the one of the key `session`."""
    person.set_password(password)
    person.save(update_fields=["password"])
    sessions.end_all(person=person, but=session)
    audit.record("person.password_changed", actor=person, subject=person)


@transaction.atomic
def reset_password(*, person: Person, key: str, password: str) -> None:
    """A new password by a link that only the person has. LinkUsed, of two at once for the second."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if not ResetLinks().check_token(locked, key):
        raise LinkUsed(_("This link was used already or has expired. Ask for a new one."))
    set_password(person=locked, password=password)


def check_free(email: str) -> None:
    """AddressTaken. For administrators, who see every address anyway."""
    if Person.objects.with_address(email).exists():
        raise AddressTaken(_("There is already an account of this address."), "email")


@transaction.atomic
def ask_to_move(*, person: Person, email: str, by: Person) -> str:
    """The secret of a link by which the person moves to the address `email`; the links made before end.

    The address stays as it is until the person opens the link. SamplePerson; Refused where it is the person's already.
    """
    check_real(person)
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if email.lower() == locked.email:
        raise Refused(_("This is the present address already."), "email")
    locked.email_serial += 1
    locked.save(update_fields=["email_serial"])
    audit.record("person.address_link_made", actor=by, subject=locked)
    return move_link(locked, email.lower())


@transaction.atomic
def move(*, person: Person, secret: str) -> str:
    """Move to the address of the link, once; the address before it. LinkUsed; AddressTaken."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    wanted = read_move(secret)
    if wanted is None or not wanted.fits(locked):
        raise LinkUsed(_("This link was used already, has expired, or is for another account. Ask for a new one."))
    locked.email = wanted.after
    locked.email_serial += 1
    try:
        with transaction.atomic():
            locked.save(update_fields=["email", "email_serial"])
    except IntegrityError as error:
        raise AddressTaken(_("There is already an account of this address."), "email") from error
    EmailAddress.objects.filter(user=locked).delete()  # what django-allauth remembered of the old one
    audit.record("person.changed", actor=locked, subject=locked, fields=["email"])
    return wanted.before
