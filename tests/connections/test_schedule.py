"""What is due is asked for, once and again; “sync now”; a broker that is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connections import schedule, sync
from connections.models import ConnectionState, Source
from core import clock
from teams.models import Person
from tests.connections.factories import NOW, SourceFactory
from tests.connections.synced import schedule_again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


# -- The bell ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sent: list[int] = []
    monkeypatch.setattr(schedule, "enqueue", sent.append)
    return sent


def test_the_bell_rings_for_what_is_due_and_free(source: Source, rung: list[int]) -> None:
    SourceFactory(next_sync_at=NOW + timedelta(seconds=1))
    SourceFactory(next_sync_at=None)
    SourceFactory(active=False)
    SourceFactory(paused=True)
    SourceFactory(lease_owner="other", lease_until=NOW)
    dead = SourceFactory(lease_owner="dead", lease_until=NOW - timedelta(seconds=1))
    assert schedule.ring() == [source.pk, dead.pk] == rung


def test_it_rings_again_for_what_nobody_answered(source: Source, rung: list[int]) -> None:
    schedule.ring()
    schedule.ring()
    assert rung == [source.pk]
    with clock.at(NOW + timedelta(seconds=20)):
        schedule.ring()
    assert rung == [source.pk] * 2


def test_sync_now_sends_one_message_once_it_is_committed(
    source: Source, team_admin: Person, rung: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    schedule_again(source, NOW + timedelta(minutes=10))
    with django_capture_on_commit_callbacks(execute=True):
        schedule.sync_now(source_id=source.pk, by=team_admin)
        assert rung == []
    assert rung == [source.pk]
    run = sync.sync(source.pk)
    assert run is not None
    assert run.asked_by == team_admin
    source.refresh_from_db()
    assert source.asked_by is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"active": False}, "disconnected"),
        ({"paused": True}, "paused"),
        ({"lease_owner": "x", "lease_until": NOW + timedelta(seconds=5)}, "running"),
        ({"waiting_until": NOW + timedelta(seconds=5)}, "waiting"),
    ],
)
def test_sync_now_is_refused_where_it_could_do_nothing(
    source: Source, team_admin: Person, change: dict[str, Any], reason: str
) -> None:
    Source.objects.filter(pk=source.pk).update(**change)
    with pytest.raises(schedule.NotNow) as refused:
        schedule.sync_now(source_id=source.pk, by=team_admin)
    assert refused.value.reason == reason


def test_sync_now_without_a_token_says_so(source: Source, team_admin: Person) -> None:
    source.connection.state = ConnectionState.NEEDS_TOKEN
    source.connection.save()
    with pytest.raises(schedule.NotNow) as refused:
        schedule.sync_now(source_id=source.pk, by=team_admin)
    assert refused.value.reason == "needs_token"


def test_a_broker_that_is_away_loses_nothing(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    from kombu.exceptions import OperationalError

    from connections.tasks import sync_source

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(sync_source, "apply_async", away)
    schedule.enqueue(source.pk)
    with clock.at(NOW + timedelta(seconds=20)):
        assert schedule.ring() == [source.pk]
