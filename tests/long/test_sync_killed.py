"""The worker killed with -9 at a hundred random points of syncs: in the end there stands what an undisturbed sync brings."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from connections import services, sync
from connections.models import RunOutcome, Source
from connectors.records import DeploymentSource
from connectors.registry import CONNECTORS
from core import clock
from delivery import services as delivery
from delivery.models import Deployment, Incident
from delivery.rules import Rules
from teams.models import Person, Team
from tests.connections.fixtures import queue
from tests.fakes.github import FakeGitHub
from tests.long.conftest import Tell
from tests.long.figures import Report, Syncs
from tests.long.lanes import Lane, Rows, rows_of

__all__ = ["queue"]
pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded", "queue")]
KILLS = int(os.environ.get("LONG_KILLS") or 100)
LANES = 4
DEPLOYMENTS, INCIDENTS = 40, 6
LATENCY = 0.02  # seconds that the host takes to answer
RULES = Rules(DeploymentSource.DEPLOYMENTS, environments={"production": ["production"]}, incident_labels=["incident"])


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeGitHub]:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    with FakeGitHub(token="secret") as made:
        made.limit = 1_000_000
        yield made


class Supply:
    """Repositories of the fake host, each connected and read once without being disturbed, then emptied again."""

    def __init__(self, fake: FakeGitHub, team: Team, by: Person) -> None:
        self.fake, self.team, self.by, self.numbers = fake, team, by, count()
        self.took: list[float] = []

    def __iter__(self) -> Iterator[tuple[Source, Rows]]:
        while True:
            yield self.make()

    def make(self) -> tuple[Source, Rows]:
        repository = self._repository()
        address = CONNECTORS["github"].parse_address(repository, self.fake.url)
        draft = services.prepare(team=self.team, by=self.by, kind="github", address=address, token="secret")
        source = delivery.connect(draft_id=draft.pk, rules=RULES, by=self.by).source
        began = time.monotonic()
        run = sync.sync(source.pk)
        self.took.append(time.monotonic() - began)
        assert run is not None
        assert run.outcome == RunOutcome.SUCCEEDED
        right = rows_of(source)
        assert len(right) == DEPLOYMENTS + INCIDENTS
        self._empty(source)
        return source, right

    def _repository(self) -> str:
        now = datetime.now(UTC).replace(microsecond=0)
        repo = self.fake.add_repo(f"acme/shop-{next(self.numbers)}")
        for day in range(DEPLOYMENTS, 0, -1):
            repo.deploy(now - timedelta(days=day), state="success" if day % 5 else "failure")
        for day in range(INCIDENTS, 0, -1):
            repo.add_issue(now - timedelta(days=day), closed=now - timedelta(days=day, hours=-3))
        return repo.full_name

    @staticmethod
    def _empty(source: Source) -> None:
        Deployment.objects.filter(service__source=source).delete()
        Incident.objects.filter(service__source=source).delete()
        source.runs.all().delete()
        Source.objects.filter(pk=source.pk).update(state={}, succeeded_at=None, next_sync_at=clock.now())


def kill_in_mid_sync(lanes: list[Lane]) -> Counter[str]:
    """Until there were enough kills and every sync that was begun has come to its end."""
    while True:
        kills: Counter[str] = sum((lane.kills for lane in lanes), Counter())
        enough = kills.total() >= KILLS
        busy = [lane for lane in lanes if lane.begun or not enough]
        if not busy:
            return kills
        for lane in busy:
            lane.step(kill=not enough)
        time.sleep(0.01)


def test_killed_at_random_points_it_ends_with_the_rows_of_an_undisturbed_sync(
    fake: FakeGitHub, team: Team, team_admin: Person, tmp_path: Path, dice: random.Random, tell: Tell, report: Report
) -> None:
    supply = Supply(fake, team, team_admin)
    ready = [supply.make() for _ in range(KILLS // 2)]
    fake.latency = LATENCY
    ready += [supply.make() for _ in range(3)]
    longest = 1.5 * statistics.median(supply.took[-3:])

    def sources() -> Iterator[tuple[Source, Rows]]:
        while ready:
            yield ready.pop()
        yield from supply

    given = sources()
    lanes = [Lane(f"long-{n}", tmp_path / str(n), given, dice, longest) for n in range(LANES)]
    try:
        kills = kill_in_mid_sync(lanes)
    finally:
        for lane in lanes:
            lane.end()
    done = [each for lane in lanes for each in lane.done]
    found = Syncs(
        kills=kills,
        sources=len(done),
        rows=sum(len(stored) for stored, _ in done),
        different=sum(len(set(stored) ^ set(right)) for stored, right in done),
        doubled=sum(len(stored) - len({row[0] for row in stored}) for stored, _ in done),
    )
    for line in found.lines():
        tell(line)
    report.syncs = found
    assert kills.total() >= KILLS
    assert (found.different, found.doubled) == (0, 0)
    assert all(stored == right for stored, right in done)
