"""The worker killed with -9 at a hundred random points of syncs: in the end there stands what an undisturbed sync brings."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connections import services, sync
from connections.models import RunOutcome, Source
from connectors.records import DeploymentSource
from connectors.registry import CONNECTORS
from delivery import services as delivery
from delivery.models import Comparison
from delivery.rules import Rules
from teams.models import Person, Team
from tests.connections.fixtures import queue
from tests.fakes.github import FakeGitHub
from tests.long.conftest import Tell
from tests.long.figures import Report, Syncs
from tests.long.lanes import Lane, Rows, empty, rows_of

__all__ = ["queue"]
pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded", "queue")]
KILLS = int(os.environ.get("LONG_KILLS") or 100)
LANES = 4
DEPLOYMENTS, INCIDENTS, CHANGES = 40, 6, 10
LATENCY = 0.02  # seconds that the host takes to answer
PATIENCE = 600.0  # seconds, of which a busy machine needs half
RULES = Rules(DeploymentSource.DEPLOYMENTS, environments={"production": ["production"]}, incident_labels=["incident"])


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeGitHub]:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    with FakeGitHub(token="secret") as made:
        made.limit = 1_000_000
        yield made


def made(fake: FakeGitHub, team: Team, by: Person, name: str) -> tuple[Source, Rows, float]:
    """A connected repository, the rows of a sync that nobody disturbed, and its seconds; then emptied again."""
    now = datetime.now(UTC).replace(microsecond=0)
    repo = fake.add_repo(f"acme/{name}")
    repo.commit(now - timedelta(days=DEPLOYMENTS + 1))
    for day in range(DEPLOYMENTS, 0, -1):
        if day % 4 == 0:
            merged = now - timedelta(days=day, hours=2)
            repo.add_pull(merged - timedelta(days=1), merged, commits=[merged - timedelta(days=1)])
        repo.deploy(now - timedelta(days=day), state="success" if day % 5 else "failure")
    for day in range(INCIDENTS, 0, -1):
        repo.add_issue(now - timedelta(days=day), closed=now - timedelta(days=day, hours=-3))
    address = CONNECTORS["github"].parse_address(repo.full_name, fake.url)
    draft = services.prepare(team=team, by=by, kind="github", address=address, token="secret")
    source = delivery.connect(draft_id=draft.pk, rules=RULES, by=by).source
    began = time.monotonic()
    run = sync.sync(source.pk)
    took = time.monotonic() - began
    assert run is not None
    assert run.outcome == RunOutcome.SUCCEEDED
    right = rows_of(source)
    compared = Comparison.objects.filter(service__source=source).count()
    assert compared >= CHANGES - 3
    assert len(right) == DEPLOYMENTS + INCIDENTS + CHANGES + compared
    empty(source)
    return source, right, took


def kill_in_mid_sync(lanes: list[Lane]) -> Counter[str]:
    """Until there were enough kills and every sync that was begun has come to its end."""
    deadline = time.monotonic() + PATIENCE
    while True:
        kills: Counter[str] = sum((lane.kills for lane in lanes), Counter())
        enough = kills.total() >= KILLS
        busy = [lane for lane in lanes if lane.begun or not enough]
        if not busy:
            return kills
        assert time.monotonic() < deadline, f"{kills.total()} kills in {PATIENCE:.0f} s: {kills}"
        for lane in busy:
            lane.step(kill=not enough)
        time.sleep(0.01)


def test_killed_at_random_points_it_ends_with_the_rows_of_an_undisturbed_sync(
    fake: FakeGitHub, team: Team, team_admin: Person, tmp_path: Path, dice: random.Random, tell: Tell, report: Report
) -> None:
    fake.latency = LATENCY
    sources = [made(fake, team, team_admin, f"shop-{n}") for n in range(LANES)]
    longest = 1.5 * statistics.median(took for _, _, took in sources)
    lanes = [
        Lane(f"long-{n}", tmp_path / str(n), source, right, dice, longest)
        for n, (source, right, _) in enumerate(sources)
    ]
    try:
        kills = kill_in_mid_sync(lanes)
    finally:
        for lane in lanes:
            lane.end()
    done = [(stored, lane.right) for lane in lanes for stored in lane.done]
    found = Syncs(
        kills=kills,
        syncs=len(done),
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
