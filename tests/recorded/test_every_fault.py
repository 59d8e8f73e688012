"""Every fault of the recordings' server at every request of a first sync, one at a time; and a repository of 60,000 runs.

In process, with the connector alone: what the portal makes of it through a worker is in test_faults.py.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.records import DeploymentSource, ReadOptions
from connectors.registry import CONNECTORS
from core import http
from core.http import RateLimited
from delivery.records import GIVEN_UP_AFTER
from tests.connectors.driver import Driver
from tests.recorded.in_process import Replayed, replayed
from tests.recorded.stage import ANTS, OPENBIC, TOKEN

pytestmark = pytest.mark.recorded

PASSING = ("429", "500", "503", "301", "drop", "truncate", "garbage", "slow")
ENDING = ("401", "403limit")  # the sync ends there, and the next one makes up for it
NULLS = "null-fields"  # an object is set aside, and right after the next sync
CASES = {
    ANTS: ReadOptions(DeploymentSource.RUNS, incident_labels=("bug",)),
    OPENBIC: ReadOptions(DeploymentSource.DEPLOYMENTS),
}
COPIES = 3800  # of the 20 recorded runs, over ten years
SINCE = "2018-10-16"  # there are no runs before: GitHub Actions came on this day
LIMIT = 500  # requests a window
PAIRS = 2  # of deployments that are compared


@pytest.fixture(autouse=True)
def _loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(http, "sleep", lambda _seconds: None)


@pytest.fixture(scope="module")
def host(recordings: Path) -> Iterator[Replayed]:
    with replayed(recordings) as made:
        yield made


def driver_of(host: Replayed, repository: str) -> Driver:
    options = CASES[repository]
    if options.deployments is DeploymentSource.RUNS:
        with CONNECTORS["github"].client(host.url, TOKEN) as client:
            seen = CONNECTORS["github"].inspect(client, repository)
        options = dataclasses.replace(options, workflows=tuple(each.id for each in seen.workflows))
    return Driver(host, options, datetime.now(UTC), repository, given_up_after=GIVEN_UP_AFTER)


@pytest.mark.parametrize("repository", CASES)
def test_every_fault_at_every_request_ends_with_the_same_rows(
    host: Replayed, repository: str, tell: Callable[[str], None]
) -> None:
    host.fault()
    driver = driver_of(host, repository)
    host.fault()
    assert driver.sync() is None
    # As the portal asks for what stands between two deployments; the recordings have no comparison, and say 404.
    shas = list(dict.fromkeys(row.sha for row in driver.deployments.values() if row.sha))[: PAIRS + 1]
    driver = dataclasses.replace(driver, rows={}, state={}, pairs=list(itertools.pairwise(shas)))
    host.fault()
    assert driver.sync() is None
    right, total = driver.rows, host.asked
    assert len(right) > 6
    assert len(driver.compared) == max(0, len(shas) - 1)
    cases = 0
    for kind in (*PASSING, *ENDING, NULLS):
        for number in range(1, total + 1):
            again = dataclasses.replace(driver, rows={}, aside={}, state={}, pages=[])
            host.fault(number, kind, 0.01)
            error = again.sync()
            assert (error is not None) == (kind in ENDING), (kind, number)
            if error is not None or again.aside:
                host.fault()
                assert again.sync() is None
            assert (again.rows, again.aside) == (right, {}), (kind, number)
            cases += 1
    tell(
        f"{repository}: {cases} first syncs of {total} requests, each with one fault, and always the same {len(right)} rows"
    )


def test_sixty_thousand_runs_under_a_limit(host: Replayed, recordings: Path, tell: Callable[[str], None]) -> None:
    """All of them are read, the newest first, with hardly more listings than their pages: the host lists 1,000 at most."""
    host.fault()
    chosen = driver_of(host, ANTS).options.workflows  # the newest of so many runs are of one workflow alone
    options = ("--repeat", str(COPIES), "--shift-to", "now", "--rate-limit", str(LIMIT))
    with replayed(recordings, *options) as large:
        driver = driver_of(large, ANTS)
        with CONNECTORS["github"].client(large.url, TOKEN) as client:
            wanted = client.get(f"repos/{ANTS}/actions/runs", {"created": f">={SINCE}"}).json()["total_count"]
        driver.options = dataclasses.replace(driver.options, workflows=chosen, incident_labels=())
        large.fault()
        runs, windows = set(), 1
        done = False

        def keep(page: Any) -> None:
            nonlocal done
            done = done or (page.stream == "deployments" and page.done)
            runs.update(record.key for record in page.records if page.stream == "deployments")

        driver.seen = keep
        while not done:
            error = driver.sync_until(lambda: done)
            if error is None:
                break
            assert isinstance(error, RateLimited)
            windows += 1
            large.fresh_window()
        listings = large.paths[f"/repos/{ANTS}/actions/runs"]
        others = large.asked - listings
    tell(
        f"{wanted:,} runs: {listings} requests for their {math.ceil(wanted / 100)} pages of 100, {others} others (changes), "
        f"in {windows} windows of {LIMIT}"
    )
    assert wanted > 60_000
    assert len(runs) == wanted
    assert listings <= 1.05 * math.ceil(wanted / 100)
    assert windows > 1
