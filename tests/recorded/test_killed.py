"""A worker that is killed in mid sync: another one goes on where the last whole page ended."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.recorded.conftest import Rows
from tests.recorded.stage import ANTS, OPENBIC, TAKE_OVER_TAKES, MakeReplay, Person, Portal, Source

pytestmark = pytest.mark.recorded
# So often that the runs are more than the host lists in one go, and the deployments more than one page.
REPEAT = {ANTS: "60", OPENBIC: "15"}
LATENCY = {ANTS: "400", OPENBIC: "80"}  # milliseconds


def test_a_worker_that_is_killed_in_mid_sync(ada: Person, portal: Portal, make_replay: MakeReplay, rows: Rows) -> None:
    """Both processes of its pool are reading when it is killed, with the whole pool."""
    calm = {each: ada.create_team(f"Calm {each[-4:]}") for each in REPEAT}
    killed = {each: ada.create_team(f"Killed {each[-4:]}") for each in REPEAT}
    right = {}
    for repository, times in REPEAT.items():
        source = ada.connect(calm[repository], repository, make_replay("--repeat", times))
        assert ada.wait_for_sync(source, timeout=TAKE_OVER_TAKES).tone == "is-ok"
        right[repository] = rows(source)
    assert [len(right[ANTS][table]) for table in ("delivery_deployment", "delivery_incident")] == [20 * 60, 2 * 60]
    assert len(right[OPENBIC]["delivery_deployment"]) == 7 * 15

    sources: dict[str, Source] = {}
    hosts = {repository: make_replay("--repeat", times) for repository, times in REPEAT.items()}
    for repository, times in REPEAT.items():
        slowly = ("--repeat", times, "--latency", LATENCY[repository])
        sources[repository] = ada.connect(killed[repository], repository, hosts[repository], None, *slowly)
    for source in sources.values():
        ada.go(source.path)
        expect(ada.find("#live[hx-get] [data-stream=deployments]")).to_have_text(re.compile("[1-9]"))
    workers = portal.workers()
    assert len(workers) == 3
    for process in workers:
        os.kill(process, signal.SIGKILL)
    for repository, times in REPEAT.items():
        hosts[repository].start("--repeat", times)  # as fast as ever again

    for repository, source in sources.items():
        stored = rows(source)
        assert 0 < len(stored["delivery_deployment"]) < len(right[repository]["delivery_deployment"])
    for repository, source in sources.items():
        ada.go(source.path)
        seen = ada.wait_for_sync(source, timeout=TAKE_OVER_TAKES)
        assert (seen.tone, seen.outcomes) == ("is-ok", ["is-ok", "is-stale"])  # complete; interrupted
        assert rows(source) == right[repository]
    assert not set(workers) & set(portal.workers())
