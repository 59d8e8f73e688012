"""Fifty people work while PostgreSQL, Redis, the worker and web are killed: nothing acknowledged is lost, nothing doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.bootstrap import ROOT
from ops.processes import end_with_parent
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo
from tests.long import figures
from tests.long.conftest import Tell
from tests.long.killing import PARTS, Kill, Stage, stage
from tests.long.ledger import Ledger, broken_chains, missing_ticks, rows_of, settle
from tests.long.seed import PEOPLE, TEAMS, TOKEN
from tests.ops.conftest import until

pytestmark = pytest.mark.long
ROUNDS = int(os.environ.get("LONG_ROUNDS") or 4)  # in each of which every part is killed once
CALM = (8.0, 12.0)  # seconds between the end of one outage and the next kill
SETTLING = 30  # seconds that a person who is in the middle of something gets at the end


@contextmanager
def fake_host() -> Iterator[FakeGitHub]:
    """A repository for each team, with what 30 days brought."""
    now = datetime.now(UTC)
    with FakeGitHub(token=TOKEN) as fake:
        fake.limit = 1_000_000
        for number in range(TEAMS):
            repo = fake.add_repo(f"acme/shop-{number}")
            for days in range(30, 0, -1):
                repo.deploy(now - timedelta(days=days))
            for days in (9, 6, 3):
                repo.add_issue(now - timedelta(days=days), closed=now - timedelta(days=days - 1))
        fake.latency = 0.03
        yield fake


@contextmanager
def people(folder: Path, address: str, seed: int) -> Iterator[None]:
    """Locust, told at the end to let everybody finish what they are at."""
    options = ("--headless", "--users", str(PEOPLE), "--spawn-rate", "25", "--stop-timeout", str(SETTLING))
    script = ROOT / "tests" / "long" / "people.py"
    with (folder / "locust.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", script, "--host", address, *options],
            cwd=folder,
            env={**os.environ, "LOAD": str(folder), "SEED": str(seed)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509  nothing else runs in this process
        )
    try:
        yield
        assert process.poll() is None, (folder / "locust.log").read_text()
        process.terminate()
        process.wait(SETTLING + 60)
    finally:
        process.kill()


def the_world_goes_on(repo: Repo) -> None:
    """Somebody deploys, and something breaks."""
    now = datetime.now(UTC).replace(microsecond=0)
    repo.deploy(now - timedelta(minutes=10))
    repo.add_issue(now - timedelta(minutes=5), closed=now)


def kill_everything_in_turn(on: Stage, fake: FakeGitHub, dice: random.Random) -> None:
    for _ in range(ROUNDS):
        for part in dice.sample(PARTS, len(PARTS)):
            time.sleep(dice.uniform(*CALM))
            the_world_goes_on(dice.choice(fake.repos))
            on.kill(part, dice)
    time.sleep(CALM[1])


def seeded(on: Stage, fake: FakeGitHub, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.long.seed"],
        cwd=ROOT,
        env=on.environment | {"FAKE_GITHUB": fake.url},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    (folder / "seed.json").write_text(done.stdout)
    world: dict[str, Any] = json.loads(done.stdout)
    return world


def read_to_the_end(on: Stage) -> None:
    """Wait until the portal by itself has read what was asked for, whatever was lost with Redis; then let it read what is new."""
    with on.database() as cursor:

        def idle() -> bool:
            cursor.execute(
                "SELECT count(*) FROM connections_source WHERE lease_until IS NOT NULL OR next_sync_at <= now()"
            )
            return bool(cursor.fetchone()[0] == 0)

        until(idle, "every sync that was asked for", patience=300)
        cursor.execute("UPDATE connections_source SET next_sync_at = now()")
        until(idle, "every repository to be read to the end", patience=300)


def unlike_the_host(on: Stage, fake: FakeGitHub) -> dict[str, Any]:
    """Repositories whose stored rows are not exactly those of the host."""
    found = {}
    with on.database() as cursor:
        for repo in fake.repos:
            for table, keys in (
                ("delivery_deployment", [f"deployment:{row['id']}" for row in repo.deployments]),
                ("delivery_incident", [f"issue:{row['number']}" for row in repo.issues]),
            ):
                cursor.execute(
                    f"SELECT t.key FROM {table} t JOIN delivery_service s ON s.id = t.service_id"
                    " JOIN connections_source c ON c.id = s.source_id WHERE c.full_name = %s",
                    [repo.full_name],
                )
                stored = [key for (key,) in cursor.fetchall()]
                if sorted(stored) != sorted(keys):
                    found[f"{repo.full_name} {table}"] = sorted(set(stored) ^ set(keys)) or "doubled"
    return found


def synced_after(on: Stage, kill: Kill) -> float:
    """When the first sync was complete that began when the part could recover."""
    with on.database() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM min(finished_at)) FROM connections_syncrun"
            " WHERE outcome = 'succeeded' AND started_at > to_timestamp(%s)",
            [kill.back],
        )
        return float(cursor.fetchone()[0])


def test_what_was_acknowledged_stands_there_once(
    tmp_path: Path, seed: int, dice: random.Random, tell: Tell, report: figures.Report
) -> None:
    with fake_host() as fake, stage(tmp_path) as on:
        seeded(on, fake, tmp_path)
        with people(tmp_path, on.portal.address, seed):
            kill_everything_in_turn(on, fake, dice)
        read_to_the_end(on)
        ledger = Ledger.of(tmp_path / "ledger")
        with on.database() as cursor:
            account = settle(ledger, rows_of(cursor))
            broken, missing = broken_chains(cursor), missing_ticks(ledger, cursor)
        load = figures.Load(ledger, account, on.kills, {kill: synced_after(on, kill) for kill in on.kills})
        for line in load.lines():
            tell(line)
        report.load = load
        unlike = unlike_the_host(on, fake)
    assert account.adds_up, account
    assert missing == []
    assert broken == {}
    assert unlike == {}
    assert not load.led_away, "nobody is signed out by an outage"
    assert {request.status for request in ledger.requests if request.status >= 500} <= {503}, "it says what is away"
    assert all(ledger.acknowledged(kind) for kind in ("tick", "answer", "check-in"))
