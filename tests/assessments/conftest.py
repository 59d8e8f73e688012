"""The assessments' own part of the cast: a round that began on 23 November 2026, a Monday."""

from collections.abc import Iterator

import pytest

from assessments.models import Assessment
from core import clock
from teams.models import Person, Team
from tests.assessments.factories import TODAY, answered_all, started


@pytest.fixture
def draft(team: Team, editor: Person) -> Assessment:
    """Nothing answered yet."""
    return started(team, editor)


@pytest.fixture
def complete(draft: Assessment, editor: Person) -> Assessment:
    """Everything answered as in the definitions' example, not submitted."""
    answered_all(draft, editor)
    return draft


@pytest.fixture
def today() -> Iterator[None]:
    """23 November 2026, 09:00 UTC."""
    with clock.at(TODAY):
        yield
