"""Tags of the OKRs' pages."""

from __future__ import annotations

from django import template

from okrs import charts, words
from okrs.charts import Spark
from okrs.kinds import Status
from okrs.numbers import written
from okrs.rows import KeyResultRow

register = template.Library()


@register.simple_tag
def spark(row: KeyResultRow) -> Spark | None:
    """{% spark row as line %}"""
    return charts.spark(row.facts, row.standing)


@register.inclusion_tag("okrs/_status.html")
def okr_status(status: Status | None) -> dict[str, Status | None]:
    """A status as icon, colour and word; nothing for None."""
    return {"status": status}


@register.filter
def figure_number(value: float | None) -> str:
    return words.number(value)


@register.filter
def plain_number(value: float | None) -> str:
    """As a field would be prefilled."""
    return written(value)


@register.filter
def grade_css(grade: float | None) -> str:
    """Green from 0.7, yellow from 0.4."""
    if grade is None:
        return "is-none"
    return "is-ok" if grade >= 0.7 else "is-risk" if grade >= 0.4 else "is-off"
