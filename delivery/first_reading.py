"""How far the first reading of a team's repositories is, for pages whose charts fill meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from connections import budget, estimate
from connections.estimate import Estimate
from connections.models import SyncRun
from delivery.models import Service


def left_of(services: Iterable[Service], now: datetime) -> Estimate | None:
    """What is left of all of them together; None where nothing is, or where nobody can tell."""
    sources = {each.source_id: each.source for each in services if each.source.active and not each.source.succeeded_at}
    found = []
    for run in SyncRun.objects.filter(source__in=list(sources)).unfinished():
        told = estimate.of(run, budget.known(sources[run.source_id]), now)
        found += [told] if told else []
    if not found:
        return None
    minutes = [each.minutes for each in found]
    known = [each for each in minutes if each is not None]
    return Estimate(sum(each.requests for each in found), max(known) if len(known) == len(minutes) else None)
