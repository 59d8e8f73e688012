"""The API of what falls due, and of one's own calendar addresses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import clock, due
from roadmaps.models import Roadmap
from teams.models import Person, Team
from tests.access_world import make_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(signed_in: Any, editor: Person) -> Client:
    client: Client = signed_in(editor)
    return client


def test_what_a_team_has_due_by_day_and_kind(
    member: Client, team: Team, roadmap: Roadmap, django_assert_max_num_queries: Any
) -> None:
    path = reverse("api-team-due", args=[team.pk])
    with django_assert_max_num_queries(25):
        found = member.get(path, {"from": "2026-11-01", "to": "2026-12-31"}).json()
    assert [each["day"] for each in found] == sorted(each["day"] for each in found)
    assert {"item", "training"} <= {each["kind"] for each in found}
    items = member.get(path, {"from": "2026-11-01", "to": "2026-12-31", "kind": "item"}).json()
    assert items == [each for each in found if each["kind"] == "item"]
    first = items[0]
    assert (first["team"], first["people"], first["url"].startswith("/teams/")) == (team.pk, [], True)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-12-31", "to": "2026-01-01"}, "to"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "from"),
        ({"from": "9999-12-31"}, "from"),
        ({"from": "soon"}, "from"),
    ],
)
def test_days_that_cannot_be_meant(member: Client, team: Team, asked: dict[str, str], field: str) -> None:
    answer = member.get(reverse("api-team-due", args=[team.pk]), asked)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_an_archived_team_has_nothing_due(member: Client, team: Team, roadmap: Roadmap) -> None:
    team.archived_at = clock.now()
    team.save()
    assert member.get(reverse("api-team-due", args=[team.pk])).json() == []


def test_ones_own_is_what_is_due_from_oneself_and_ones_whole_teams(
    member: Client, team: Team, roadmap: Roadmap, editor: Person, team_admin: Person
) -> None:
    mine, theirs = roadmap.items.order_by("pk")[:2]
    mine.owner, theirs.owner = editor, team_admin
    mine.save()
    theirs.save()
    urls = {each["url"] for each in member.get(reverse("api-due"), {"from": "2026-04-01", "to": "2027-03-31"}).json()}
    assert mine.get_absolute_url() in urls
    assert theirs.get_absolute_url() not in urls
    assert due.between([team], mine.due_date, mine.due_date, ["item"])


def test_calendar_addresses_are_made_renewed_and_ended_by_oneself_alone(
    member: Client, team: Team, editor: Person, program: Client
) -> None:
    path = reverse("api-calendar")
    assert member.get(path).json() == []
    made = member.post(path, content_type="application/json").json()
    assert [each["id"] for each in made] == ["mine", f"team-{team.pk}"]
    assert member.get(path).json() == made
    assert program.get(made[0]["url"]).status_code == 200
    renewed = member.post(path, content_type="application/json").json()
    assert (program.get(made[0]["url"]).status_code, program.get(renewed[0]["url"]).status_code) == (404, 200)
    token = {"Authorization": f"Bearer {make_token(team, editor, 'write', 'a-writing-token')}"}
    assert [Client().get(path, headers=token).status_code, Client().post(path, headers=token).status_code] == [403, 403]
    assert member.delete(path).status_code == 204
    assert program.get(renewed[0]["url"]).status_code == 404
