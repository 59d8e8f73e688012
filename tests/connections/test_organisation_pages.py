"""The pages and the API of the organisation's connections, and what a team's pages say of a repository that is shared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from connections import forms_organisation, organisation, views_organisation
from connections.models import Connection, Credential, Grant, Source
from connectors.records import Inspection, Repository
from core.http import OutgoingError
from delivery.models import Service
from teams.models import AuditEvent, Person, Team
from tests.connections.factories import ConnectionFactory, GrantFactory, ServiceFactory, ShareFactory, SourceFactory
from tests.connections.stub import StubConnector
from tests.factories import MembershipFactory, TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
MANY = [Repository(str(number), f"acme/service-{number:04}") for number in range(1, 1001)]


@pytest.fixture(autouse=True)
def _host(stub: StubConnector, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host with a thousand repositories, which the forms know as the only one."""
    for module in (forms_organisation, views_organisation):
        monkeypatch.setattr(module, "USUAL", "stub")
    stub.listing = list(MANY)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada(signed_in: Callable[[Person], Client], administrator: Person) -> Client:
    return signed_in(administrator)


@pytest.fixture
def common() -> Connection:
    return ConnectionFactory(team=None, name="GitHub")


def hidden(page: str) -> dict[str, str]:
    """What the form carries of what was shown."""
    fields = re.findall(r'<input type="hidden" name="((?:seen|now)_\w+)" value="([^"]*)"', page)
    return dict(fields)


def test_from_nothing_to_a_repository_that_a_team_may_take(ada: Client, team: Team, stub: StubConnector) -> None:
    assert "No connection for all teams yet" in ada.get(reverse("organisation-connections")).text
    sent = {"name": "GitHub", "token": "typed", "base_url": ""}
    response = ada.post(reverse("organisation-connection-new"), sent)
    made = Connection.objects.get()
    assert response["Location"] == reverse("organisation-connection", args=[made.pk])
    assert (made.team, made.base_url, made.credential.token) == (None, "https://api.example.com", "typed")
    page = ada.get(reverse("organisation-connection-give", args=[made.pk]), {"q": "0042"})
    assert [each["repository"].full_name for each in page.context["items"]] == ["acme/service-0042"]
    body = {"team": team.pk, "repository": ["42", "43"], "q": "", "page": "1"}
    assert ada.post(reverse("organisation-connection-give", args=[made.pk]), body).status_code == 302
    assert [(each.team, each.full_name) for each in Grant.objects.listed()] == [
        (team, "acme/service-0042"), (team, "acme/service-0043"),
    ]  # fmt: skip
    shown = ada.get(reverse("organisation-connection", args=[made.pk]))
    assert shown.text.count("not taken yet") == 2
    again = ada.get(reverse("organisation-connection-give", args=[made.pk]), {"q": "0042"})
    assert again.context["items"][0]["note"] == team.name


def ticked(page: str) -> list[str]:
    return re.findall(r'name="repository" value="(\d+)" checked', page)


def test_what_is_ticked_survives_searching_and_paging(ada: Client, team: Team, common: Connection) -> None:
    url = reverse("organisation-connection-give", args=[common.pk])
    first = {"team": team.pk, "repository": ["1", "3"], "q": "", "page": "1", "look": "2"}
    page = ada.post(url, first)
    assert (page.status_code, page.context["rows"].number, ticked(page.text)) == (200, 2, ["1", "3"])
    assert "2 chosen that are not on this page" in page.text
    assert f'<option value="{team.pk}" selected>' in page.text
    assert "This field is required." not in ada.post(url, first | {"team": ""}).text
    searched = ada.post(url, first | {"repository": ["1", "3", "60"], "q": "0042", "look": "1"})
    assert [each["repository"].external_id for each in searched.context["items"]] == ["42"]
    assert ticked(searched.text) == ["1", "3", "60"]
    assert not Grant.objects.exists(), "looking gives nothing"
    back = ada.post(url, first | {"repository": ["1", "60", "42"], "look": "1"})
    assert (sorted(ticked(back.text)), back.text.count("1 chosen that is not on this page")) == (["1", "42", "60"], 1)
    given = {key: value for key, value in first.items() if key != "look"} | {
        "repository": ["1", "42", "60"],
        "q": "0042",
    }
    assert ada.post(url, given).status_code == 302
    assert sorted(Grant.objects.values_list("external_id", flat=True)) == ["1", "42", "60"]


