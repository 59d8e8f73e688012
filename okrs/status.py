"""The status of key results and objectives: pure functions; docs/definitions.md, OKRs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from okrs.kinds import HUMAN, Status

BEGINS = 0.10  # of the way expected: before that the ratio says nothing
ON_TRACK_FROM = 0.9
AT_RISK_FROM = 0.7
# For an objective and for a team, the worst first.
WORST_FIRST = (
    Status.OFF_TRACK,
    Status.AT_RISK,
    Status.OUTDATED,
    Status.NO_STATUS,
    Status.ON_TRACK,
    Status.CLOSED,
)


def by_ratio(ratio: float) -> Status:
    """r ≥ 0.9 on track, r ≥ 0.7 at risk, else off track."""
    # Counts come as fractions whose quotient may miss a threshold by the last bit: 0.63 / 0.7 is 0.9.
    ratio = round(ratio, 9)
    if ratio >= ON_TRACK_FROM:
        return Status.ON_TRACK
    return Status.AT_RISK if ratio >= AT_RISK_FROM else Status.OFF_TRACK


def of_a_way(progress: float, expected: float) -> Status | None:
    """Increase, decrease, checklist: progress against the expected line; None before a tenth of it."""
    return by_ratio(progress / expected) if round(expected, 9) >= BEGINS else None


def of_a_maintained(met: int, elapsed: int) -> Status | None:
    """Maintain: periods met / elapsed, from the first period on."""
    return by_ratio(met / elapsed) if elapsed else None


def of_a_milestone(done: bool, due: date, today: date) -> Status | None:
    """None until its due date and on it; from the next day off track unless it is done."""
    if done:
        return Status.ON_TRACK
    return Status.OFF_TRACK if today > due else None


def worse(one: Status | None, other: Status | None) -> Status | None:
    """The worse of an automatic and a human status; the one that is there if only one is."""
    both = [each for each in (one, other) if each is not None]
    return max(both, key=HUMAN.index) if both else None


def is_better(human: Status, automatic: Status | None) -> bool:
    """Whether the human status claims more than the figures say: then it needs a reason."""
    return automatic is not None and HUMAN.index(human) < HUMAN.index(automatic)


def shown(*, automatic: Status | None, human: Status | None, outdated: bool, closed: bool) -> Status:
    """closed > outdated > the worse of (automatic, human); neither is "no status"."""
    if closed:
        return Status.CLOSED
    if outdated:
        return Status.OUTDATED
    return worse(automatic, human) or Status.NO_STATUS


def worst(statuses: Iterable[Status]) -> Status | None:
    """The worst status of several key results; None of none."""
    known = set(statuses)
    return next((each for each in WORST_FIRST if each in known), None)
