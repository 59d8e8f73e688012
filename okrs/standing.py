"""Where a key result stands on a day: its check-ins read by the rules of progress, cadence and status. Asks no query."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from okrs import progress, status
from okrs.cadence import Due
from okrs.kinds import MAINTAINED, MOVING, Kind, Source, Status
from okrs.models import KeyResult


@dataclass(frozen=True, slots=True)
class Point:
    """A check-in as the rules read it; fields as in models.CheckIn."""

    number: int
    day: date
    value: float
    start: float | None = None
    target: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: int | None = None
    status: str = ""
    source: str = Source.PERSON
    done: tuple[int, ...] = ()

    @property
    def is_human(self) -> bool:
        return self.source != Source.FIGURE


class Standing:
    """A key result at the end of `today`, from `points` in the order of (day, number), those up to `today` only.

    `entries`: the pks of a checklist's entries that are not skipped. A closed cycle shows what stood on its last day.
    """

    def __init__(
        self, key_result: KeyResult, points: Sequence[Point], today: date, entries: Collection[int] = ()
    ) -> None:
        self.key_result = key_result
        self.points = points
        self.today = today
        self.entries = entries
        self.cycle = key_result.cycle
        self.as_of = min(today, self.cycle.last_day)
        self.last = points[-1] if points else None
        self.last_human = next((point for point in reversed(points) if point.is_human), None)

    # -- The value and the numbers in force

    @property
    def is_reported(self) -> bool:
        return self.last is not None

    @cached_property
    def _definition(self) -> KeyResult | Point:
        """Start, target and bounds in force on the day: an edit never rewrites the days before it."""
        return self.last if self.last and self.today < self.key_result.defined_on else self.key_result

    @cached_property
    def value(self) -> float | None:
        if self.last is None:
            return None
        return float(self.done_and_total[0]) if self.key_result.kind == Kind.CHECKLIST else self.last.value

    @cached_property
    def done_and_total(self) -> tuple[int, int]:
        """Of a checklist: entries done, and all that are not skipped."""
        if isinstance(self._definition, Point):
            return int(self._definition.value), int(self._definition.target or 0)
        done = set(self.last.done) if self.last else set()
        return len(done & set(self.entries)), len(self.entries)

    # -- Progress

    @cached_property
    def raw(self) -> float | None:
        """Progress as it is shown, also beyond 0 and 1; None without a check-in or, if maintained, without a past period."""
        if self.last is None:
            return None
        match self.key_result.kind:
            case Kind.MILESTONE:
                return 1.0 if self.last.value >= 1 else 0.0
            case Kind.CHECKLIST:
                return progress.checklist_progress(*self.done_and_total)
            case kind if kind in MAINTAINED:
                return self.periods_met / self.periods_elapsed if self.periods_elapsed else None
        numbers = self._definition
        if numbers.start is None or numbers.target is None or numbers.start == numbers.target:
            return None
        return progress.raw_progress(numbers.start, numbers.target, self.last.value)

    @property
    def progress(self) -> float | None:
        return None if self.raw is None else progress.clamp(self.raw)

    @cached_property
    def expected(self) -> float | None:
        """The expected line; None for what has none: milestones and what is maintained."""
        result = self.key_result
        if result.kind not in MOVING and result.kind != Kind.CHECKLIST:
            return None
        return progress.expected(
            self.as_of,
            first=self.cycle.first_day,
            last=self.cycle.last_day,
            effective=result.effective_on,
            phases=phases_of(result),
        )

    @cached_property
    def _periods(self) -> list[bool]:
        """For each check-in period that has passed, whether its newest value was in bounds."""
        found = []
        for first, due in self.key_result.cadence.periods(self.today):
            inside = [point for point in self.points if first <= point.day <= due]
            found.append(bool(inside) and progress.is_within(inside[-1].value, inside[-1].low, inside[-1].high))
        return found

    @property
    def periods_met(self) -> int:
        return sum(self._periods)

    @property
    def periods_elapsed(self) -> int:
        return len(self._periods)

    @property
    def is_within(self) -> bool | None:
        """Of what is maintained: whether it is in its bounds now."""
        if self.last is None or self.key_result.kind not in MAINTAINED:
            return None
        return progress.is_within(self.last.value, self._definition.low, self._definition.high)

    @property
    def is_finished(self) -> bool:
        """A milestone that is done, a checklist with nothing left: nobody is asked about it any more."""
        return self.key_result.kind in (Kind.MILESTONE, Kind.CHECKLIST) and self.raw == 1

    # -- Cadence and status

    @cached_property
    def due(self) -> Due:
        if self.is_finished or self.is_closed:
            return Due(None, self.today)
        return Due(self.key_result.cadence.next_due(self.last.day if self.last else None), self.today)

    @property
    def is_closed(self) -> bool:
        return self.cycle.closed_on is not None and self.cycle.closed_on <= self.today

    @cached_property
    def automatic(self) -> Status | None:
        """What the figures say; None while they say nothing. What passed without a check-in is told, never as green."""
        kind = self.key_result.kind
        if kind == Kind.MILESTONE:
            return status.of_a_milestone(self.raw == 1, self.key_result.due, self.today)
        if kind in MAINTAINED:
            return status.of_a_maintained(self.periods_met, self.periods_elapsed)
        if self.raw is None or self.expected is None:
            return None
        return status.of_a_way(progress.clamp(self.raw), self.expected)

    @property
    def human(self) -> Status | None:
        """What a person said last; a value that a figure feeds later does not take it away."""
        return Status(self.last_human.status) if self.last_human and self.last_human.status else None

    @property
    def human_is_better(self) -> bool:
        return self.human is not None and status.is_better(self.human, self.automatic)

    @property
    def confidence(self) -> int | None:
        return self.last_human.confidence if self.last_human else None

    @cached_property
    def status(self) -> Status:
        return status.shown(
            automatic=self.automatic, human=self.human, outdated=self.due.is_outdated, closed=self.is_closed
        )


def phases_of(result: KeyResult) -> list[tuple[date, float]]:
    """Phased targets as shares of the way from start to target."""
    if not result.phases or result.start is None or result.target is None or result.start == result.target:
        return []
    return [
        (date.fromisoformat(day), progress.raw_progress(result.start, result.target, value))
        for day, value in result.phases
    ]


def objective_progress(standings: Iterable[Standing]) -> float | None:
    """An objective's progress from its key results: docs/definitions.md, OKRs."""
    return progress.roll_up((each.key_result.weight, each.progress) for each in standings)
