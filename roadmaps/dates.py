"""The days of a roadmap: docs/definitions.md, Roadmap."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = 12
PHASES = (1, 2, 3, 4)
MONTHS_OF_A_PHASE = 3


def months_after(day: date, months: int) -> date:
    """The day `months` later, clipped to the end of a shorter month: 30 Nov + 3 -> 28 Feb."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Span:
    """First and last day, both inclusive."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def span_of_phase(start: date, phase: int) -> Span:
    """Phase k runs from start + 3 (k - 1) months to the day before the next one starts."""
    first = months_after(start, MONTHS_OF_A_PHASE * (phase - 1))
    return Span(first, months_after(start, MONTHS_OF_A_PHASE * phase) - timedelta(days=1))


def span_of_roadmap(start: date) -> Span:
    return Span(start, months_after(start, MONTHS) - timedelta(days=1))


def month_number(start: date, day: date) -> int:
    """Which month of the roadmap `day` is in, from 1; 0 before the start, 12 after the end."""
    return sum(1 for month in range(MONTHS) if months_after(start, month) <= day)


def phase_on(start: date, day: date) -> int | None:
    """The phase that runs on `day`; None before the start and after the end."""
    return next((phase for phase in PHASES if day in span_of_phase(start, phase)), None)
