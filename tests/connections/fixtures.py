from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from connections import services as connecting
from connections.models import Source
from connections.tasks import sync_source
from connectors import registry
from core import clock
from delivery.models import Service
from teams.models import Team
from tests.connections.factories import NOW, ServiceFactory
from tests.connections.stub import StubConnector, deployment, incident
from tests.connections.workers import Worker, worker


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> StubConnector:
    """Five deployments and three incidents on the host."""
    made = StubConnector()
    made.rows["deployments"] = [deployment(n, NOW - timedelta(days=n)) for n in range(1, 6)]
    made.rows["incidents"] = [
        incident(1, NOW - timedelta(days=2), 1.5),
        incident(2, NOW - timedelta(days=9), 24),
        incident(3, NOW - timedelta(days=1), None),
    ]
    monkeypatch.setitem(registry.CONNECTORS, "stub", made)
    return made


@pytest.fixture
def service(team: Team, stub: StubConnector) -> Service:
    return ServiceFactory(source__connection__team=team, source__full_name="acme/shop")


@pytest.fixture
def source(service: Service) -> Source:
    return service.source


@pytest.fixture
def now() -> Iterator[None]:
    with clock.at(NOW):
        yield None


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A queue of this test's own: tests that run beside it have workers of their own, on other databases."""
    name = f"test-{uuid4().hex}"
    monkeypatch.setattr(sync_source, "queue", name, raising=False)
    monkeypatch.setattr(sync_source, "_exec_options", None)  # Celery reads the queue once
    yield name
    sync_source._exec_options = None


@pytest.fixture
def start_worker(queue: str, tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Starts a real worker; several in a row, or side by side."""
    with ExitStack() as workers:
        yield lambda: workers.enter_context(worker(queue, tmp_path / uuid4().hex))


def seen(source: Source) -> dict[str, object]:
    """What the form of token and address carries of what stands there."""
    access = connecting.access_of(source)
    return {"seen_base_url": access["base_url"], "seen_credential": access["token"] or ""}
