"""How delivery's numbers, times and weeks read."""

from __future__ import annotations

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from core.spans import days_text
from core.templatetags.portal import instant
from delivery.models import Deployment
from delivery.periods import Bucket, By


def hours_number(hours: float) -> str:
    """ "36.58", "1.5", "193.5": two decimals below a hundred, one above, none that are zero."""
    rounded = round(hours, 2 if abs(hours) < 100 else 1)
    text = number_format(rounded, force_grouping=True)
    return text.rstrip("0").rstrip(".") if "." in text else text


def hours_text(hours: float) -> str:
    return _("%(hours)s h") % {"hours": hours_number(hours)}


def figure_text(value: float) -> str:
    """A count or median without needless decimals: 1, 2.5."""
    return number_format(int(value) if value == int(value) else round(value, 2))


def bucket_text(bucket: Bucket, by: By) -> str:
    """A week as "2026-W35, 24 Aug – 30 Aug", a month as "Aug 2026"."""
    if by == "month":
        return date_format(bucket.start, "YEAR_MONTH_FORMAT")
    year, week, _day = bucket.start.isocalendar()
    return f"{year}-W{week:02}, {days_text(bucket.start, bucket.end, with_year=False)}"


def short_hours(hours: float) -> tuple[str, str]:
    """A duration for a narrow column: minutes below an hour, days from two days on."""
    if hours < 1:
        return figure_text(round(hours * 60)), _("min")
    if hours < 48:
        return hours_number(round(hours, 1)), _("h")
    return hours_number(round(hours / 24, 1)), _("d")


def duration_text(hours: float | None) -> str:
    """ "42 min", "5.2 h", "3.4 d"; "–" of None."""
    return (
        "–"
        if hours is None
        else _("%(number)s %(unit)s") % dict(zip(("number", "unit"), short_hours(hours), strict=True))
    )


def percent_text(share: float) -> str:
    """ "14.3 %" without needless decimals."""
    return _("%(number)s%%") % {"number": figure_text(round(100 * share, 1))}


def deployment_text(row: Deployment) -> str:
    """One deployment in a list to choose from: its title, what it brought, and when it finished."""
    return f"{row} · {instant(row.finished_at)}"


def score_text(score: float) -> str:
    """ "6.3 / 10"."""
    return _("%(score)s / 10") % {"score": number_format(round(score, 1), 1)}
