"""What the figures that feed key results shall come to: the dotted line of a trend. One query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from core import figures
from okrs.kinds import Kind
from okrs.models import KeyResult
from teams.models import Team

Targets = dict[str, dict[date, float]]


def of_figures(team: Team | None, days: Sequence[date]) -> Targets:
    """{figure id: {day: target}} by the fed key results of a team, or of the organisation, that were in effect on the day.

    Of several that one figure feeds, the one added last. A share is 0 to 1, as the figure has it.
    """
    rows = KeyResult.objects.fed().live().filter(objective__team=team).select_related("objective__cycle").order_by("pk")
    found: Targets = {}
    for row in rows:
        target = _target(row)
        for day in days:
            if target is not None and row.cycle.is_running(day) and row.effective_on <= day:
                found.setdefault(row.figure, {})[day] = target
    return found


def _target(row: KeyResult) -> float | None:
    """Where it shall go, or the bound to keep; between two bounds there is no one line."""
    value = {Kind.AT_LEAST: row.low, Kind.AT_MOST: row.high}.get(Kind(row.kind), row.target)
    share = any(each.id == row.figure and each.is_share for each in figures.all_figures())
    return value / 100 if share and value is not None else value
