"""The sync in a real Celery worker: started by a message, killed with SIGKILL, taken over by another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from connections import schedule, services
from connections.models import RunOutcome, Source
from connectors.records import DeploymentSource
from connectors.registry import CONNECTORS
from core import clock
from delivery import services as delivery
from delivery.models import Deployment, Incident, Service
from delivery.rules import Rules
from teams.models import Person, Team
from tests.connections.synced import rows
from tests.connections.workers import Worker, wait_for
from tests.fakes.github import FakeGitHub

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not django_settings.REDIS_URL, reason="needs servers that processes share"
    ),
]
StartWorker = Callable[[], Worker]
DEPLOYMENTS = 25


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    """25 deployments, each with statuses of its own to ask for, and 3 incidents."""
    now = datetime.now(UTC)
    with FakeGitHub(token="secret") as made:
        repo = made.add_repo("acme/shop")
        for days in range(DEPLOYMENTS, 0, -1):
            repo.deploy(now - timedelta(days=days))
        for days in (9, 6, 3):
            repo.add_issue(now - timedelta(days=days), closed=now - timedelta(days=days - 1))
        yield made


@pytest.fixture
def service(fake: FakeGitHub, team: Team, team_admin: Person, settings: Any, queue: str) -> Service:
    """Connected, and so with a message on its way to the worker."""
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    address = CONNECTORS["github"].parse_address("acme/shop", fake.url)
    draft = services.prepare(team=team, by=team_admin, kind="github", address=address, token="secret")
    rules = Rules(
        DeploymentSource.DEPLOYMENTS, environments={"production": ["production"]}, incident_labels=["incident"]
    )
    fake.forget()
    return delivery.connect(draft_id=draft.pk, rules=rules, by=team_admin)


def ended(service: Service) -> Callable[[], object]:
    return lambda: service.source.runs.filter(outcome=RunOutcome.SUCCEEDED).exists()


def time_passes(service: Service) -> None:
    """As if the dead worker's lease had run out, and the last message were long ago."""
    long_ago = clock.now() - timedelta(minutes=5)
    Source.objects.filter(pk=service.source_id).update(lease_until=long_ago, rung_at=long_ago)


def test_saving_a_connection_is_enough_for_a_worker_to_read_it(service: Service, start_worker: StartWorker) -> None:
    running = start_worker()
    wait_for(ended(service), running)
    assert (Deployment.objects.counted().count(), Incident.objects.count()) == (DEPLOYMENTS, 3)
    assert "secret" not in running.log.read_text()


def test_killed_in_mid_sync_another_worker_ends_with_the_same_rows(
    service: Service, start_worker: StartWorker, fake: FakeGitHub
) -> None:
    fake.faults[20] = "slow:60"  # the host hangs: whenever the worker is killed now, it is in mid sync
    first = start_worker()
    wait_for(lambda: len(fake.seen) >= 20, first)
    first.kill()
    stored = Deployment.objects.count()
    assert 0 < stored < DEPLOYMENTS
    source = Source.objects.get()
    assert source.is_leased(clock.now()), "nobody gave the lease back"
    assert schedule.ring() == [], "so nobody else is called yet"

    time_passes(service)
    assert schedule.ring() == [source.pk]
    second = start_worker()
    wait_for(ended(service), second)
    assert (Deployment.objects.counted().count(), Incident.objects.count()) == (DEPLOYMENTS, 3)
    assert len({row[0] for row in rows()}) == len(rows()) == DEPLOYMENTS + 3
    outcomes = service.source.runs.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == [RunOutcome.INTERRUPTED, RunOutcome.SUCCEEDED]
    asked = [seen.path for seen in fake.seen if seen.path.endswith("/statuses")]
    assert len(asked) < DEPLOYMENTS + 15, "it went on where the last page ended"


def test_two_workers_and_many_messages_read_once(service: Service, start_worker: StartWorker, fake: FakeGitHub) -> None:
    for _ in range(10):
        schedule.enqueue(service.source_id)
    workers = [start_worker(), start_worker()]
    wait_for(ended(service), workers[0])
    wait_for(lambda: _is_empty(service), workers[1])
    assert service.source.runs.count() == 1
    assert (Deployment.objects.count(), Incident.objects.count()) == (DEPLOYMENTS, 3)
    assert len([seen for seen in fake.seen if seen.path.endswith("/statuses")]) == DEPLOYMENTS


def _is_empty(service: Service) -> bool:
    """Whether every message was taken from the queue."""
    from connections.tasks import sync_source
    from mlops_portal.celery import app

    with app.connection_for_read() as broker:
        channel = broker.default_channel
        return bool(channel.client.llen(sync_source.queue) == 0)


def test_a_worker_that_stood_still_writes_nothing_after_it_was_taken_over(
    service: Service, start_worker: StartWorker, fake: FakeGitHub
) -> None:
    """SIGSTOP is what a paused virtual machine looks like: heartbeat and all stand still, and go on later."""
    import os
    import signal

    fake.faults[20] = "slow:1"
    first = start_worker()
    wait_for(lambda: len(fake.seen) >= 20, first)
    os.killpg(first.process.pid, signal.SIGSTOP)
    time_passes(service)
    schedule.ring()
    second = start_worker()
    wait_for(ended(service), second)
    after = list(Deployment.objects.order_by("pk").values_list("pk", "recorded_at"))
    winner = service.source.runs.get(outcome=RunOutcome.SUCCEEDED)
    os.killpg(first.process.pid, signal.SIGCONT)
    wait_for(lambda: "another worker took over" in first.log.read_text(), first)
    assert list(Deployment.objects.order_by("pk").values_list("pk", "recorded_at")) == after
    source = Source.objects.get()
    assert source.succeeded_at == winner.finished_at
    assert service.source.runs.count() == 2
