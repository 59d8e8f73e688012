"""How values, ways and shares of key results read."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from okrs.kinds import MAINTAINED, Kind
from okrs.models import KeyResult
from okrs.numbers import written
from okrs.standing import Standing


def number(value: float | None) -> str:
    """A value to be read: at most two decimals, or four digits of something small."""
    if value is None:
        return "–"
    if abs(value) >= 1:  # 15.625 is 15.63: half a hundredth goes away from zero, as people round
        return written(float(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)))
    return written(float(f"{value:.4g}"))


def with_unit(value: float | None, unit: str) -> str:
    """8.4 days, 63%; "–" without a value."""
    if value is None:
        return number(value)
    return f"{number(value)}{unit}" if unit in ("%", "％") else f"{number(value)} {unit}".strip()


def percent(share: float | None) -> str:
    return "–" if share is None else f"{round(100 * share)}%"


def value_of(standing: Standing) -> str:
    """What it stands at now: "8.4 days", "3 of 4", "done"."""
    row = standing.key_result
    if row.kind == Kind.CHECKLIST:
        done, total = standing.done_and_total
        return _("%(done)s of %(total)s") % {"done": done, "total": total}
    if row.kind == Kind.MILESTONE:
        return _("reached") if standing.raw == 1 else _("not yet reached")
    return with_unit(standing.value, row.unit)


def goal_of(row: KeyResult) -> str:
    """Where it shall go: "12 → 6 days", "keep ≤ 12%", "due 31 Dec"."""
    match row.kind:
        case Kind.AT_LEAST:
            return _("keep ≥ %(bound)s") % {"bound": with_unit(row.low, row.unit)}
        case Kind.AT_MOST:
            return _("keep ≤ %(bound)s") % {"bound": with_unit(row.high, row.unit)}
        case Kind.BETWEEN:
            words = {"low": number(row.low), "high": with_unit(row.high, row.unit)}
            return _("keep between %(low)s and %(high)s") % words
        case Kind.MILESTONE:
            return _("due %(day)s") % {"day": date_format(row.due, "MONTH_DAY_FORMAT")}
        case Kind.CHECKLIST:
            return _("checklist")
    return f"{number(row.start)} → {with_unit(row.target, row.unit)}"


def progress_of(standing: Standing) -> str:
    """How far it is: "60% · expected 58%", "6 of 7 periods kept"."""
    row = standing.key_result
    if row.kind in MAINTAINED:
        return _periods(standing)
    if not standing.is_reported:
        return _("no check-in yet")
    if standing.expected is None:
        return percent(standing.raw)
    words: dict[str, Any] = {"progress": percent(standing.raw), "expected": percent(standing.expected)}
    return _("%(progress)s · expected %(expected)s") % words


def _periods(standing: Standing) -> str:
    if not standing.periods_elapsed:
        if standing.is_within is None:
            return _("no check-in yet")
        return _("in bounds now") if standing.is_within else _("out of bounds now")
    total = standing.periods_elapsed
    words = {"met": standing.periods_met, "total": total}
    return ngettext("%(met)s of %(total)s period kept", "%(met)s of %(total)s periods kept", total) % words


def due_of(standing: Standing) -> str:
    """When its check-in is due: "due today", "4 days late", "due 30 Nov"."""
    due = standing.due
    if due.on is None:
        return ""
    if due.days_late:
        return ngettext("%(days)s day late", "%(days)s days late", due.days_late) % {"days": due.days_late}
    if due.on == due.today:
        return _("due today")
    return _("due %(day)s") % {"day": date_format(due.on, "MONTH_DAY_FORMAT")}
