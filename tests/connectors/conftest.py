from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core import http
from tests.connectors.github_small import small
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(http, "sleep", [].append)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(token="secret") as made:
        yield made


@pytest.fixture
def repo(fake: FakeGitHub) -> Repo:
    return fake.add_repo("acme/shop")


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 5, own pages of 3, and a listing of runs that ends at 20: everything happens with little data."""
    small(monkeypatch)
