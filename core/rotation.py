"""Encrypts what is stored again, under the first of ENCRYPTION_KEYS, so that the others can be removed.

Every EncryptedTextField is found by itself. A room that keeps encrypted text within JSON registers the column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Cast

from core.crypto import Ciphertext, EncryptedTextField

BATCH = 100  # rows that are locked at once
_within_json: set[tuple[str, str]] = set()  # model, field
_TOKEN = re.compile(r"gAAAA[\w=-]+")
_FERNET = "gAAAA"  # every token begins so, for the next thousand years


@dataclass
class Rotated:
    """How many secrets were encrypted again, and how many none of the keys opens."""

    changed: int = 0
    unreadable: int = 0


def register_json(model: str, field: str) -> None:
    """Say that encrypted text stands among what a JSONField holds: `register_json("mfa.Authenticator", "data")`."""
    _within_json.add((model, field))


def columns() -> list[tuple[type[models.Model], str]]:
    """Where encrypted text is stored."""
    found = {
        (model, field.attname)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    }
    found |= {(apps.get_model(model), field) for model, field in _within_json}
    return sorted(found, key=lambda column: (column[0]._meta.label, column[1]))


def unreadable() -> bool:
    """Whether the oldest secret of some column fits none of the present keys: a query for each column, whatever is stored."""
    known = MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
    for model, field in columns():
        rows = model._base_manager.annotate(as_stored=Cast(field, models.TextField())).order_by("pk")
        stored = rows.filter(as_stored__contains=_FERNET).values_list("as_stored", flat=True).first()
        for token in _TOKEN.findall(stored or "")[:1]:
            try:
                known.decrypt(token.encode())
            except InvalidToken:
                return True
    return False


def rotate() -> Rotated:
    """Encrypt again whatever does not stand under the first key. Safe to kill, to repeat, and while syncs run."""
    told = Rotated()
    for model, field in columns():
        for keys in _batches(model):
            with transaction.atomic():
                _rotate(model, field, keys, told)
    return told


def _batches(model: type[models.Model]) -> Iterator[list[Any]]:
    last = None
    while True:
        rows = model._base_manager.order_by("pk")
        keys = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        yield keys
        last = keys[-1]


def _rotate(model: type[models.Model], field: str, keys: list[Any], told: Rotated) -> None:
    is_text = isinstance(model._meta.get_field(field), EncryptedTextField)
    stored = Cast(field, models.TextField()) if is_text else models.F(field)
    # Locked: a token that is entered at this moment is not replaced by the one before.
    for key, value in list(model._base_manager.select_for_update().filter(pk__in=keys).values_list("pk", stored)):
        changed = _again(value, told)
        if changed != value:
            written = Ciphertext(changed) if is_text else changed
            model._base_manager.filter(pk=key).update(**{field: written})


def _again(value: Any, told: Rotated) -> Any:
    """The value with every token in it under the first key."""
    if isinstance(value, dict):
        return {name: _again(each, told) for name, each in value.items()}
    if isinstance(value, list):
        return [_again(each, told) for each in value]
    if not isinstance(value, str) or not value.startswith(_FERNET):
        return value
    known = [Fernet(key) for key in settings.ENCRYPTION_KEYS]
    try:
        known[0].decrypt(value.encode())
        return value
    except InvalidToken:
        pass
    try:
        again = MultiFernet(known).rotate(value.encode()).decode()
    except InvalidToken:
        told.unreadable += 1
        return value
    told.changed += 1
    return again
