"""Filters of this room's templates."""

from django import template

from delivery.charts import hours_text

register = template.Library()


@register.filter
def hours(value: float | None) -> str:
    """ "36.58 h"; "–" of None."""
    return "–" if value is None else hours_text(value)
