"""Hosts that answer by a script, for the tests of outgoing requests."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import http
from tests.core.http_host import Host


@pytest.fixture
def hosts() -> Iterator[Callable[..., Host]]:
    made: list[Host] = []

    def make(context: ssl.SSLContext | None = None) -> Host:
        made.append(Host(context))
        return made[-1]

    yield make
    for host in made:
        host.close()


@pytest.fixture
def host(hosts: Callable[..., Host], settings: Any) -> Host:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    return hosts()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that would have been slept."""
    slept: list[float] = []
    monkeypatch.setattr(http, "sleep", slept.append)
    return slept
