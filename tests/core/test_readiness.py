"""`/readyz` and the hint for administrators: what is missing is named, by the signs of life and by asking."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from connections.models import Source
from core import clock, pulse, readiness
from core.tasks import pulse as pulse_task
from teams.models import Person
from tests.connections.factories import SourceFactory

pytestmark = pytest.mark.django_db
NOW = clock.now()


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    cache.clear()
    with clock.at(NOW):
        yield


@pytest.fixture
def _alive() -> None:
    for name in (pulse.BEAT, pulse.WORKER, pulse.QUEUE):
        pulse.note(name, NOW)


def seen(name: str, ago: timedelta) -> None:
    pulse.note(name, NOW - ago)


@pytest.mark.usefixtures("_alive")
def test_all_is_well(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "missing": {}}
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("_alive")
@pytest.mark.parametrize(
    ("name", "ago", "missing"),
    [
        (pulse.BEAT, readiness.STILL, []),
        (pulse.BEAT, readiness.STILL + timedelta(seconds=1), ["beat"]),
        (pulse.WORKER, readiness.STILL, []),
        (pulse.WORKER, readiness.STILL + timedelta(seconds=1), ["worker"]),
        (pulse.QUEUE, readiness.QUEUED, []),
        (pulse.QUEUE, readiness.QUEUED + timedelta(seconds=1), ["queue"]),
    ],
)
def test_what_gave_no_sign_for_too_long_is_named(client: Client, name: str, ago: timedelta, missing: list[str]) -> None:
    seen(name, ago)
    response = client.get("/readyz")
    assert list(response.json()["missing"]) == missing
    assert response.status_code == (503 if missing else 200)


def test_what_never_came_is_named(client: Client) -> None:
    assert client.get("/readyz").json()["missing"].keys() == {"beat", "worker"}


def test_a_queue_is_measured_up_to_beats_last_sign(client: Client) -> None:
    """A night without beat is beat's fault, not that of the messages."""
    seen(pulse.BEAT, timedelta(hours=8))
    seen(pulse.QUEUE, timedelta(hours=8))
    seen(pulse.WORKER, timedelta(0))
    assert client.get("/readyz").json()["missing"].keys() == {"beat"}


@pytest.mark.usefixtures("_alive")
def test_a_sync_that_nobody_comes_for_is_named(client: Client) -> None:
    source: Source = SourceFactory(next_sync_at=NOW - timedelta(minutes=14))
    assert client.get("/readyz").status_code == 200
    Source.objects.update(next_sync_at=NOW - timedelta(minutes=16))
    assert client.get("/readyz").json()["missing"].keys() == {"syncs"}
    Source.objects.update(lease_until=NOW + timedelta(minutes=1))
    assert client.get("/readyz").status_code == 200, "somebody reads it"
    Source.objects.update(lease_until=None)
    source.connection.team.archived_at = NOW
    source.connection.team.save()
    assert client.get("/readyz").status_code == 200, "an archived team is not read"


@pytest.mark.usefixtures("_alive")
def test_a_database_that_hangs_is_named_in_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()
    monkeypatch.setattr(readiness, "_ask_the_database", lambda _answered: over.wait(30))
    monkeypatch.setattr(readiness, "DATABASE_ANSWERS_WITHIN", 0.05)
    monkeypatch.setattr(pulse, "signs", lambda: pytest.fail("this would hang as well"))
    began = time.monotonic()
    response = client.get("/readyz")
    over.set()
    assert time.monotonic() - began < 5
    assert response.status_code == 503
    assert response.json()["missing"].keys() == {"database"}


def test_an_instant_is_told_with_its_offset(client: Client) -> None:
    seen(pulse.WORKER, timedelta(hours=3))
    told = client.get("/readyz").json()["missing"]["worker"]
    assert re.search(r" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d\.", told), told


@pytest.mark.usefixtures("_alive")
def test_a_broker_that_is_away_is_named(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app

    class Away:
        def __enter__(self) -> None:
            raise ConnectionRefusedError("redis://:hush@10.0.0.1:6379")

        def __exit__(self, *_: object) -> None: ...

    settings.CELERY_BROKER_URL = "redis://:hush@10.0.0.1:6379/0"
    monkeypatch.setattr(current_app, "connection_for_write", lambda **_: Away())
    response = client.get("/readyz")
    assert response.json()["missing"].keys() == {"broker"}
    assert "hush" not in response.text


def test_the_queries_are_few_and_do_not_grow(client: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        SourceFactory(next_sync_at=NOW - timedelta(hours=1))
    with django_assert_max_num_queries(12):  # seven of them look whether the keys open each kind of secret
        client.get("/readyz")


# -- Signs of life ------------------------------------------------------------------------------------------------


def came_through(**headers: float) -> None:
    """As a worker runs it: the message's headers are part of the request."""
    pulse_task.push_request(**headers)
    try:
        pulse_task.run()
    finally:
        pulse_task.pop_request()


def test_a_message_that_came_through_moves_the_sign_of_the_queue() -> None:
    sent = NOW - timedelta(seconds=7)
    came_through(sent_at=sent.timestamp())
    assert pulse.signs()[pulse.QUEUE] == sent
    came_through()
    assert pulse.signs()[pulse.QUEUE] == sent, "a message without an instant says nothing"


# -- The hint -----------------------------------------------------------------------------------------------------

HINT = "Background work stands still"


def test_administrators_are_told_on_their_home_page(
    signed_in: Callable[[Person], Client], administrator: Person, manager: Person
) -> None:
    seen(pulse.BEAT, timedelta(0))
    seen(pulse.QUEUE, timedelta(0))
    seen(pulse.WORKER, timedelta(hours=3))
    page = signed_in(administrator).get("/").text
    assert HINT in page
    assert "A worker was last seen on" in page
    assert "Beat" not in page
    assert HINT not in signed_in(manager).get("/").text, "who can do nothing about it is not alarmed"


@pytest.mark.usefixtures("_alive")
def test_nobody_is_told_while_all_is_well(signed_in: Callable[[Person], Client], administrator: Person) -> None:
    assert HINT not in signed_in(administrator).get("/").text
