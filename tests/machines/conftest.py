"""A portal with rows of every kind, seen on a day of the tests' quarter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.access_world import World
from tests.kept import filled, kept, on_that_day


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker, filled) as made:
        yield made


@pytest.fixture
def world(_made: World, db: None) -> Iterator[World]:
    with on_that_day(_made) as world:
        yield world
