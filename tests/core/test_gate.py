"""The gate: many inside at once, a restore alone, and nothing left closed by whoever dies."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from connections.tasks import sync_source
from core import gate
from core.databases import another
from okrs import feed as feeding
from okrs.tasks import feed
from tests.backups.databases import new_database, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def archives(settings: Any, tmp_path: Path) -> Path:
    settings.ARCHIVES = tmp_path / "archives"
    settings.ARCHIVES.mkdir()
    return settings.ARCHIVES


def test_many_pass_and_a_restore_is_alone(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(address) as one, opened(address) as other, opened(address) as third:
        with gate.passing(one.alias), gate.passing(other.alias):
            assert not gate.is_closed(third.alias)
            monkeypatch.setattr(gate, "PATIENCE", 0.2)
            with pytest.raises(gate.StillInUse), gate.closed(third):
                pass
        with another(third.alias) as restorer, gate.closed(restorer):
            assert gate.is_closed(one.alias)
            with pytest.raises(gate.Closed), gate.passing(other.alias):
                pass
        assert not gate.is_closed(one.alias)


def test_a_restore_waits_for_those_inside(address: str) -> None:
    inside, out, closed = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        with opened(address) as database, gate.passing(database.alias):
            inside.set()
            out.wait(60)
            assert not closed.is_set()

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(60)
    threading.Timer(0.3, out.set).start()
    with opened(address) as database, gate.closed(database):
        closed.set()
        assert out.is_set()
    thread.join()


def test_killed_while_it_is_closed_it_is_open_again(address: str) -> None:
    child = os.fork()
    if child == 0:
        with opened(address) as database, gate.closed(database):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with opened(address) as database:
        with gate.closed(database):
            pass
        assert not gate.is_closed(database.alias)


@pytest.fixture
def _closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise gate.Closed

    monkeypatch.setattr(gate, "passing", refuse)


@pytest.mark.usefixtures("_closed")
def test_pages_say_that_it_is_being_restored(client: Client) -> None:
    answer = client.get("/teams/", headers={"Accept-Language": "ja"})
    assert (answer.status_code, answer["Retry-After"], answer["Refresh"]) == (503, "10", "10")
    assert 'lang="ja"' in answer.content.decode()
    detail = client.get("/api/v1/teams/").json()["detail"]
    assert detail.startswith("The portal is being restored.")
    assert "%" not in detail
    gate.note_progress(3, 4)
    assert client.get("/api/v1/teams/").json()["detail"].endswith(" 75 % of the rows are there again.")
    assert client.get("/livez").status_code == 200
    waiting = client.get("/readyz")
    assert (waiting.status_code, "restored" in waiting.content.decode()) == (503, True)


@pytest.mark.usefixtures("_closed")
def test_tasks_do_nothing_then_unless_they_mind_their_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(feeding, "feed_all", lambda: called.append("feed"))
    monkeypatch.setattr("connections.sync.sync", called.append)
    feed()
    sync_source(7)
    assert called == [7]


def test_those_in_front_are_told_how_far_it_is(address: str, archives: Path) -> None:
    gate.note_progress(1, 3)  # of one that was killed
    with opened(address) as database:
        with gate.closed(database):
            assert gate.progress() is None
            gate.note_progress(5, 11)
            assert gate.progress() == 45
        assert gate.progress() is None
    assert list(archives.iterdir()) == []


def test_where_it_cannot_be_told_the_restore_goes_on(archives: Path) -> None:
    archives.rmdir()
    gate.note_progress(1, 2)
    assert gate.progress() is None
