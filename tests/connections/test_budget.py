"""A token's request limit, shared by all who read with it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connections import budget, estimate, sync
from connections.models import Budget, Credential, RunOutcome, Source, SyncRun
from core import clock
from core.http import RateLimit, RateLimited
from tests.connections.factories import NOW, ConnectionFactory, SourceFactory
from tests.connections.stub import StubClient, StubConnector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
HOUR = timedelta(hours=1)


@pytest.fixture
def other(source: Source) -> Source:
    """Another connection of another team, with the same token at the same host."""
    return SourceFactory()


def client(remaining: int, reset: datetime = NOW + HOUR, limit: int = 5000) -> StubClient:
    return StubClient("https://api.example.com", "secret-token", rate=RateLimit(limit, remaining, reset))


def shared(source: Source) -> Budget:
    return budget.of(Credential.objects.get(connection=source.connection), source.base_url)


def test_the_same_token_at_the_same_host_has_one_budget(source: Source, other: Source) -> None:
    assert shared(source) == shared(other)
    elsewhere = SourceFactory(connection=ConnectionFactory(base_url="https://git.example.com/api/v3"))
    elsewhere.base_url = "https://git.example.com/api/v3"
    assert shared(elsewhere) != shared(source)
    Credential.objects.filter(connection=other.connection).update(token="another-token")
    assert shared(other) != shared(source)
    told = [value for row in Budget.objects.values() for value in row.values()]
    assert not any("token" in str(value) for value in told)


def test_who_comes_after_a_refusal_waits_without_asking(source: Source, other: Source, stub: StubConnector) -> None:
    until = NOW + timedelta(minutes=40)

    def refuse(_number: int) -> None:
        raise RateLimited(until, host="x")

    stub.before_page = refuse
    sync.sync(source.pk)
    stub.before_page = lambda _number: None
    stub.reads.clear()
    run = sync.sync(other.pk)
    assert run is not None
    assert (run.outcome, run.requests) == (RunOutcome.WAITING, 0)
    assert stub.reads == []
    other.refresh_from_db()
    assert (other.next_sync_at, other.waiting_until) == (until, until)
    with clock.at(until):
        again = sync.sync(other.pk)
    assert again is not None
    assert again.outcome == RunOutcome.SUCCEEDED


def test_who_is_reading_stops_at_its_next_page(source: Source, other: Source, stub: StubConnector) -> None:
    """Another worker was refused meanwhile: what is read is kept, and nothing more is asked."""
    until = NOW + timedelta(minutes=40)

    def meanwhile(number: int) -> None:
        if number == 2:
            shared(other)
            budget.wait(other, until)

    stub.before_page = meanwhile
    run = sync.sync(source.pk)
    assert run is not None
    assert run.outcome == RunOutcome.WAITING
    assert run.total("read") == 4
    source.refresh_from_db()
    assert source.next_sync_at == until


def test_some_of_the_limit_is_left_to_people(source: Source) -> None:
    found = shared(source)
    budget.note(found.pk, client(101))
    budget.check(found.pk, "x")
    budget.note(found.pk, client(100))
    with pytest.raises(RateLimited) as refused:
        budget.check(found.pk, "x")
    assert refused.value.retry_at == NOW + HOUR
    with clock.at(NOW + HOUR):
        budget.check(found.pk, "x")
    budget.note(found.pk, client(1, limit=10))
    budget.check(found.pk, "x")  # of a small limit nothing can be kept back


def test_a_client_with_a_share_asks_nothing_more(source: Source) -> None:
    limit = RateLimit(5000, 100, NOW + HOUR)
    assert limit.spent_until(100) == NOW + HOUR
    assert limit.spent_until(99) is None
    assert RateLimit(5000, 0, NOW).spent_until(0) is None, "that window is over"
    assert RateLimit(None, None, None).spent_until(10) is None


def a_run(source: Source, left: int | None, *, requests: int = 60, seconds: int = 60, done: bool = False) -> SyncRun:
    counts = {"deployments": {"left": left, "done": done}, "incidents": {"left": 0, "done": True}}
    return SyncRun(source=source, started_at=NOW - timedelta(seconds=seconds), requests=requests, counts=counts)


def test_the_estimate(source: Source) -> None:
    spent = Budget(limit=1000, remaining=100, reset_at=NOW + HOUR / 2, window=3600)
    plenty = Budget(limit=1000, remaining=900, reset_at=NOW + HOUR / 2, window=3600)
    minutes = {
        "as fast as until now": estimate.of(a_run(source, 600), None, NOW),
        "within the limit": estimate.of(a_run(source, 600), plenty, NOW),
        "one window has to pass": estimate.of(a_run(source, 600), spent, NOW),
        "three windows have to pass": estimate.of(a_run(source, 2400), spent, NOW),
    }
    assert {case: found.minutes for case, found in minutes.items() if found} == {
        "as fast as until now": 10,
        "within the limit": 10,
        "one window has to pass": 10 + 30,
        "three windows have to pass": 40 + 30 + 120,
    }
    assert estimate.of(a_run(source, 600, requests=3), None, NOW) == estimate.Estimate(600, None)
    assert estimate.of(a_run(source, 10), None, NOW) is None
    assert estimate.of(a_run(source, None), None, NOW) is None
    assert estimate.of(a_run(source, 600, done=True), None, NOW) is None


def test_the_longest_window_that_was_seen_is_remembered(source: Source) -> None:
    found = shared(source)
    for reset in (NOW + HOUR, NOW + HOUR / 4):
        budget.note(found.pk, client(10, reset))
    found.refresh_from_db()
    assert (found.window, found.reset_at) == (3600, NOW + HOUR / 4)
