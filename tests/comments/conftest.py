"""A criterion, an item and a key result to talk about, and two more people of the team."""

import pytest

from core import topics
from core.topics import Topic
from okrs.models import KeyResult
from roadmaps.models import Item
from teams.models import Person, Team
from tests.factories import MembershipFactory
from tests.okrs.factories import key_result_of, objective_in, quarter
from tests.roadmaps.factories import item_of, started


@pytest.fixture
def priya(team: Team) -> Person:
    return MembershipFactory(team=team, person__name="Priya Raman", person__email="p.raman@example.com").person


@pytest.fixture
def kobayashi(team: Team) -> Person:
    return MembershipFactory(team=team, person__name="小林 美奈", person__email="mina@example.com").person


@pytest.fixture
def criterion(team: Team) -> Topic:
    return found("criterion", team, "data.versioning")


@pytest.fixture
def item(team: Team, editor: Person) -> Item:
    return item_of(started(team, editor), "foundation.git_repository")


@pytest.fixture
def key_result(team: Team, editor: Person) -> KeyResult:
    return key_result_of(objective_in(quarter(editor, team), editor, team), editor)


def found(kind: str, team: Team | None, key: object) -> Topic:
    topic = topics.find(kind, team, str(key))
    assert topic is not None
    return topic
