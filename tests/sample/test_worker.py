"""Loading in a real Celery worker: started by a message, killed with SIGKILL, gone on with by another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection

from core import clock
from sample import schedule, services
from sample.models import Sample, State
from sample.steps import steps
from sample.tasks import work
from teams.models import AuditEvent, Person, Team
from tests.connections.fixtures import queue, start_worker
from tests.connections.workers import Worker, wait_for

__all__ = ["queue", "start_worker"]

pytestmark = [
    pytest.mark.whole,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs servers that processes share"
    ),
]


def test_killed_in_mid_load_another_worker_ends_with_one_sample(
    administrator: Person, queue: str, start_worker: Callable[[], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "queue", queue, raising=False)
    monkeypatch.setattr(work, "_exec_options", None)
    services.load(by=administrator)
    first = start_worker()
    wait_for(lambda: Sample.current().step >= 2, first)
    first.kill()
    row = Sample.current()
    assert (row.state, row.is_busy, bool(row.lease_owner)) == (State.LOADING, True, True)
    assert 2 <= row.step < len(steps())
    assert not schedule.ring(), "the lease is still taken, so nobody else is called yet"

    long_ago = clock.now() - 5 * schedule.LEASE
    Sample.objects.update(lease_until=long_ago, rung_at=long_ago)
    assert schedule.ring()
    schedule.enqueue()  # a doubled message changes nothing
    second = start_worker()
    wait_for(lambda: Sample.current().state == State.LOADED, second)
    assert Team.objects.sample().count() == 6
    assert AuditEvent.objects.filter(action="sample.loaded").count() == 1
    work._exec_options = None
