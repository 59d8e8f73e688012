"""What the numbers of a roadmap mean: pure functions over its events. Every rule is in docs/definitions.md, Roadmap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal

from roadmaps.models import State

HISTORY_WEEKS = 26
LEAST_WEEKS = 6
LEAST_DONE = 4
_TOLERANCE = 1e-12  # sums of floats may miss 0.5 by their last digit


@dataclass(frozen=True)
class Event:
    """A tick as figures read it. `day` is in the team's time zone; "already had it" is dated at the start, out of the pace."""

    version: int
    day: date
    to_state: str
    in_pace: bool = True


@dataclass(frozen=True)
class Facts:
    """An item as figures read it: `added` is the first day it is in the scope; `events` are in the order of their version."""

    phase: int | None
    added: date
    due: date | None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Progress:
    """`done` of `total`; dropped items are counted apart and belong to neither."""

    done: int
    total: int
    skipped: int = 0

    @property
    def share(self) -> float | None:
        """done / (items - skipped); None when nothing is left to do."""
        return self.done / self.total if self.total else None

    @property
    def is_complete(self) -> bool:
        return bool(self.total) and self.done == self.total


@dataclass(frozen=True)
class BurnUpDay:
    """The numbers of items at the end of `day`."""

    day: date
    done: int
    scope: int
    expected: int


def progress(states: Iterable[str]) -> Progress:
    """docs/definitions.md, Roadmap: done / (items - skipped)."""
    counted = list(states)
    skipped = counted.count(State.SKIPPED)
    return Progress(counted.count(State.DONE), len(counted) - skipped, skipped)


def _course(item: Facts) -> list[Event]:
    """The events that decide some day, by day. On a day the newest event holds that took effect on it or before: one that is
    recorded later with an earlier day therefore overrides what came in between.
    """
    course: list[Event] = []
    for event in item.events:
        while course and course[-1].day >= event.day:
            course.pop()
        course.append(event)
    return course


def _spells(item: Facts) -> Iterator[tuple[date, date | None, Event | None]]:
    """(first day, first day after or None, the event that holds) from the day the item was added on."""
    first, holding = item.added, None
    for event in _course(item):
        if event.day > first:
            yield first, event.day, holding
            first = event.day
        holding = event
    yield first, None, holding


def state_on(item: Facts, day: date) -> str | None:
    """The item's state at the end of `day`; None before it was added."""
    for first, after, event in _spells(item):
        if first <= day and (after is None or day < after):
            return event.to_state if event else State.TO_DO
    return None


def burn_up(items: Sequence[Facts], days: Sequence[date]) -> list[BurnUpDay]:
    """Done, scope and expected at the end of each of `days`; docs/definitions.md, Burn-up.

    The scope of a past day is the scope of that day. A day in the future shows what stands now.
    """
    moves: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])  # done, scope, expected: what changes on that day

    def count(what: int, first: date, after: date | None) -> None:
        if after is None or first < after:
            moves[first][what] += 1
            if after is not None:
                moves[after][what] -= 1

    for item in items:
        for first, after, event in _spells(item):
            state = event.to_state if event else State.TO_DO
            if state == State.SKIPPED:
                continue
            count(1, first, after)
            if state == State.DONE:
                count(0, first, after)
            if item.due is not None:
                count(2, max(first, item.due), after)

    changes = sorted(moves)
    sums = list(accumulate((moves[day] for day in changes), lambda a, b: [x + y for x, y in zip(a, b, strict=True)]))
    found, position = {}, -1
    for day in sorted(days):
        while position + 1 < len(changes) and changes[position + 1] <= day:
            position += 1
        found[day] = sums[position] if position >= 0 else [0, 0, 0]
    return [BurnUpDay(day, *found[day]) for day in days]


def paced_done(items: Sequence[Facts], day: date) -> int:
    """Items done at the end of `day` by work, not because the team already had them."""
    holding = (_holding(item, day) for item in items)
    return sum(1 for event in holding if event and event.to_state == State.DONE and event.in_pace)


def _holding(item: Facts, day: date) -> Event | None:
    return next(
        (event for first, after, event in _spells(item) if first <= day and (after is None or day < after)), None
    )


def throughput(items: Sequence[Facts], start: date, today: date) -> list[int]:
    """Items newly done - undone, at least 0, of each of the last 26 complete ISO weeks since `start`, oldest first."""
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(weeks=back) for back in range(HISTORY_WEEKS, 0, -1)]
    day_before = timedelta(days=1)
    return [
        max(0, paced_done(items, week + timedelta(days=6)) - paced_done(items, week - day_before))
        for week in weeks
        if week >= start
    ]


@dataclass(frozen=True)
class Forecast:
    """In how many weeks the rest is done, with 50 and 85 percent probability. Both None unless `kind` is "weeks"."""

    kind: Literal["weeks", "needs_more_data", "stalled", "finished"]
    p50: int | None = None
    p85: int | None = None
    weeks: int = 0  # length of the history


def forecast(history: Sequence[int], left: int, done: int) -> Forecast:
    """docs/definitions.md, Forecast: weeks are drawn independently from `history`, exactly by convolution.

    `history` is the throughput of complete weeks, `left` the items still to do, `done` those done by work so far.
    """
    weeks = len(history)
    if left <= 0:
        return Forecast("finished", weeks=weeks)
    if weeks < LEAST_WEEKS or done < LEAST_DONE:
        return Forecast("needs_more_data", weeks=weeks)
    if not any(history):
        return Forecast("stalled", weeks=weeks)
    return Forecast("weeks", *weeks_until(history, left), weeks=weeks)


def weeks_until(history: Sequence[int], left: int) -> tuple[int, int]:
    """(P50, P85): the first week whose probability that `left` items are done reaches 0.5 and 0.85."""
    chances = {count: history.count(count) / len(history) for count in set(history)}
    open_with = [0.0] * left  # open_with[k]: probability that exactly k < left items are done so far
    open_with[0] = 1.0
    week, p50 = 0, 0
    while True:
        week += 1
        after = [0.0] * left
        for count, chance in chances.items():
            for sofar in range(left - count):
                after[sofar + count] += open_with[sofar] * chance
        open_with = after
        finished = 1 - sum(open_with)
        if not p50 and finished >= 0.5 - _TOLERANCE:
            p50 = week
        if finished >= 0.85 - _TOLERANCE:
            return p50, week


def end_of_week(today: date, weeks: int) -> date:
    """The Sunday that ends the `weeks`-th week from now; the present, incomplete week is the first."""
    return today + timedelta(days=6 - today.weekday(), weeks=weeks - 1)
