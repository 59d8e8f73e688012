"""The figures of delivery as every room can ask for them: core/figures.py, docs/definitions.md, Figures.

They are made of the rows that pages read (delivery/five.py). One function makes a figure of one team and of several together: it
looks at all their rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Literal

from core import figures
from core.figures import Figure, Values
from delivery import five
from delivery.figures import Share, frequency, median
from delivery.five import Counted, Part, TeamRows
from delivery.periods import Period, weeks_before
from delivery.told import TITLES, UNITS
from teams.models import Team

Compute = Callable[[Sequence[TeamRows], Period], float | None]


def deployment_frequency(teams: Sequence[TeamRows], period: Period) -> float | None:
    """The median of deployment days an ISO week; of several teams a day counts once, whoever deployed on it."""
    known = [rows.deployments for rows in teams if rows.deployments.covers(period)]
    if not known:
        return None
    parts = [each.read_part(period) for each in known]
    days = (day for rows in teams for day, each in rows.days.items() if each.counted)
    return frequency(days, Period(min(each.first for each in parts), max(each.last for each in parts))).per_week


def lead_time(teams: Sequence[TeamRows], period: Period) -> float | None:
    changes = (each for rows in teams for each in rows.changes if each.day in period)
    return median([each.hours for each in changes if each.hours is not None])


def change_failure_rate(teams: Sequence[TeamRows], period: Period) -> float | None:
    """Teams of whose failures nothing could tell are left out: their deployments would all seem to have gone well."""
    days = list(_days([rows for rows in teams if rows.deployments.tells_failures(period)], period))
    return Share(sum(each.failed for each in days), sum(each.counted for each in days)).value


def rework_rate(teams: Sequence[TeamRows], period: Period) -> float | None:
    days = list(_days(teams, period))
    return Share(sum(each.hotfixes for each in days), sum(each.counted for each in days)).value


def recovery(teams: Sequence[TeamRows], period: Period) -> float | None:
    """The median hours over attributed incidents whose deployment and resolution both lie in the period."""
    caused = (each for rows in teams for each in rows.caused if each.day in period)
    ended = (each.hours for each in caused if each.resolved_day is not None and each.resolved_day in period)
    return median([hours for hours in ended if hours is not None])


def mttr(teams: Sequence[TeamRows], period: Period) -> float | None:
    """The mean hours over the incidents resolved in the period."""
    hours = [hours for rows in teams for day, hours in rows.resolved if day in period]
    return fmean(hours) if hours else None


def _days(teams: Sequence[TeamRows], period: Period) -> Iterator[Counted]:
    return (each for rows in teams for day, each in rows.days.items() if day in period)


@dataclass(frozen=True)
class _Made:
    """How a figure is made of rows of one part."""

    compute: Compute
    part: Part

    def values(self, teams: Sequence[Team], days: Sequence[date]) -> Values:
        """Of each team over the 13 complete weeks before each day."""
        if not teams or not days:
            return {}
        # Days of one week look back on the same weeks.
        periods = {day: weeks_before(day) for day in days}
        rows = five.read(teams, _span(list(periods.values())), only=(self.part,))
        found: Values = {}
        for team in teams:
            known = {period: self.compute([rows[team.pk]], period) for period in set(periods.values())}
            found |= {(team.pk, day): known[period] for day, period in periods.items()}
        return found

    def pooled(self, teams: Sequence[Team], day: date) -> float | None:
        period = weeks_before(day)
        return self.compute(list(five.read(teams, period, only=(self.part,)).values()), period) if teams else None


def _span(periods: Sequence[Period]) -> Period:
    return Period(min(each.first for each in periods), max(each.last for each in periods))


FIGURES: dict[str, tuple[_Made, Literal["more", "less"]]] = {
    "deployment_frequency": (_Made(deployment_frequency, "days"), "more"),
    "lead_time": (_Made(lead_time, "changes"), "less"),
    "change_failure_rate": (_Made(change_failure_rate, "days"), "less"),
    "recovery": (_Made(recovery, "failures"), "less"),
    "mttr": (_Made(mttr, "incidents"), "less"),
    "rework_rate": (_Made(rework_rate, "days"), "less"),
}
SHARES = ("change_failure_rate", "rework_rate")
_registered = {
    name: Figure(
        id=name,
        title=TITLES[name],
        unit=UNITS[name],
        better=better,
        values=made.values,
        pooled=made.pooled,
        is_share=name in SHARES,
    )
    for name, (made, better) in FIGURES.items()
}


def register() -> None:
    for figure in _registered.values():
        figures.register(figure)
