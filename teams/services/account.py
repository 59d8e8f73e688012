"""Changes that people make to their own account. The audit log tells which fields, never the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core import edits
from teams import audit
from teams.models import Person

# What only concerns the person's own screen is not worth an entry for ever.
PREFERENCES = {"language", "theme", "time_zone"}


@transaction.atomic
def change_account(*, person: Person, seen: Mapping[str, Any], wanted: Mapping[str, Any]) -> Person:
    """Change `name`, `language`, `theme`, `time_zone`. StaleEdit if another browser of the person changed one meanwhile."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    changes = edits.merge(current={name: getattr(locked, name) for name in wanted}, seen=seen, wanted=wanted)
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


@transaction.atomic
def set_password(*, person: Person, password: str) -> None:
    """A new password by the person: from the account page, or by a link that only they have. All other sessions end."""
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.record("person.password_changed", actor=person, subject=person)
