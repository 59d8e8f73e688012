"""A token for one key result: it reads that one and its objective and checks in on it. Nothing else, whatever is asked."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from okrs.models import CheckIn, KeyResult
from teams.models import ApiToken, Membership, Person, Team, TeamRole
from teams.services import tokens
from teams.services.tokens import NoKeyResult
from tests.okrs.factories import TODAY, key_result_of, objective_in, quarter
from tests.roadmaps.factories import started

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def within_the_quarter() -> Iterator[None]:
    with clock.at(TODAY):
        yield


@pytest.fixture
def key_result(team: Team, team_admin: Person) -> KeyResult:
    return key_result_of(objective_in(quarter(team_admin, team), team_admin, team), team_admin)


@pytest.fixture
def sibling(key_result: KeyResult, team_admin: Person) -> KeyResult:
    """Another one of the same objective."""
    return key_result_of(key_result.objective, team_admin)


@pytest.fixture
def secret(team: Team, team_admin: Person, key_result: KeyResult) -> str:
    made = tokens.create_token(
        team=team, name="CI", scope="key_result", key_result_id=key_result.pk, by=team_admin
    )  # fmt: skip
    return made[1]


def call(secret: str, method: str, path: str, data: Any = None):
    headers = {"Authorization": f"Bearer {secret}"}
    return getattr(Client(), method)(path, data, headers=headers, content_type="application/json")


def address(team: Team, rest: str) -> str:
    return f"/api/v1/teams/{team.pk}/okrs/{rest}"


def test_it_reads_its_key_result_and_the_objective_and_checks_in(secret, team: Team, team_admin, key_result) -> None:
    one = address(team, f"key-results/{key_result.pk}/")
    assert call(secret, "get", one).json()["key_result"]["id"] == key_result.pk
    assert call(secret, "get", address(team, f"objectives/{key_result.objective_id}/")).status_code == 200
    assert call(secret, "post", f"{one}check-ins/", {"value": 4}).status_code == 201
    assert len(call(secret, "get", f"{one}check-ins/").json()["results"]) == 1
    made = CheckIn.objects.get()
    assert (made.person, made.token) == (team_admin, ApiToken.objects.get())


def test_it_finds_no_other_key_result_nor_objective(secret, team: Team, team_admin: Person, sibling: KeyResult) -> None:
    other = objective_in(sibling.cycle, team_admin, team)
    asked = [
        ("get", f"key-results/{sibling.pk}/"),
        ("get", f"key-results/{sibling.pk}/check-ins/"),
        ("post", f"key-results/{sibling.pk}/check-ins/"),
        ("patch", f"key-results/{sibling.pk}/"),
        ("get", f"objectives/{other.pk}/"),
    ]
    got = {
        (method, rest): call(secret, method, address(team, rest), {"value": 4}).status_code for method, rest in asked
    }
    assert got == dict.fromkeys(asked, 404)
    assert not CheckIn.objects.exists()


def test_the_rule_itself_knows_the_one_key_result(secret, team_admin: Person, key_result, sibling) -> None:
    """Also where a row of another one should come to hand in some other way than by the addresses above."""
    team_admin.token = ApiToken.objects.get()
    assert team_admin.has_perm("okrs.check_in", key_result)
    assert not team_admin.has_perm("okrs.check_in", sibling)
    assert not team_admin.has_perm("okrs.edit", key_result.objective.team)


def test_it_changes_neither_of_the_two(secret, team: Team, key_result: KeyResult) -> None:
    edit = {"title": "x", "seen": {"title": key_result.title}}
    for rest in (f"key-results/{key_result.pk}/", f"objectives/{key_result.objective_id}/"):
        assert call(secret, "patch", address(team, rest), edit).status_code == 403
    key_result.refresh_from_db()
    assert key_result.title != "x"


def test_it_ends_with_its_makers_rights(secret, team: Team, team_admin: Person, key_result: KeyResult) -> None:
    url = address(team, f"key-results/{key_result.pk}/check-ins/")
    Membership.objects.filter(person=team_admin).update(role=TeamRole.EDITOR)  # who may check in too
    assert call(secret, "post", url, {"value": 4}).status_code == 201
    Membership.objects.filter(person=team_admin).delete()
    assert call(secret, "post", url, {"value": 5}).status_code == 401


def test_a_reading_token_does_not_check_in(team: Team, team_admin: Person, key_result: KeyResult) -> None:
    _token, secret = tokens.create_token(team=team, name="CI", scope="read", by=team_admin)
    url = address(team, f"key-results/{key_result.pk}/check-ins/")
    assert call(secret, "post", url, {"value": 4}).status_code == 403


def test_it_is_made_for_an_open_key_result_of_the_team_only(
    team, team_admin, outsider, administrator, key_result
) -> None:
    theirs = outsider.memberships.get().team
    others = key_result_of(objective_in(quarter(outsider, theirs), outsider, theirs), outsider)
    organisations = key_result_of(objective_in(quarter(administrator), administrator, None), administrator)
    for wrong in (others.pk, organisations.pk, None, 0):
        with pytest.raises(NoKeyResult):
            tokens.create_token(team=team, name="CI", scope="key_result", key_result_id=wrong, by=team_admin)
    KeyResult.objects.filter(pk=key_result.pk).update(archived_at=key_result.created_at)
    with pytest.raises(NoKeyResult):
        tokens.create_token(team=team, name="CI", scope="key_result", key_result_id=key_result.pk, by=team_admin)


def test_the_page_offers_them_and_shows_which_one_it_is(signed_in, team: Team, team_admin, key_result, sibling) -> None:
    client, url = signed_in(team_admin), reverse("team-tokens", args=[team.pk])
    form = {"name": "CI", "scope": "key_result", "lasts": "90"}
    missing = client.post(url, form)
    assert missing.status_code == 422
    assert list(missing.context["form"].errors) == ["key_result"]

    assert client.post(url, {**form, "key_result": str(key_result.pk)}).status_code == 302
    assert ApiToken.objects.get().key_result_id == key_result.pk
    page = client.get(url).content.decode()
    assert f'<a href="{key_result.get_absolute_url()}"' in page
    assert address(team, f"key-results/{key_result.pk}/check-ins/") in page  # the example

    # A key result that was chosen before another scope was is no part of that token.
    client.post(url, {**form, "scope": "read", "key_result": str(key_result.pk)})
    assert ApiToken.objects.get(scope="read").key_result_id is None


def test_the_number_of_queries_of_the_page_does_not_grow(
    signed_in, team: Team, team_admin, key_result, sibling
) -> None:
    client, url = signed_in(team_admin), reverse("team-tokens", args=[team.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    def make(of: KeyResult) -> None:
        tokens.create_token(team=team, name="CI", scope="key_result", key_result_id=of.pk, by=team_admin)

    make(key_result)
    queries()  # the first request of a session notes it
    at_n = queries()
    make(sibling)
    assert queries() == at_n


def test_the_examples_of_the_page_work_as_they_stand(signed_in, team: Team, team_admin: Person, key_result) -> None:
    started(team, team_admin)
    page = signed_in(team_admin).get(reverse("team-tokens", args=[team.pk])).content.decode()
    examples = [html.unescape(each) for each in re.findall(r"<pre[^>]*>(curl .*?)</pre>", page, re.DOTALL)]
    scopes = [{"scope": "read"}, {"scope": "write"}, {"scope": "key_result", "key_result_id": key_result.pk}]
    for scope, example in zip(scopes, examples, strict=True):
        _token, secret = tokens.create_token(team=team, name="CI", by=team_admin, **scope)
        body, path = re.search(r"-d '(.+)'", example), re.search(r"http://[^/]+(/.+)$", example)
        assert path
        answer = call(secret, "post" if body else "get", path[1], json.loads(body[1]) if body else None)
        assert answer.status_code in (200, 201), example


def test_the_page_tells_that_its_key_result_is_archived(secret, signed_in, team: Team, team_admin, key_result) -> None:
    page = signed_in(team_admin)
    url = reverse("team-tokens", args=[team.pk])
    ended = "Ended: the key result is archived or its cycle closed"
    assert ended not in page.get(url).content.decode()
    KeyResult.objects.filter(pk=key_result.pk).update(archived_at=clock.now())
    assert ended in page.get(url).content.decode()


def test_a_value_in_quotes_is_told_to_be_no_number(secret, team: Team, key_result: KeyResult) -> None:
    answer = call(secret, "post", address(team, f"key-results/{key_result.pk}/check-ins/"), {"value": "3"})
    assert (answer.status_code, answer.json()) == (400, {"value": ["Send a number, without quotes."]})
