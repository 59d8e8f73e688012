"""When a check-in is due, overdue and outdated: pure functions; docs/definitions.md, OKRs. Days are the team's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = timedelta(days=7)
COUNTS_FROM = timedelta(days=6)  # a check-in counts for the due day from the day after the one a week before
OUTDATED_AFTER = 3  # days past due


@dataclass(frozen=True)
class Cadence:
    """Due every `weeks` weeks on `weekday` (Monday is 0), from the first such day after `effective` until `last`."""

    effective: date
    last: date
    weekday: int = 0
    weeks: int = 1

    @property
    def first_due(self) -> date:
        return self.effective + timedelta(days=(self.weekday - self.effective.weekday() - 1) % 7 + 1)

    @property
    def every(self) -> timedelta:
        return self.weeks * WEEK

    def due_days(self) -> Iterator[date]:
        day = self.first_due
        while day <= self.last:
            yield day
            day += self.every

    def next_due(self, last_check_in: date | None) -> date | None:
        """The first due day for which the last check-in does not count; None when the cycle has no further one."""
        not_covered = self.first_due if last_check_in is None else last_check_in + WEEK
        return next((day for day in self.due_days() if day >= not_covered), None)

    def periods(self, today: date) -> list[tuple[date, date]]:
        """(first day, due day) of each check-in period whose due day has passed."""
        return [(day - self.every + timedelta(days=1), day) for day in self.due_days() if day < today]


@dataclass(frozen=True)
class Due:
    """Where a key result stands in its cadence on a day. `on` None: no check-in is due any more."""

    on: date | None
    today: date

    @property
    def is_listed(self) -> bool:
        """Whether "My check-ins" asks for it."""
        return self.on is not None and self.today >= self.on - COUNTS_FROM

    @property
    def days_late(self) -> int:
        return max(0, (self.today - self.on).days) if self.on else 0

    @property
    def is_overdue(self) -> bool:
        return self.days_late > 0

    @property
    def is_outdated(self) -> bool:
        return self.days_late > OUTDATED_AFTER
