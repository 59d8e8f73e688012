"""Workers side by side, each of which reads a source over and over and is killed while it does."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from connections.models import RunOutcome, Source, SyncRun
from connections.tasks import sync_source
from core import clock
from delivery.models import Change, Comparison, Deployment, Incident
from ops.processes import descendants, kill_family
from tests.connections.workers import Worker

Rows = list[tuple[Any, ...]]
BEGINNING, WRITING, ENDING = "taking the lease, before the run", "in the middle of a transaction", "after the last page"


def rows_of(source: Source) -> Rows:
    """Everything that figures read, by what the host calls it; a row that is there twice stands here twice."""
    mine = {"service__source": source}
    deployments = Deployment.objects.filter(**mine).order_by("key", "pk")
    incidents = Incident.objects.filter(**mine).order_by("key", "pk")
    return [
        *deployments.values_list("key", "outcome", "environment_class", "created_at", "finished_at", "in_scope"),
        *incidents.values_list("key", "began_at", "resolved_at", "in_scope"),
        *Change.objects.filter(**mine)
        .order_by("key", "pk")
        .values_list("key", "merge_sha", "merged_at", "deployed_at"),
        *Comparison.objects.filter(**mine).order_by("head", "pk").values_list("head", "base", "reason"),
    ]


def phase_of(run: SyncRun | None, worker: str) -> str:
    """Where the sync of a worker that stands still has come to."""
    if run is None:
        return BEGINNING
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND xact_start IS NOT NULL LIMIT 1", [worker]
        )
        if cursor.fetchone():
            return WRITING
    if not run.counts:
        return "asking the host, nothing written yet"
    streams = ("deployments", "incidents", "changes", "comparisons")
    unfinished = [name for name in streams if not run.counts.get(name, {}).get("done")]
    return f"asking the host for {unfinished[0]}, some pages written" if unfinished else ENDING


def empty(source: Source) -> None:
    """As if it had never been read."""
    Deployment.objects.filter(service__source=source).delete()
    for table in (Incident, Change, Comparison):
        table.objects.filter(service__source=source).delete()  # type: ignore[attr-defined]
    source.runs.all().delete()
    Source.objects.filter(pk=source.pk).update(state={}, succeeded_at=None, next_sync_at=clock.now())


@dataclass
class Lane:
    """A worker on a queue of its own, and the source that it reads again and again. `step` never waits."""

    name: str
    folder: Path
    source: Source
    right: Rows  # of an undisturbed sync
    dice: random.Random
    longest: float  # seconds that an undisturbed sync takes
    kills: Counter[str] = field(default_factory=Counter)
    done: list[Rows] = field(default_factory=list)  # stored at the end of each sync
    worker: Worker | None = None
    begun: bool = False  # the present sync
    asked: bool = False  # the present worker
    strikes_at: float | None = None  # once the sync has begun

    def step(self, *, kill: bool) -> None:
        """Look what became of the sync, and kill its worker when the time has come."""
        if self.worker is None:
            self.worker = Worker(self.name, self.folder, wait=False)
            self.asked, self.strikes_at = False, None
        elif not self.worker.is_ready():
            assert self.worker.process.poll() is None, self.worker.log.read_text()
        elif not self.asked:
            self.begun = self.asked = True
            sync_source.apply_async(args=[self.source.pk], queue=self.name)
        elif self._is_read():
            self._next()
        elif kill and self._is_running():
            self._aim()

    def _aim(self) -> None:
        if self.strikes_at is None:
            self.strikes_at = time.monotonic() + self.dice.uniform(0, self.longest)
        if time.monotonic() >= self.strikes_at:
            self._strike()

    def end(self) -> None:
        if self.worker is not None:
            self.worker.end()

    def _is_read(self) -> bool:
        """To the end, so that nothing is written any more."""
        return self.source.runs.filter(outcome=RunOutcome.SUCCEEDED).exists() and not self._is_running()

    def _is_running(self) -> bool:
        return Source.objects.get(pk=self.source.pk).is_leased(clock.now())

    def _next(self) -> None:
        self.done.append(rows_of(self.source))
        empty(self.source)
        self.begun, self.asked, self.strikes_at = False, False, None

    def _strike(self) -> None:
        """Let it stand still, see where it is, and kill it if a sync was running at that moment."""
        assert self.worker is not None
        family = [self.worker.process.pid, *descendants(self.worker.process.pid)]
        for process in family:
            os.kill(process, signal.SIGSTOP)
        if not self._is_running():
            for process in family:
                os.kill(process, signal.SIGCONT)
            return
        self.kills[phase_of(self.source.runs.unfinished().first(), self.name)] += 1
        kill_family(self.worker.process.pid)
        self.worker.process.wait()
        self.worker = None
        # As if the dead worker's lease had run out.
        Source.objects.filter(pk=self.source.pk).update(lease_until=clock.now() - timedelta(seconds=1))
