"""Deployment frequency and MTTR from plain days and durations. Pure; docs/definitions.md, Delivery, states each rule."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from delivery.periods import Period, monday


class Band(StrEnum):
    """The performance bands of 2023; the value is the letter that stands for the word."""

    ELITE = "E"
    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"

    @property
    def label(self) -> Promise | str:
        return _BAND_LABELS[self]


_BAND_LABELS: dict[Band, Promise | str] = {
    Band.ELITE: _("Elite"),
    Band.HIGH: _("High"),
    Band.MEDIUM: _("Medium"),
    Band.LOW: _("Low"),
}


def median(values: Collection[float]) -> float | None:
    """The interpolated median of raw values; None of none."""
    return float(statistics.median(values)) if values else None


def days_per_week(days: Iterable[date], period: Period) -> list[int]:
    """Deployment days in each ISO week that the period touches: zero weeks and partial weeks at its edges included."""
    counts = Counter(monday(day) for day in set(days) if day in period)
    return [counts[week] for week in period.weeks]


def days_per_month(days: Iterable[date], period: Period) -> list[int]:
    """Deployment days in each month that the period touches."""
    counts = Counter(day.replace(day=1) for day in set(days) if day in period)
    return [counts[month] for month in period.months]


@dataclass(frozen=True)
class Frequency:
    """Deployment frequency of a period. `days` has one day for each counted deployment that finished in it."""

    count: int  # counted deployments
    unknown: int  # deployments to production of which nobody knows whether they succeeded
    week_days: Sequence[int]  # deployment days in each ISO week
    month_days: Sequence[int]

    @property
    def weeks(self) -> int:
        return len(self.week_days)

    @property
    def deployment_days(self) -> int:
        return sum(self.week_days)

    @property
    def per_week(self) -> float:
        """The figure: the median of deployment days an ISO week."""
        return median(self.week_days) or 0.0

    @property
    def per_month(self) -> float:
        return median(self.month_days) or 0.0

    @property
    def is_weekly(self) -> bool:
        """Whether the headline speaks of weeks; of months where the median week has no deployment day."""
        return self.per_week > 0

    @property
    def value(self) -> float:
        return self.per_week if self.is_weekly else self.per_month

    @property
    def band(self) -> Band:
        if self.per_week >= 5:
            return Band.ELITE
        if self.per_week >= 1:
            return Band.HIGH
        return Band.MEDIUM if self.per_month >= 1 else Band.LOW


def frequency(days: Iterable[date], period: Period, unknown: int = 0) -> Frequency:
    """`days`: the day of each counted deployment's finish; those outside the period are left out."""
    inside = [day for day in days if day in period]
    return Frequency(len(inside), unknown, days_per_week(inside, period), days_per_month(inside, period))


@dataclass(frozen=True)
class Recovery:
    """MTTR of a period: over the incidents resolved in it, whether a deployment caused them or not."""

    hours: Sequence[float]  # began -> resolved, of each
    still_open: int  # at the end of the period; left out, counted beside

    @property
    def count(self) -> int:
        return len(self.hours)

    @property
    def mean(self) -> float | None:
        """The M of MTTR, in hours."""
        return statistics.fmean(self.hours) if self.hours else None

    @property
    def median(self) -> float | None:
        return median(self.hours)

    @property
    def band(self) -> Band | None:
        """Reads the median: one incident of a month must not hide many of an hour."""
        middle = self.median
        if middle is None:
            return None
        if middle < 1:
            return Band.ELITE
        if middle < 24:
            return Band.HIGH
        return Band.MEDIUM if middle < 7 * 24 else Band.LOW
