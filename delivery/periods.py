"""Days, ISO weeks and months. Pure; days are those of the team's time zone. See docs/definitions.md, Clock, days and weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

By = Literal["week", "month"]
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
WEEKS = 13


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def weeks(self) -> list[date]:
        """The Mondays of the ISO weeks it touches, those at the edges included."""
        return list(_steps(self, "week"))

    @property
    def months(self) -> list[date]:
        """The first days of the months it touches, those at the edges included."""
        return list(_steps(self, "month"))


@dataclass(frozen=True, slots=True)
class Bucket:
    """A week or month of a chart, whole (`start`, `end`), and the part of it inside the period (`first`, `last`)."""

    start: date
    end: date
    first: date
    last: date

    @property
    def whole(self) -> bool:
        return (self.start, self.end) == (self.first, self.last)

    @property
    def middle(self) -> date:
        return self.start + (self.end - self.start) / 2


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def start_of(day: date, by: By) -> date:
    """The first day of the week or month that holds `day`."""
    return monday(day) if by == "week" else day.replace(day=1)


def next_start(start: date, by: By) -> date:
    return start + WEEK if by == "week" else (start + timedelta(days=31)).replace(day=1)


def months_before(month: date, count: int) -> date:
    """The first day of the month `count` months before that of `month`."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def weeks_before(day: date, count: int = WEEKS) -> Period:
    """The last `count` complete ISO weeks before `day`."""
    this = monday(day)
    return Period(this - count * WEEK, this - DAY)


def complete_months_before(day: date, count: int = 12) -> Period:
    this = day.replace(day=1)
    return Period(months_before(this, count), this - DAY)


def _steps(period: Period, by: By) -> Iterator[date]:
    start = start_of(period.first, by)
    while start <= period.last:
        yield start
        start = next_start(start, by)


def buckets(period: Period, by: By) -> list[Bucket]:
    """The weeks or months that a period touches, in order."""
    found = []
    for start in _steps(period, by):
        end = next_start(start, by) - DAY
        found.append(Bucket(start, end, max(start, period.first), min(end, period.last)))
    return found
