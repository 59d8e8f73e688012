"""The picture of the four phases over twelve months: numbers for a server-made SVG, whose geometry is in attributes only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.formats import date_format

from roadmaps.dates import MONTHS_OF_A_PHASE, PHASES, months_after
from roadmaps.models import Item, State
from roadmaps.overview import Overview, is_late

ROWS = (76, 87, 98)  # y of the three rows of dots
APART = 1.1  # percent of the width between two dots of a row
_GAP = 0.25  # percent of the width between two phases
_KINDS = {State.DONE: "done", State.IN_PROGRESS: "wip", State.TO_DO: "todo"}


@dataclass(frozen=True)
class Mark:
    """A vertical line with a name at its right. `wide`: there is room for the name until the next one."""

    x: str
    text_x: str
    name: str
    starts_phase: bool


@dataclass(frozen=True)
class Bar:
    """A phase: where it begins, how wide it is, and how wide the done share of it."""

    x: str
    width: str
    done: str


@dataclass(frozen=True)
class Dot:
    x: str
    y: int
    kind: str  # done, wip, todo, late


@dataclass(frozen=True)
class Timeline:
    """All x and widths are percentages as SVG writes them ("12.50%")."""

    overview: Overview

    def _at(self, day: date) -> float:
        return 100 * (day - self.overview.span.first).days / self.overview.span.days

    @cached_property
    def months(self) -> list[Mark]:
        start = self.overview.span.first
        # The marks of the roadmap's own months: they start on the roadmap's day of the month.
        return [
            Mark(
                _percent(self._at(day)),
                _percent(self._at(day) + 0.4),
                date_format(day, "M"),
                number % MONTHS_OF_A_PHASE == 0,
            )
            for number, day in ((number, months_after(start, number)) for number in range(12))
        ]

    @cached_property
    def bars(self) -> list[Bar]:
        return [self._bar(n) for n in PHASES]

    def _bar(self, n: int) -> Bar:
        phase = self.overview.phases[n - 1]
        first = self._at(phase.span.first) + _GAP
        width = 100 * phase.span.days / self.overview.span.days - 2 * _GAP
        return Bar(_percent(first), _percent(width), _percent(width * (phase.progress.share or 0)))

    @cached_property
    def dots(self) -> list[Dot]:
        return list(self._placed())

    def _placed(self) -> Iterator[Dot]:
        """From the right, so that items due on one day stand in a column and move left when it is full."""
        due = [
            (item.due_date, item.position, item)
            for item in self.overview.items
            if item.due_date and item.state in _KINDS
        ]
        free = [100.0 + APART - 0.6] * len(ROWS)  # what of each row is still free, from the left
        for day, _, item in sorted(due, key=lambda each: each[:2], reverse=True):
            if day not in self.overview.span:
                continue
            wanted = self._at(day) + 50 / self.overview.span.days
            row = next((row for row in (2, 1, 0) if free[row] - APART >= wanted), free.index(max(free)))
            free[row] = min(wanted, free[row] - APART)
            yield Dot(_percent(max(free[row], 0.4)), ROWS[row], self._kind(item))

    def _kind(self, item: Item) -> str:
        return "late" if is_late(item, self.overview.today) else _KINDS[State(item.state)]

    @property
    def today_x(self) -> str:
        """Where today is; "" outside the twelve months."""
        return _percent(self._at(self.overview.today)) if self.overview.today in self.overview.span else ""


def _percent(value: float) -> str:
    return f"{value:.2f}%"