def test_a_token_that_is_refused_is_told_and_never_sent_back(ada: Client, stub: StubConnector) -> None:
    stub.refuse = OutgoingError("unauthorised", host="host.example")
    response = ada.post(
        reverse("organisation-connection-new"), {"name": "GitHub", "token": "tell-nobody", "base_url": ""}
    )
    assert response.status_code == 422
    assert "host.example does not accept the token" in response.text
    assert "tell-nobody" not in response.text
    assert 'value="GitHub"' in response.text
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "", "token": "x"}, "This field is required."),
        ({"name": "GitHub", "token": ""}, "This field is required."),
        ({"name": "GitHub", "token": "x", "base_url": "no address"}, "This is not the address of an API."),
        ({"name": "github", "token": "x"}, "Another connection of the organisation is called “github”."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(ada: Client, common: Connection, body: dict[str, str], said: str) -> None:
    response = ada.post(reverse("organisation-connection-new"), body)
    assert response.status_code == 422
    assert said in response.text
    assert Connection.objects.count() == 1


@pytest.mark.parametrize(("chosen", "to_team"), [([], True), (["0"], True), (["42"], False)])
def test_giving_nothing_or_to_nobody_is_refused(
    ada: Client, common: Connection, team: Team, chosen: list[str], to_team: bool
) -> None:
    to = team.pk if to_team else ""
    response = ada.post(reverse("organisation-connection-give", args=[common.pk]), {"team": to, "repository": chosen})
    assert response.status_code == 422
    assert not Grant.objects.exists()


def test_two_administrators_change_the_same_name(ada: Client, common: Connection, administrator: Person) -> None:
    url = reverse("organisation-connection-access", args=[common.pk])
    seen = hidden(ada.get(url).text)
    Connection.objects.filter(pk=common.pk).update(name="Theirs")
    response = ada.post(url, {**seen, "name": "Mine", "token": "", "base_url": common.base_url})
    assert response.status_code == 409
    assert "Theirs" in response.text
    assert "Mine" in response.text
    common.refresh_from_db()
    assert common.name == "Theirs"
    answered = {**seen, **hidden(response.text), "keep_name": "mine"}
    assert ada.post(url, {**answered, "name": "Mine", "token": "", "base_url": common.base_url}).status_code == 302
    common.refresh_from_db()
    assert common.name == "Mine"


def test_another_token_meanwhile_is_asked_about_without_showing_it(ada: Client, common: Connection) -> None:
    url = reverse("organisation-connection-access", args=[common.pk])
    seen = hidden(ada.get(url).text)
    Credential.objects.filter(connection=common).delete()
    Credential.objects.create(connection=common, token="tell-nobody")
    typed = {"name": common.name, "base_url": common.base_url}
    response = ada.post(url, {**seen, **typed, "token": "mine-tell-nobody"})
    assert response.status_code == 409
    assert "Somebody entered another token meanwhile." in response.text
    assert "tell-nobody" not in response.text
    assert Credential.objects.get().token == "tell-nobody"
    assert ada.post(url, {**seen, **hidden(response.text), **typed, "token": "newest"}).status_code == 302
    assert Credential.objects.get().token == "newest"


def test_a_narrower_token_names_what_it_misses(ada: Client, common: Connection, stub: StubConnector) -> None:
    source = SourceFactory(connection=common, share=None, full_name="acme/shop", external_id="5000")
    ShareFactory(source=source, team=TeamFactory(), connection=common)
    stub.seen = Inspection("1", "acme/other", "", "main")
    url = reverse("organisation-connection-access", args=[common.pk])
    typed = {"name": common.name, "base_url": common.base_url, "token": "narrow"}
    response = ada.post(url, {**hidden(ada.get(url).text), **typed})
    assert response.status_code == 422
    assert "This token does not see what is read now: acme/shop." in response.text
    assert Credential.objects.get().token == "secret-token"


@pytest.fixture
def taken(common: Connection, team: Team, stub: StubConnector) -> Service:
    """The team reads a repository that it was given."""
    GrantFactory(connection=common, team=team, external_id="42", full_name="acme/service-0042")
    source = SourceFactory(connection=common, share=None, external_id="42", full_name="acme/service-0042")
    ShareFactory(source=source, team=team, connection=common)
    return ServiceFactory(source=source, team=team)


def test_taking_back_says_for_whom_it_ends(ada: Client, taken: Service, common: Connection, team: Team) -> None:
    page = ada.get(reverse("organisation-connection", args=[common.pk]))
    assert f"Reading it ends for {team};" in page.text
    grant = Grant.objects.get()
    response = ada.post(reverse("organisation-grant-end", args=[common.pk, grant.pk]), follow=True)
    assert "and it is not read for the team any more." in response.text
    assert not Source.objects.get().active
    assert AuditEvent.objects.get(action="connection.taken_back").team == team


def test_the_end_names_every_team(ada: Client, taken: Service, common: Connection, team: Team) -> None:
    Team.objects.filter(pk=team.pk).update(archived_at="2026-11-01T00:00:00Z")
    url = reverse("organisation-connection-end", args=[common.pk])
    page = ada.get(url)
    assert (team.name in page.text, "(archived)" in page.text, "acme/service-0042" in page.text) == (True, True, True)
    ada.post(url)
    taken.refresh_from_db()
    assert taken.ended_at is not None
    assert ada.get(reverse("organisation-connection", args=[common.pk])).status_code == 404


def test_the_team_s_page_offers_only_what_is_the_team_s_to_do(
    signed_in: Callable[[Person], Client], team_admin: Person, taken: Service, team: Team
) -> None:
    admin = signed_in(team_admin)
    page = admin.get(reverse("connection", args=[team.pk, taken.source_id]))
    assert "Read with the organisation's connection “GitHub”" in page.text
    assert reverse("connection-access", args=[team.pk, taken.source_id]) not in page.text
    assert admin.get(reverse("connection-access", args=[team.pk, taken.source_id])).status_code == 404
    assert reverse("connection-pause", args=[team.pk, taken.source_id]) in page.text
    ranking = TeamFactory(name="Ranking")
    ShareFactory(source=taken.source, team=ranking, connection=taken.source.connection)
    ServiceFactory(source=taken.source, team=ranking, name="theirs", incident_labels=["x"])
    page = admin.get(reverse("connection", args=[team.pk, taken.source_id]))
    assert reverse("connection", args=[ranking.pk, taken.source_id]) in page.text
    assert reverse("connection-pause", args=[team.pk, taken.source_id]) not in page.text
    assert [part.name for part in page.context["parts"]] == [taken.name], "other teams' services stand on their pages"
    refused = admin.post(reverse("connection-pause", args=[team.pk, taken.source_id]), follow=True)
    assert "Other teams read acme/service-0042 too, so it cannot be paused." in refused.text
    leaving = admin.get(reverse("connection-disconnect", args=[team.pk, taken.source_id]))
    assert "Only this team's part ends. The repository is read on for:" in leaving.text


def test_a_team_that_left_sees_since_when(
    signed_in: Callable[[Person], Client], team_admin: Person, taken: Service, team: Team
) -> None:
    ranking = MembershipFactory(role="team_admin").team
    ShareFactory(source=taken.source, team=ranking, connection=taken.source.connection)
    admin = signed_in(team_admin)
    admin.post(reverse("connection-disconnect", args=[team.pk, taken.source_id]))
    page = admin.get(reverse("connection", args=[team.pk, taken.source_id]))
    assert "Nothing is read since " in page.text
    assert page.context["health"].state == "disconnected"
    assert Source.objects.get().active
    (row,) = admin.get(reverse("connections", args=[team.pk])).context["rows"]
    assert row.health.state == "disconnected"


# -- The API ----------------------------------------------------------------------------------------------------------


def test_the_api_gives_and_takes_back(ada: Client, common: Connection, team: Team) -> None:
    (told,) = ada.get("/api/v1/connections/").json()["results"]
    assert (told["name"], told["needs_token"], set(told)) == (
        "GitHub", False, {"id", "name", "kind", "address", "needs_token", "created_at"},
    )  # fmt: skip
    url = f"/api/v1/connections/{common.pk}/given/"
    body = {"team": team.pk, "repositories": ["acme/service-0001", "2"]}
    given = ada.post(url, body, content_type="application/json")
    assert (given.status_code, [each["repository"] for each in given.json()["given"]]) == (
        201, ["acme/service-0001", "acme/service-0002"],
    )  # fmt: skip
    assert ada.post(url, body, content_type="application/json").json() == {"given": []}
    listed = ada.get(url).json()["results"]
    assert [(each["external_id"], each["team"], each["read"]) for each in listed] == [
        ("1", team.pk, False), ("2", team.pk, False),
    ]  # fmt: skip
    assert ada.delete(f"{url}{listed[0]['id']}/").status_code == 204
    assert Grant.objects.get().external_id == "2"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"team": 10**6, "repositories": ["1"]}, "team"),
        ({"team": 1, "repositories": []}, "repositories"),
        ({"team": 1, "repositories": ["acme/none"]}, "repositories"),
        ({"team": "1", "repositories": ["1"]}, "team"),
    ],
)
def test_the_api_says_what_is_wrong(ada: Client, common: Connection, team: Team, body: Any, field: str) -> None:
    told = {**body, "team": team.pk if body["team"] == 1 else body["team"]}
    response = ada.post(f"/api/v1/connections/{common.pk}/given/", told, content_type="application/json")
    assert (response.status_code, list(response.json())) == (400, [field])
    assert not Grant.objects.exists()


def test_the_api_tells_what_a_team_reads_and_may_take(
    signed_in: Callable[[Person], Client], team_admin: Person, taken: Service, team: Team, common: Connection,
    administrator: Person,
) -> None:  # fmt: skip
    organisation.give(connection=common, team=team, repositories=MANY[:1], by=administrator)
    admin = signed_in(team_admin)
    url = f"/api/v1/teams/{team.pk}/repositories/"
    told = admin.get(url).json()
    assert [(each["repository"], each["of_organisation"], each["services"][0]["id"]) for each in told["read"]] == [
        ("acme/service-0042", True, taken.pk)
    ]
    assert [each["external_id"] for each in told["offered"]] == ["1"]
