"""Who signed in, who tried and what changed about it, one line in the log each: by person's id, never an address or a secret.

What an administrator must be able to look up later stands in the audit log besides.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from teams.models import Person

log = structlog.get_logger(__name__)


@receiver(user_logged_in)
def _signed_in(user: Person, **_kwargs: Any) -> None:
    log.info("signed_in", person_id=user.pk)


def failed(person: Person | None, *, way: str) -> None:
    """Somebody did not show that they are `person`; None for an account that does not exist."""
    log.warning("sign_in_failed", person_id=person.pk if person else None, way=way)


def failed_at(email: str, *, way: str) -> None:
    failed(Person.objects.with_address(email).first() if email else None, way=way)


def throttled(action: str, email: str = "") -> None:
    person = Person.objects.with_address(email).first() if email else None
    log.warning("sign_in_throttled", action=action, **({"person_id": person.pk} if person else {}))


def sessions_ended(person_id: int, count: int) -> None:
    log.info("sessions_ended", person_id=person_id, count=count)


def changed(action: str, person: Person) -> None:
    """Something of by what `person` signs in; `action` is that of the audit log."""
    log.info("sign_in_changed", person_id=person.pk, action=action)
