"""Progress and the expected line: pure functions; docs/definitions.md, OKRs. Shares are 0 to 1, days are the team's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise


def clamp(share: float) -> float:
    return min(1.0, max(0.0, share))


def raw_progress(start: float, target: float, current: float) -> float:
    """The way done from start to target, also beyond both: 100 → 60 at 50 is 1.25. ValueError if they are equal."""
    if start == target:
        raise ValueError("start and target are equal")
    return (current - start) / (target - start)


def checklist_progress(done: int, total: int, skipped: int = 0) -> float | None:
    """Done / (total - skipped); None if nothing is left to do."""
    return done / (total - skipped) if total > skipped else None


def is_within(value: float, low: float | None, high: float | None) -> bool:
    """Whether a value to be maintained is in its bounds, which belong to them; None is no bound."""
    return (low is None or value >= low) and (high is None or value <= high)


def roll_up(parts: Iterable[tuple[float, float | None]]) -> float | None:
    """sum(w · p) / sum(w) over (weight, progress). Progress is clamped, None counts 0; None if nothing has weight."""
    known = list(parts)
    weight = sum(each for each, _ in known)
    if weight <= 0:
        return None
    return clamp(sum(each * clamp(progress or 0.0) for each, progress in known) / weight)


def expected(
    today: date, *, first: date, last: date, effective: date, phases: Sequence[tuple[date, float]] = ()
) -> float:
    """The share that should be done by `today`: a line from the later of `first` and `effective` to `last`.

    `phases` are phased targets, (day, share of the way) in the order of their days: the line then runs through them.
    A key result that takes effect on the last day is expected to be done.
    """
    begin = max(first, effective)
    if begin >= last:
        return 1.0
    points = [(begin, 0.0), *((day, clamp(share)) for day, share in phases if begin < day < last), (last, 1.0)]
    if today <= begin:
        return 0.0
    for (before, low), (after, high) in pairwise(points):
        if today <= after:
            return low + (high - low) * (today - before).days / (after - before).days
    return 1.0
