"""The thread that keeps a lease alive while the host takes its time."""

from __future__ import annotations

import pytest
from django.db import Error

from connections import heartbeat, schedule
from connections.heartbeat import Heartbeat
from connections.models import Source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def lease(source: Source) -> schedule.Lease:
    taken = schedule.take(source.pk)
    assert taken
    return taken


def test_it_beats_as_long_as_pages_come(lease: schedule.Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    time = [0.0]
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: time[0])
    beating = Heartbeat(lease)
    time[0] = heartbeat.PATIENCE
    assert beating.beat()
    beating.progress()
    time[0] *= 2
    assert beating.beat()
    time[0] += 1
    assert not beating.beat(), "a sync that does not come on is stuck: others may take it over"


def test_it_ends_when_the_lease_is_lost(lease: schedule.Lease) -> None:
    Source.objects.update(lease_owner="another")
    assert not Heartbeat(lease).beat()


def test_it_survives_a_database_that_is_away_for_a_moment(
    lease: schedule.Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: schedule.Lease) -> bool:
        raise Error("gone")

    monkeypatch.setattr(schedule, "beat", away)
    assert Heartbeat(lease).beat()


def test_the_thread_ends_with_the_sync(lease: schedule.Lease) -> None:
    with Heartbeat(lease) as beating:
        assert beating._thread.is_alive()
    assert not beating._thread.is_alive()
    with pytest.raises(ZeroDivisionError), Heartbeat(lease) as beating:
        raise ZeroDivisionError
    assert not beating._thread.is_alive()


def test_it_beats_by_itself(lease: schedule.Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without waiting for the usual seconds: three beats, then the block ends."""
    import threading

    beats, three = [], threading.Event()

    def beat(_: schedule.Lease) -> bool:
        beats.append(1)
        if len(beats) == 3:
            three.set()
        return True

    monkeypatch.setattr(heartbeat, "EVERY", 0.001)
    monkeypatch.setattr(schedule, "beat", beat)
    with Heartbeat(lease):
        assert three.wait(10)
