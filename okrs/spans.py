"""How a cycle reads, and the quarters of a calendar."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import get_language

from core.spans import days_text, months_text


def cycle_title(first: date, last: date) -> str:
    """ "Oct – Dec 2026", 2026年10月～12月, where it is whole months of a year; else the days."""
    whole_months = first.day == 1 and (last + timedelta(days=1)).day == 1
    if not (whole_months and first.year == last.year):
        return days_text(first, last)
    if (get_language() or "").startswith("ja"):
        return f"{first.year}年{months_text(first, last)}"
    if first.month == last.month:
        return date_format(first, "M Y")
    return f"{months_text(first, last)} {first.year}"


def quarter_of(day: date) -> tuple[date, date]:
    """The calendar quarter that holds the day."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return first, _next_quarter(first) - timedelta(days=1)


def next_quarter(day: date) -> tuple[date, date]:
    return quarter_of(_next_quarter(quarter_of(day)[0]))


def _next_quarter(first: date) -> date:
    return date(first.year, first.month + 3, 1) if first.month < 10 else date(first.year + 1, 1, 1)
