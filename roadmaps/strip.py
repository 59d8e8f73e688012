"""Many roadmaps on one calendar: numbers for server-made SVGs, whose geometry is in attributes only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.utils.formats import date_format

from roadmaps.dates import PHASES, months_after, span_of_phase
from roadmaps.outlook import Outlook, outlook
from roadmaps.overview import Overview

MONTHS_BACK, MONTHS_AHEAD = 9, 12  # how far from today the calendar reaches at most
_GAP = 0.3  # percent of the width between two phases


def _percent(value: float) -> str:
    return f"{value:.2f}%"


@dataclass(frozen=True)
class Axis:
    """The calendar: whole months, both ends included."""

    first: date
    last: date
    today: date

    def at(self, day: date) -> float:
        """Where a day begins, in percent of the width; outside the calendar it is its edge."""
        return min(max(100 * (day - self.first).days / ((self.last - self.first).days + 1), 0.0), 100.0)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def today_x(self) -> str:
        return _percent(self.at(self.today))

    @cached_property
    def marks(self) -> list[tuple[str, str]]:
        """(x, month), six at most; none so near the right edge that its name would leave the calendar."""
        count = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1
        step = 3 * -(-count // 18)
        months = (months_after(self.first, number) for number in range(0, count, step))
        return [(_percent(self.at(day)), date_format(day, "M")) for day in months if self.at(day) < 92]

    @property
    def months(self) -> str:
        return f"{date_format(self.first, 'YEAR_MONTH_FORMAT')} – {date_format(self.last, 'YEAR_MONTH_FORMAT')}"


def axis_of(overviews: Iterable[Overview], today: date) -> Axis:
    """The calendar that holds these roadmaps and their forecasts, as far as it goes."""
    found = list(overviews)
    firsts = [each.span.first for each in found] or [today]
    lasts = [day for each in found for day in (each.span.last, each.p85) if day] or [today]
    first = min(max(min(firsts), months_after(today, -MONTHS_BACK)), today)
    last = max(min(max(lasts), months_after(today, MONTHS_AHEAD)), today)
    return Axis(first.replace(day=1), months_after(last.replace(day=1), 1) - timedelta(days=1), today)


@dataclass(frozen=True)
class Bar:
    """A phase, and the done share of it."""

    x: str
    width: str
    done: str


@dataclass(frozen=True)
class Strip:
    """One roadmap on the calendar."""

    overview: Overview
    axis: Axis

    @cached_property
    def outlook(self) -> Outlook:
        return outlook(self.overview)

    @cached_property
    def bars(self) -> list[Bar]:
        made = []
        for n in PHASES:
            span = span_of_phase(self.overview.roadmap.start_date, n)
            first, after = self.axis.at(span.first), self.axis.at(span.last + timedelta(days=1))
            width = max(after - first - _GAP, 0.0)
            share = self.overview.phase_progress[n].share or 0
            if width:
                made.append(Bar(_percent(first), _percent(width), _percent(width * share)))
        return made

    @cached_property
    def forecast(self) -> tuple[str, str] | None:
        """x of P50 and of P85; a point beyond the calendar stands at its edge."""
        p50, p85 = self.overview.p50, self.overview.p85
        return (_percent(min(self.axis.at(p50), 98)), _percent(min(self.axis.at(p85), 98.5))) if p50 and p85 else None

    @property
    def leaves_calendar(self) -> bool:
        return bool(self.overview.p85 and not self.axis.holds(self.overview.p85))

    @property
    def is_stalled(self) -> bool:
        return self.overview.forecast.kind == "stalled"
