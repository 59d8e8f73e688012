"""Deployment frequency and MTTR as every room can ask for them: core/figures.py, docs/definitions.md, Figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from core import figures
from core.figures import Figure, Values
from delivery import reading
from delivery.figures import Recovery, frequency
from delivery.periods import Period, weeks_before
from teams.models import Team


def _span(days: Sequence[date]) -> Period:
    """All weeks that any of the days looks back on."""
    return Period(weeks_before(min(days)).first, weeks_before(max(days)).last)


def frequency_values(teams: Sequence[Team], days: Sequence[date]) -> Values:
    """The median of deployment days an ISO week over the 13 complete weeks before each day; None before anything is known."""
    if not teams or not days:
        return {}
    rows = reading.deployments(teams, _span(days))
    periods = {day: weeks_before(day) for day in days}
    found: Values = {}
    for team in teams:
        # Days of one week look back on the same weeks.
        by_period: dict[Period, float | None] = {}
        for day, period in periods.items():
            if period not in by_period:
                figure = rows[team.pk].frequency(period)
                by_period[period] = figure.per_week if figure else None
            found[team.pk, day] = by_period[period]
    return found


def frequency_pooled(teams: Sequence[Team], day: date) -> float | None:
    """The same over the teams' deployments together: a day counts once, whoever deployed on it."""
    period = weeks_before(day)
    rows = [entry for entry in reading.deployments(teams, period).values() if entry.covers(period)] if teams else []
    if not rows:
        return None
    begins = [entry.read_part(period).first for entry in rows]
    return frequency((each for entry in rows for each in entry.days), Period(min(begins), period.last)).per_week


def mttr_values(teams: Sequence[Team], days: Sequence[date]) -> Values:
    """The mean hours to resolve over the incidents resolved in the 13 complete weeks before each day; None without any."""
    if not teams or not days:
        return {}
    rows = reading.incidents(teams, _span(days))
    periods = {day: weeks_before(day) for day in days}
    found: Values = {}
    for team in teams:
        by_period: dict[Period, float | None] = {}
        for day, period in periods.items():
            if period not in by_period:
                by_period[period] = rows[team.pk].recovery(period).mean
            found[team.pk, day] = by_period[period]
    return found


def mttr_pooled(teams: Sequence[Team], day: date) -> float | None:
    """The mean over all the teams' incidents together."""
    period = weeks_before(day)
    rows = reading.incidents(teams, period).values() if teams else ()
    return Recovery([hours for entry in rows for hours in entry.recovery(period).hours], 0).mean


def register() -> None:
    figures.register(
        Figure(
            id="deployment_frequency",
            title=_("Deployment frequency"),
            unit=_("deployment days per week"),
            better="more",
            values=frequency_values,
            pooled=frequency_pooled,
        )
    )
    figures.register(
        Figure(
            id="mttr",
            title=_("Time to restore (MTTR)"),
            unit=_("hours"),
            better="less",
            values=mttr_values,
            pooled=mttr_pooled,
        )
    )
