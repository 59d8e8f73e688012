from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connections.models import Source
from connectors import registry
from core import clock
from delivery.models import Service
from teams.models import Team
from tests.connections.factories import NOW, ServiceFactory
from tests.connections.stub import StubConnector, deployment, incident


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
