"""One person's data as a file: every row of every room that holds the person, found by the models' foreign keys.

docs/operations.md, "Removing a person, exporting a person's data", gives the shape. Secrets are left out, and what is another
person's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q

from core import clock
from core.crypto import EncryptedTextField
from teams import audit, personal
from teams.models import AuditEvent, Invitation, Person

FORMAT, VERSION = "mlops-portal/person", 1

# Models that point to a person and are not in the file, with the reason.
LEFT_OUT: dict[str, str] = {}
# Columns that are not in the file: what opens something, and what a host answered about a repository.
SECRET = {
    "teams.person.password",
    "teams.apitoken.digest",
    "teams.apitoken.hint",
    "teams.invitation.secret_digest",
    "mfa.authenticator.data",
    "usersessions.usersession.session_key",
}
NOT_PERSONAL = {
    "connections.draft.seen",
    "imports.upload.content",  # rows of the team; they go when it is imported, or after a week
    "imports.upload.plan",
    "connections.source.seen",
    "connections.source.state",
    "connections.source.options",
}


@transaction.atomic
def export(*, person: Person, by: Person) -> dict[str, Any]:
    """What the file holds. The audit log tells that it was made, and by whom."""
    audit.record("person.exported", actor=by, subject=person)
    return data_of(person)


def data_of(person: Person) -> dict[str, Any]:
    """{"format", "version", "made_at", "person": {column: value}, "rows": {"room.model": [{"as": [columns], column: value}]}}."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": clock.now(),
        "person": dict(_values(person, person)),
        "rows": {label: rows for label, rows in _rows(person) if rows},
    }


def keys_to_person(model: type[models.Model]) -> list[str]:
    """The names of the model's foreign keys that hold a person."""
    fields = model._meta.concrete_fields
    return [field.name for field in fields if field.is_relation and field.related_model is Person]


def _rows(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for model in sorted(apps.get_models(), key=lambda each: each._meta.label_lower):
        label, keys = model._meta.label_lower, keys_to_person(model)
        wanted = _wanted(label, keys, person)
        if wanted is not None and label not in LEFT_OUT:
            found = model._base_manager.filter(wanted).order_by("pk")
            yield label, [_row(each, keys, person) for each in found.iterator()]


def _wanted(label: str, keys: list[str], person: Person) -> Q | None:
    wanted = Q(*((key, person) for key in keys), _connector=Q.OR) if keys else None
    for more in (_of_this_room(label, person), personal.written_by(label, person)):
        if more is not None:
            wanted = more if wanted is None else wanted | more
    return wanted


def _of_this_room(label: str, person: Person) -> Q | None:
    if label == AuditEvent._meta.label_lower:
        return Q(subject=f"person:{person.pk}")
    if label == Invitation._meta.label_lower:
        return Q(email__iexact=person.email)
    return None


def _row(row: models.Model, keys: list[str], person: Person) -> dict[str, Any]:
    """Its columns, and `as`: which of them hold the person."""
    holding = [key for key in keys if getattr(row, f"{key}_id") == person.pk]
    return {"as": holding, **dict(_values(row, person))}


def _values(row: models.Model, person: Person) -> Iterator[tuple[str, Any]]:
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        name = f"{row._meta.label_lower}.{field.name}"
        others = field.is_relation and field.related_model is Person and value != person.pk
        # An address that the person typed to invite somebody else is that one's.
        others = others or (name == "teams.invitation.email" and value.lower() != person.email)
        if not (others or isinstance(field, EncryptedTextField) or name in SECRET | NOT_PERSONAL):
            yield field.name, value
