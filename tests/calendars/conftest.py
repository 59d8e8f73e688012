"""A person with a calendar, a roadmap that began on 1 April 2026 and a quarter with key results, seen on 23 November 2026."""

from collections.abc import Iterator

import pytest
from django.test import Client

from calendars import services
from core import clock
from roadmaps.models import Roadmap
from teams.models import Person, Team
from tests.okrs.factories import TODAY
from tests.roadmaps.factories import started


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with clock.at(TODAY):
        yield


@pytest.fixture
def roadmap(team: Team, editor: Person) -> Roadmap:
    return started(team, editor)


@pytest.fixture
def secret(editor: Person) -> str:
    return services.renew(person=editor).secret


@pytest.fixture
def program() -> Client:
    """Nobody is signed in: a program that was given an address."""
    return Client()
