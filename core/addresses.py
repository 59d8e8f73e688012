"""What addresses say, as it can be looked up."""

from __future__ import annotations

_DIGITS = 18  # a database holds every number of so many
TOO_LARGE = 10**_DIGITS


def pk_in(text: str) -> int | None:
    """The pk that the text is; 0, which nothing has, for a number too large for a database; None for what is no number."""
    if not text.isdecimal():
        return None
    return int(text) if len(text) <= _DIGITS else 0
