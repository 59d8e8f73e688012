"""The search of the top bar: what it finds, for whom, in which language, and in how many queries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from roadmaps.models import Item
from teams.models import Person, Team
from tests.factories import PersonFactory, TeamFactory
from tests.okrs import factories as okrs
from tests.roadmaps.factories import started

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]


def found(client: Client, words: str) -> dict[str, list[str]]:
    page = client.get("/search/", {"q": words})
    assert page.status_code == 200
    return {kind.title: [hit.title for hit in kind.hits] for kind in page.context["kinds"]}


@pytest.fixture
def things(team: Team, editor: Person, administrator: Person) -> None:
    roadmap = started(team, editor)
    Item.objects.create(roadmap=roadmap, phase=1, title="Forecast with weather", position=90)
    objective = okrs.objective_in(okrs.quarter(administrator), administrator, team)
    okrs.key_result_of(objective, administrator, title="Forecast error", owner=None)
    PersonFactory(name="Fora Castle", email="forecast@example.com")


def test_one_word_finds_every_kind(things: None, editor: Person, signed_in: SignIn) -> None:
    assert found(signed_in(editor), "FORECAST") == {
        "Teams": ["Forecasting"],
        "People": ["Fora Castle"],
        "Items of roadmaps": ["Forecast with weather"],
        "Key results": ["Forecast error"],
    }
    assert found(signed_in(editor), "  ") == {}
    assert "Nothing is called like that." in signed_in(editor).get("/search/?q=zebra").text


def test_items_of_the_template_are_found_in_the_readers_language(things: None, team: Team, signed_in: SignIn) -> None:
    japanese = PersonFactory(language="ja")
    assert found(signed_in(japanese), "リポジトリ") == {"ロードマップの項目": ["Gitリポジトリ構築"]}
    assert found(signed_in(japanese), "Set up the Git") == {}


def test_what_is_gone_is_not_found(things: None, team: Team, editor: Person, signed_in: SignIn) -> None:
    client = signed_in(editor)
    Person.objects.filter(email="forecast@example.com").update(is_active=False)
    Item.objects.filter(title="Forecast with weather").delete()
    assert found(client, "forecast").keys() == {"Teams", "Key results"}


def test_the_same_queries_however_much_there_is(things: None, editor: Person, signed_in: SignIn) -> None:
    client = signed_in(editor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/search/?q=forecast")
        return len(queries)

    few = cost()
    for number in range(15):
        TeamFactory(name=f"Forecast {number}")
        PersonFactory(name=f"Forecast {number}")
    assert cost() == few
    page = client.get("/search/?q=forecast").context["kinds"]
    assert [(len(kind.hits), kind.more) for kind in page[:2]] == [(10, True), (10, True)]
