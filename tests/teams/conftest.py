"""Somebody who acted in every room, some day in November 2026."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from core import clock
from teams.models import Person, Team
from tests.okrs.factories import TODAY
from tests.teams.everywhere import act, come


@pytest.fixture
def in_november() -> Iterator[None]:
    with clock.at(TODAY):
        yield


@pytest.fixture
def busy(team: Team, editor: Person, administrator: Person) -> tuple[Person, Client]:
    """Somebody who came by invitation and acted in every room, and their browser."""
    person, client = come(team, administrator)
    act(person, team, editor)
    return person, client
