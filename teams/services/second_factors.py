"""Second factors are set up, used and removed. The audit log tells which kind, never a value."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, crypto, edits
from core.refusals import Refused
from teams import audit, mails, second_factors, security_log
from teams.models import Organisation, Person
from teams.second_factors import Type
from teams.services import sessions

STEP = 30  # seconds for which an authenticator app shows a code


class WrongCode(Refused):
    """Not what the authenticator app shows now."""


class HasOne(Refused):
    """There is an authenticator app already, perhaps since a moment ago in another window."""


class StillRequired(Refused):
    """The last second factor of somebody who must have one."""


def _step_of(secret: str, code: str) -> int | None:
    """The half minute, counted from 1970, whose code this is: the present one or a neighbour (MFA_TOTP_TOLERANCE)."""
    now = int(clock.now().timestamp()) // STEP
    tolerance = settings.MFA_TOTP_TOLERANCE
    for step in range(now - tolerance, now + tolerance + 1):
        if totp.compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))):
            return step
    return None


@transaction.atomic
def add_app(*, person: Person, secret: str, code: str, session: str | None = None) -> list[str]:
    """Set up an authenticator app that shows `code`; the recovery codes if these are the first. WrongCode; HasOne.

    With the first factor all sessions end, except the one of the key `session`: they were opened without.
    """
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if Authenticator.objects.filter(user=locked, type=Type.TOTP).exists():
        raise HasOne(_("You have an authenticator app already. Remove it first."))
    step = _step_of(secret, code)
    if step is None:
        raise WrongCode(_("This is not the code that the app shows now. Does the device's clock go right?"), "code")
    # The code that was just shown does not sign in as well.
    data = {"secret": crypto.encrypt(secret), "last_step": step}
    _end_sessions_before_the_first(locked, session)
    Authenticator.objects.create(user=locked, type=Type.TOTP, data=data, created_at=clock.now())
    _record("person.app_added", actor=locked, subject=locked)
    return _first_recovery_codes(locked)


@transaction.atomic
def add_passkey(*, person: Person, name: str, credential: dict[str, Any], session: str | None = None) -> list[str]:
    """Keep a passkey whose ceremony was completed; otherwise as `add_app`."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    _end_sessions_before_the_first(locked, session)
    WebAuthn.add(locked, name, credential)
    _record("person.passkey_added", actor=locked, subject=locked)
    return _first_recovery_codes(locked)


def _end_sessions_before_the_first(person: Person, session: str | None) -> None:
    if not second_factors.of(person).exists():
        sessions.end_all(person=person, but=session)


def _first_recovery_codes(person: Person) -> list[str]:
    if Authenticator.objects.filter(user=person, type=Type.RECOVERY_CODES).exists():
        return []
    return list(RecoveryCodes.activate(person).generate_codes())


@transaction.atomic
def new_recovery_codes(*, person: Person) -> list[str]:
    """New codes; the ones before end. Refused without a second factor that they could stand in for."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if not second_factors.of(locked).exists():
        raise Refused(_("Set up an authenticator app or a passkey first."))
    Authenticator.objects.filter(user=locked, type=Type.RECOVERY_CODES).delete()
    _record("person.recovery_codes_made", actor=locked, subject=locked)
    return _first_recovery_codes(locked)


@transaction.atomic
def use_code(*, person: Person, code: str) -> Authenticator | None:
    """The app or the recovery codes that this code is of, for the only time; None if of neither.

    The rows are locked, so of two who use a code at once the second finds it used.
    """
    for found in Authenticator.objects.select_for_update().filter(user=person).exclude(type=Type.WEBAUTHN):
        is_app = found.type == Type.TOTP
        if _use_app_code(found, code) if is_app else found.wrap().validate_code(code):
            if not is_app:
                _record("person.recovery_code_used", actor=person, subject=person)
            return found
    return None


def _use_app_code(found: Authenticator, code: str) -> bool:
    step = _step_of(crypto.decrypt(found.data["secret"]), code)
    if step is None or step <= found.data.get("last_step", 0):
        return False
    found.data["last_step"] = step
    found.save(update_fields=["data"])
    return True


@transaction.atomic
def rename_passkey(*, person: Person, passkey: Authenticator, seen: str, name: str) -> None:
    """Call it otherwise. StaleEdit if another browser of the person did so meanwhile."""
    locked = second_factors.of(person).select_for_update().filter(type=Type.WEBAUTHN).get(pk=passkey.pk)
    if edits.merge(
        current={"name": locked.data["name"]},
        seen={"name": seen},
        wanted={"name": name},
        changed_by=lambda _name: edits.Touch.by(person),
    ):
        locked.data["name"] = name
        locked.save(update_fields=["data"])
        audit.record("person.passkey_renamed", actor=person, subject=person)


@transaction.atomic
def remove(*, person: Person, authenticator: Authenticator, organisation: Organisation) -> None:
    """Remove one; with the last one the recovery codes go. StillRequired."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    others = second_factors.of(locked).exclude(pk=authenticator.pk).exists()
    if not others and second_factors.must_have_one(locked, organisation):
        raise StillRequired(_("Your organisation requires a second factor. Set up another one first."))
    deleted, _rows = second_factors.of(locked).filter(pk=authenticator.pk).delete()
    if deleted:
        kind = "app" if authenticator.type == Type.TOTP else "passkey"
        _record(f"person.{kind}_removed", actor=locked, subject=locked)
    if not others:
        Authenticator.objects.filter(user=locked).delete()


def remove_all(*, person: Person, by: Person | None) -> None:
    """Remove every second factor and the recovery codes, inside the caller's transaction."""
    deleted, _rows = Authenticator.objects.filter(user=person).delete()
    if deleted:
        _record("person.second_factors_removed", actor=by, subject=person)


def _record(action: str, *, actor: Person | None, subject: Person) -> None:
    audit.record(action, actor=actor, subject=subject)
    security_log.changed(action, subject)
    mails.tell_of_factors(subject, action)
