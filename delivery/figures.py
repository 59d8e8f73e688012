"""The figures of delivery from plain days, durations and instants. Pure; docs/definitions.md, Delivery, states each rule."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from delivery.periods import Period, monday


class Band(StrEnum):
    """The performance bands of 2021 and 2023; the value is the letter that stands for the word."""

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


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations in hours, as far as anybody speaks of them: so small that it can be kept. None of none."""

    count: int = 0
    mean: float | None = None
    median: float | None = None
    longest: float | None = None

    @classmethod
    def of(cls, hours: Collection[float]) -> Spread:
        return cls(len(hours), statistics.fmean(hours), median(hours), max(hours)) if hours else cls()


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
    """MTTR of a period: over the incidents resolved in it, whether a deployment caused them or not. Or the recovery of failed
    deployments: over the incidents of the period's deployments that were resolved in it.
    """

    hours: Spread  # began -> resolved; or deployment finished -> resolved
    still_open: int  # left out, counted beside

    @property
    def count(self) -> int:
        return self.hours.count

    @property
    def mean(self) -> float | None:
        """The M of MTTR, in hours."""
        return self.hours.mean

    @property
    def median(self) -> float | None:
        return self.hours.median

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


@dataclass(frozen=True)
class Share:
    """Change failure rate or rework rate: so many of so many counted deployments. `part` None: nothing could ever tell."""

    part: int | None
    whole: int

    @property
    def value(self) -> float | None:
        """0 to 1; None without a counted deployment, and where nothing could tell the part."""
        return self.part / self.whole if self.whole and self.part is not None else None


class Stage(StrEnum):
    """The parts of a change's way to production."""

    CODING = "coding"  # first commit -> opened
    PICKUP = "pickup"  # -> first review by another
    REVIEW = "review"  # -> merged; without a review pickup and review are one, and it is this
    DEPLOY = "deploy"  # -> deployed

    @property
    def label(self) -> Promise | str:
        return _STAGE_LABELS[self]


_STAGE_LABELS: dict[Stage, Promise | str] = {
    Stage.CODING: _("Coding"),
    Stage.PICKUP: _("Pickup"),
    Stage.REVIEW: _("Review"),
    Stage.DEPLOY: _("Deploy"),
}


class Way(Protocol):
    """The instants of a change, as delivery.models.Change has them."""

    @property
    def first_commit_at(self) -> datetime | None: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def first_review_at(self) -> datetime | None: ...
    @property
    def merged_at(self) -> datetime: ...
    @property
    def deployed_at(self) -> datetime | None: ...


def hours_between(first: datetime | None, last: datetime | None) -> float | None:
    """None where either is not known."""
    return None if first is None or last is None else (last - first).total_seconds() / 3600


def stages_of(change: Way) -> dict[Stage, float]:
    """The hours of each stage that is known. A negative one is dropped: the clocks of several computers told it."""
    ends = {
        Stage.CODING: (change.first_commit_at, change.opened_at),
        Stage.PICKUP: (change.opened_at, change.first_review_at),
        Stage.REVIEW: (change.first_review_at or change.opened_at, change.merged_at),
        Stage.DEPLOY: (change.merged_at, change.deployed_at),
    }
    found = {stage: hours_between(*instants) for stage, instants in ends.items()}
    return {stage: hours for stage, hours in found.items() if hours is not None and hours >= 0}


def lead_hours(change: Way) -> float | None:
    """First commit -> deployed; None where either is not known or the one lies after the other."""
    hours = hours_between(change.first_commit_at, change.deployed_at)
    return hours if hours is not None and hours >= 0 else None


@dataclass(frozen=True)
class LeadTime:
    """Lead time for changes of a period: over the changes whose deployment finished in it."""

    hours: Spread  # first commit -> deployed, of those of which it is known
    stages: Mapping[Stage, Spread]
    changes: int  # deployed in the period

    @property
    def count(self) -> int:
        return self.hours.count

    @property
    def median(self) -> float | None:
        return self.hours.median

    @property
    def stage_medians(self) -> dict[Stage, float | None]:
        """Medians of raw values: they need not add up to the median of the whole."""
        return {stage: self.stages[stage].median for stage in Stage}


def lead_time(changes: Iterable[Way]) -> LeadTime:
    """`changes`: those whose deployment finished in the period."""
    hours: list[float] = []
    stages: dict[Stage, list[float]] = {stage: [] for stage in Stage}
    count = 0
    for change in changes:
        count += 1
        whole = lead_hours(change)
        if whole is not None:
            hours.append(whole)
        for stage, of_stage in stages_of(change).items():
            stages[stage].append(of_stage)
    return LeadTime(Spread.of(hours), {stage: Spread.of(of_stage) for stage, of_stage in stages.items()}, count)
