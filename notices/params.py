"""What a notice is about, as it is stored and as it is read: names, days and the guide's texts are the reader's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime

from core import content
from teams.models import Person

Stored = dict[str, Any]
_PERSON, _DAY, _INSTANT, _TEXT = "person", "day", "instant", "text"


def as_stored(params: Mapping[str, Any]) -> Stored:
    """Fit for JSON. A person is kept as the id: a name stands in the person's row only, which can be emptied."""
    return {name: _stored(value) for name, value in params.items()}


def _stored(value: Any) -> Any:
    if isinstance(value, Person):
        return {_PERSON: value.pk}
    if isinstance(value, datetime):
        return {_INSTANT: value.isoformat()}
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    if isinstance(value, Mapping):
        return {_TEXT: {code: value[code] for code, _name in settings.LANGUAGES}}
    if isinstance(value, (str, int, float)):
        return value
    raise TypeError(
        f"{type(value).__name__} cannot be told in every reader's language; give a text, number, day or person."
    )


def people_in(stored: Iterable[Stored]) -> set[int]:
    """The ids of everyone who is named in them."""
    return {
        value[_PERSON] for params in stored for value in params.values() if isinstance(value, dict) and _PERSON in value
    }


def as_read(stored: Stored, names: Mapping[int, str], zone: ZoneInfo | None = None) -> dict[str, Any]:
    """The values as they stand in a sentence, in the active language. `names`: Person.objects.names(people_in(…))."""
    return {name: _read(value, names, zone) for name, value in stored.items()}


def _read(value: Any, names: Mapping[int, str], zone: ZoneInfo | None) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    if kind == _PERSON:
        return names.get(held, "–")
    if kind == _DAY:
        return date_format(date.fromisoformat(held), "DATE_FORMAT")
    if kind == _INSTANT:
        return date_format(localtime(datetime.fromisoformat(held), zone), "DATETIME_FORMAT")
    return content.text(held)
