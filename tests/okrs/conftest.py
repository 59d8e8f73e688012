"""The room's own part of the cast: a quarter, an objective and a key result, seen on 23 November 2026."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from core import clock
from okrs.models import Cycle, KeyResult, Objective
from teams.models import Person, Team
from tests.okrs.factories import TODAY, key_result_of, objective_in, quarter


@pytest.fixture
def cycle(team: Team, editor: Person) -> Cycle:
    """The organisation's."""
    return quarter(editor)


@pytest.fixture
def objective(cycle: Cycle, team: Team, editor: Person) -> Objective:
    return objective_in(cycle, editor, team)


@pytest.fixture
def key_result(objective: Objective, editor: Person) -> KeyResult:
    return key_result_of(objective, editor)


@pytest.fixture
def today() -> Iterator[None]:
    """Monday 23 November 2026, 09:00 UTC: day 53 of 91."""
    with clock.at(TODAY):
        yield


@pytest.fixture
def member(signed_in: Callable[[Person], Client], editor: Person) -> Client:
    return signed_in(editor)
