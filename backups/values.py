"""A column's values as JSON and back, so that they are equal on every database.

Instants are ISO 8601 in UTC to the microsecond, decimals are text, bytes are Base64. What stands encrypted stays so.
"""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BinaryField, JSONField, TextField, Value
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Cast
from django.utils.duration import duration_iso_string

from core.crypto import Ciphertext, EncryptedTextField

AnyField = Any  # a models.Field, whose type would name what it holds


def asked(field: AnyField) -> str | BaseExpression:
    """What to ask the database for: text that stands encrypted is not decrypted on the way."""
    return Cast(field.attname, TextField()) if isinstance(field, EncryptedTextField) else field.attname


def to_json(value: Any) -> Any:
    """Called for what JSON does not know by itself."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is not kept in archives")


def from_json(field: AnyField, value: Any) -> Any:
    if isinstance(field, JSONField):
        # A column that is never NULL holds JSON's own null.
        return Value(None, JSONField()) if value is None and not field.null else value
    if value is None:
        return None
    if isinstance(field, EncryptedTextField):
        return Ciphertext(value)
    if isinstance(field, BinaryField):
        return base64.b64decode(value)
    return field.to_python(value)
