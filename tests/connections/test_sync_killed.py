"""A sync that is killed or taken over: the next one ends with the same rows, and none is written twice."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from connections import schedule, stores, sync
from connections.models import RunOutcome, Source, SyncRun
from core import clock
from delivery.models import Deployment, Incident
from tests.connections.factories import NOW
from tests.connections.stub import StubConnector, quietly
from tests.connections.synced import Killed, Rows, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


# -- Killed -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def expected(source: Source) -> Rows:
    """What stands there after a sync that nothing disturbed."""
    sync.sync(source.pk)
    undisturbed = rows()
    Deployment.objects.all().delete()
    Incident.objects.all().delete()
    source.runs.all().delete()
    Source.objects.filter(pk=source.pk).update(state={}, next_sync_at=NOW, succeeded_at=None)
    return undisturbed


def take_over(source: Source, after: timedelta = timedelta(seconds=61)) -> SyncRun:
    with clock.at(NOW + after):
        run = sync.sync(source.pk)
    assert run is not None
    return run


@pytest.mark.parametrize("page", [1, 2, 3, 4, 5])
def test_killed_before_any_page_the_next_sync_ends_with_the_same_rows(
    source: Source, stub: StubConnector, expected: Rows, page: int
) -> None:
    def kill(number: int) -> None:
        if number == page:
            raise Killed

    stub.before_page = kill
    with pytest.raises(Killed):
        sync.sync(source.pk)
    stub.before_page = quietly
    assert sync.sync(source.pk) is None, "the dead worker's lease still holds"

    run = take_over(source)
    assert rows() == expected
    assert run.outcome == RunOutcome.SUCCEEDED
    assert run.total("stored") == 8 - 2 * (page - 1) if page < 4 else run.total("stored") == 8 - 5 - 2 * (page - 4)
    assert source.runs.order_by("pk")[0].outcome == RunOutcome.INTERRUPTED


@pytest.mark.parametrize("page", [1, 2, 3, 4, 5])
def test_killed_inside_the_store_leaves_the_page_unwritten(
    source: Source, monkeypatch: pytest.MonkeyPatch, expected: Rows, page: int
) -> None:
    calls = 0
    keep = stores.store

    def store(*args: Any) -> int:
        nonlocal calls
        calls += 1
        stored = keep(*args)
        if calls == page:
            raise Killed
        return stored

    monkeypatch.setattr(stores, "store", store)
    with pytest.raises(Killed):
        sync.sync(source.pk)
    source.refresh_from_db()
    done = [key for state in source.state.values() for key in state["done"]]
    stored = [*Deployment.objects.values_list("key", flat=True), *Incident.objects.values_list("key", flat=True)]
    assert sorted(done) == sorted(stored), "cursor and rows are written together or not at all"

    take_over(source)
    assert rows() == expected


def test_killed_at_the_very_end_is_read_once_more(
    source: Source, monkeypatch: pytest.MonkeyPatch, expected: Rows
) -> None:
    with monkeypatch.context() as patch:

        def killed(*_: Any) -> None:
            raise Killed

        patch.setattr(sync, "finish", killed)
        with pytest.raises(Killed):
            sync.sync(source.pk)
    run = take_over(source)
    assert rows() == expected
    assert run.total("stored") == 0


# -- The lease is lost in mid sync ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [1, 2, 4])
def test_a_worker_that_was_taken_over_writes_nothing_more(
    source: Source, stub: StubConnector, expected: Rows, page: int
) -> None:
    winner: list[SyncRun] = []

    def stall(number: int) -> None:
        if number == page and not winner:
            stub.before_page = quietly
            winner.append(take_over(source))  # meanwhile, elsewhere

    stub.before_page = stall
    loser = sync.sync(source.pk)

    assert rows() == expected
    assert loser is not None
    assert loser.outcome == RunOutcome.INTERRUPTED
    assert loser.counts.keys() <= {"deployments"} if page < 4 else True
    winner[0].refresh_from_db()
    assert winner[0].outcome == RunOutcome.SUCCEEDED
    source.refresh_from_db()
    assert source.succeeded_at == NOW + timedelta(seconds=61), "the loser's end did not overwrite the winner's"
    assert sum(run.total("stored") for run in source.runs.all()) == 8, "each row was written by one of them"


def test_each_page_extends_the_lease(source: Source, stub: StubConnector) -> None:
    """40 seconds a page, 5 pages: far longer than one lease."""
    with ExitStack() as times:

        def forty_seconds_pass(number: int) -> None:
            times.enter_context(clock.at(NOW + number * timedelta(seconds=40)))
            source.refresh_from_db()
            assert source.lease_until == NOW + (number - 1) * timedelta(seconds=40) + schedule.LEASE

        stub.before_page = forty_seconds_pass
        run = sync.sync(source.pk)
    assert run is not None
    assert run.outcome == RunOutcome.SUCCEEDED, run.error_code


def test_a_heartbeat_keeps_the_lease_and_ends_with_it(source: Source) -> None:
    lease = schedule.take(source.pk)
    assert lease
    with clock.at(NOW + timedelta(seconds=50)):
        assert schedule.beat(lease)
    source.refresh_from_db()
    assert source.lease_until == NOW + timedelta(seconds=110)
    with clock.at(NOW + timedelta(seconds=111)):
        assert schedule.take(source.pk) is not None
        assert not schedule.beat(lease), "it is another worker's now"
