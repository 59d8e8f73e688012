"""Filters of this room's templates."""

from django import template

from delivery.words import duration_text, hours_text

register = template.Library()


@register.filter
def hours(value: float | None) -> str:
    """ "36.58 h"; "–" of None."""
    return "–" if value is None else hours_text(value)


@register.filter
def duration(value: float | None) -> str:
    """ "42 min", "5.2 h", "3.4 d"; "–" of None."""
    return duration_text(value)
