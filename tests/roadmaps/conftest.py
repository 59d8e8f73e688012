"""The roadmap's own part of the cast: a roadmap that began on 1 April 2026, seen on 20 May."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from core import clock
from roadmaps.models import Item, Roadmap
from teams.models import Person, Team
from tests.roadmaps.factories import TODAY, item_of, started


@pytest.fixture
def roadmap(team: Team, editor: Person) -> Roadmap:
    return started(team, editor)


@pytest.fixture
def item(roadmap: Roadmap) -> Item:
    return item_of(roadmap, "foundation.git_repository")


@pytest.fixture
def today() -> Iterator[None]:
    """20 May 2026, 09:00 UTC."""
    with clock.at(TODAY):
        yield


@pytest.fixture
def member(signed_in: Callable[[Person], Client], editor: Person) -> Client:
    return signed_in(editor)
