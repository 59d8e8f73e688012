"""A portal with rows of every kind, seen on a day of the tests' quarter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import clock
from tests.access_world import World
from tests.connections.stub import host_of
from tests.machines import world as made


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.at(made.TODAY):
        cast = made.cast()
        made.fill(cast)
        with host_of(cast.service.source):
            yield cast
