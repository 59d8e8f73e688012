"""Making, renewing and ending the secret address of one's calendars."""

from __future__ import annotations

from django.db import transaction

from calendars.models import Address
from core import clock
from core.crypto import digest, new_token
from teams import audit
from teams.models import Person


@transaction.atomic
def renew(*, person: Person) -> Address:
    """A new secret; the one before ends with that, at once."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    secret = new_token()
    made, is_new = Address.objects.update_or_create(
        person=locked, defaults={"secret": secret, "digest": digest(secret), "made_at": clock.now()}
    )
    audit.record("person.calendar_made" if is_new else "person.calendar_renewed", actor=person, subject=locked)
    return made


@transaction.atomic
def turn_off(*, person: Person, by: Person | None) -> None:
    """End it for good: by oneself, or with the person's deactivation. Twice does nothing."""
    ended, _ = Address.objects.filter(person=person).delete()
    if ended:
        audit.record("person.calendar_ended", actor=by, subject=person)
