"""Spans of days, and lists, as people write them."""

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext


def days_text(first: date, last: date, *, with_year: bool = True) -> str:
    """ "24 Aug – 22 Nov 2026" in English, "2026年8月24日～11月22日" in Japanese: the year once where both days share it."""
    long, short = ("DATE_FORMAT" if with_year else "MONTH_DAY_FORMAT"), "MONTH_DAY_FORMAT"
    if first.year != last.year:
        short = long
    if (get_language() or "").startswith("ja"):
        return f"{date_format(first, long)}～{date_format(last, short)}"
    return f"{date_format(first, short)} – {date_format(last, long)}"


def months_text(first: date, last: date) -> str:
    """The months of a span whose year is clear: "Apr – Jun", "4月～6月"."""
    dash = "～" if (get_language() or "").startswith("ja") else " – "
    return f"{date_format(first, 'M')}{dash}{date_format(last, 'M')}"


def list_text(parts: Iterable[object]) -> str:
    """Words in a row: "CI, tests" in English, "CI、テスト" in Japanese."""
    return gettext(", ").join(str(part) for part in parts)
