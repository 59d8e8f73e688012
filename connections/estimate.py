"""How long the first reading of a repository still takes, from what its connector told and how fast the host answered. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from connections.models import Budget, RunOutcome, SyncRun

SOON = 20  # requests: for less nobody needs to be told


@dataclass(frozen=True, slots=True)
class Estimate:
    requests: int
    minutes: int | None  # None: too early to tell


def of(run: SyncRun, budget: Budget | None, now: datetime) -> Estimate | None:
    """None where nothing is left, or where the host does not say how much there is."""
    if run.outcome not in (RunOutcome.RUNNING, RunOutcome.WAITING, RunOutcome.INTERRUPTED):
        return None
    streams = [each for each in run.counts.values() if isinstance(each, dict)]  # an older state may hold something else
    left = sum(each.get("left") or 0 for each in streams if not each.get("done"))
    if left < SOON:
        return None
    elapsed = ((run.finished_at or now) - run.started_at).total_seconds()
    if run.requests < SOON or elapsed <= 0:
        return Estimate(left, None)
    seconds = left * elapsed / run.requests + _waits(left, budget, now)
    return Estimate(left, max(1, math.ceil(seconds / 60)))


def _waits(left: int, budget: Budget | None, now: datetime) -> float:
    """Seconds in which the limit lets nobody ask: to the end of this window, and the whole of those that are used up later."""
    if budget is None or not budget.limit or budget.remaining is None or budget.reset_at is None or not budget.window:
        return 0.0
    beyond = left - budget.remaining
    if beyond <= 0:
        return 0.0
    return max(0.0, (budget.reset_at - now).total_seconds()) + (math.ceil(beyond / budget.limit) - 1) * budget.window
