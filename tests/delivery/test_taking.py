"""Choosing repositories from a list with a token that is stored already: one, several at once, and a thousand to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from connections.models import Connection, Credential, Draft, Grant, Source
from core import http
from delivery.models import Service
from teams.models import AuditEvent, Person, Team
from tests.connections.factories import NOW, ConnectionFactory, CredentialFactory, GrantFactory, ServiceFactory
from tests.factories import TeamFactory
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture(autouse=True)
def _loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(http, "sleep", lambda _: None)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(token="secret") as made:
        yield made


@pytest.fixture
def repos(fake: FakeGitHub) -> list[Repo]:
    """Three that deploy to production, and an empty one."""
    made = [fake.add_repo(f"acme/{name}") for name in ("api", "shop", "web")]
    for repo in made:
        repo.deploy(NOW - timedelta(days=3))
        repo.add_issue(NOW - timedelta(days=2), "Down", ["incident"], closed=NOW - timedelta(days=1))
    return [*made, fake.add_repo("acme/empty")]


@pytest.fixture
def admin(signed_in: Callable[[Person], Client], team_admin: Person) -> Client:
    return signed_in(team_admin)


def connection_of(fake: FakeGitHub, team: Team | None, **facts: Any) -> Connection:
    made = ConnectionFactory(team=team, kind="github", base_url=f"{fake.url}/api/v3", credential=None, **facts)
    CredentialFactory(connection=made, token="secret")
    return made


@pytest.fixture
def own(fake: FakeGitHub, team: Team) -> Connection:
    return connection_of(fake, team)


def take(client: Client, team: Team, connection: Connection, *repos: Repo, **more: Any) -> Any:
    body = {"connection": connection.pk, "repository": [repo.id for repo in repos], **more}
    return client.post(reverse("repositories-add", args=[team.pk]), body)


def offered(client: Client, team: Team, **query: Any) -> list[str]:
    page = client.get(reverse("repositories-add", args=[team.pk]), query)
    return [each["repository"].full_name for each in page.context["items"]]


def test_what_is_ticked_survives_a_search(admin: Client, team: Team, own: Connection, repos: list[Repo]) -> None:
    found = take(admin, team, own, repos[0], repos[1], q="web", look="1")
    assert [each["repository"].full_name for each in found.context["items"]] == ["acme/web"]
    assert [each.full_name for each in found.context["carried"]] == ["acme/api", "acme/shop"]
    assert (found.status_code, found.text.count(" checked>"), Source.objects.count()) == (200, 2, 0)
    take(admin, team, own, *repos[:3], q="web")
    assert Source.objects.count() == 3


def test_one_shows_its_rules_and_needs_no_token_again(
    admin: Client, team: Team, own: Connection, repos: list[Repo]
) -> None:
    response = take(admin, team, own, repos[1])
    draft = Draft.objects.get()
    assert response["Location"] == reverse("connect-rules", args=[team.pk, draft.pk])
    assert (draft.token, draft.connection) == ("", own)
    form = admin.get(response["Location"]).context["form"]
    assert form["deployments"].value() == "deployments"
    sent = {"how_far": "all", "deployments": "none", "labels": ["incident"]}
    admin.post(response["Location"], sent)
    source = Source.objects.get()
    assert (source.full_name, source.connection, Connection.objects.count()) == ("acme/shop", own, 1)
    assert Credential.objects.count() == 1


def test_several_at_once_by_what_is_proposed(
    admin: Client, team: Team, own: Connection, repos: list[Repo], team_admin: Person
) -> None:
    response = take(admin, team, own, *repos)
    assert response.status_code == 422, "one of them needs a person"
    assert "Nothing could be proposed: choose what of it counts." in response.text
    assert "3 repositories are connected." in response.text
    (left,) = [each for each in response.context["outcomes"] if not each.service]
    assert left.repository.full_name == "acme/empty"
    assert reverse("connect-rules", args=[team.pk, left.draft.pk]) in response.text
    found = Service.objects.order_by("name")
    assert [(each.name, each.environments["production"], each.incident_labels, str(each.since)) for each in found] == [
        (f"acme/{name}", ["production"], ["incident"], "2025-11-24") for name in ("api", "shop", "web")
    ]
    assert set(Source.objects.values_list("connection", flat=True)) == {own.pk}
    assert Source.objects.filter(next_sync_at=NOW).count() == 3


def test_all_well_leads_back_to_the_connections(admin: Client, team: Team, own: Connection, repos: list[Repo]) -> None:
    response = take(admin, team, own, *repos[:2])
    assert response["Location"] == reverse("connections", args=[team.pk])
    page = admin.get(reverse("repositories-add", args=[team.pk]))
    assert [each["repository"].full_name for each in page.context["items"] if each["read"]] == ["acme/api", "acme/shop"]
    again = take(admin, team, own, repos[0])
    assert "This team reads it already." in again.text
    assert Source.objects.count() == 2


def test_what_another_team_counts_is_told_for_that_one_alone(
    admin: Client, team: Team, own: Connection, repos: list[Repo]
) -> None:
    about = {"base_url": own.base_url, "external_id": str(repos[0].id), "connection__team__name": "Ranking"}
    ServiceFactory(**{f"source__{name}": value for name, value in about.items()})
    response = take(admin, team, own, *repos[:2])
    assert response.status_code == 422
    told = {each.repository.full_name: each for each in response.context["outcomes"]}
    assert told["acme/shop"].service
    assert told["acme/api"].problem, "no environment is left that could be proposed"
    assert told["acme/api"].draft


def test_a_thousand_are_searched_and_paged_after_ten_requests(
    admin: Client, team: Team, own: Connection, fake: FakeGitHub
) -> None:
    for number in range(1000):
        fake.add_repo(f"acme/{'billing' if number % 100 == 7 else 'service'}-{number:04}")
    page = admin.get(reverse("repositories-add", args=[team.pk]))
    assert (len(page.context["items"]), page.context["rows"].paginator.count) == (50, 1000)
    assert offered(admin, team, page=20)[-1] == "acme/service-0999"
    assert offered(admin, team, q="BILL 70") == ["acme/billing-0707"]
    assert len(offered(admin, team, q="billing")) == 10
    assert offered(admin, team, q="nothing like it") == []
    assert len(fake.seen) == 10, "the list is kept for a while"
    fake.add_repo("acme/aaa")
    assert offered(admin, team)[0] != "acme/aaa"
    assert offered(admin, team, anew=1)[0] == "acme/aaa"


def test_a_list_that_goes_on_and_on_is_cut_and_says_so(
    admin: Client, team: Team, own: Connection, fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connections.choosing.MOST_PAGES", 2)
    for number in range(250):
        fake.add_repo(f"acme/service-{number:04}")
    page = admin.get(reverse("repositories-add", args=[team.pk]))
    assert page.context["rows"].paginator.count == 200
    assert "There are more than are listed here." in page.text


@pytest.mark.parametrize("sent", [[], ["999999"], [str(n) for n in range(900)]])
def test_nothing_or_what_is_not_in_the_list(
    admin: Client, team: Team, own: Connection, repos: list[Repo], sent: list[str]
) -> None:
    body = {"connection": own.pk, "repository": sent}
    response = admin.post(reverse("repositories-add", args=[team.pk]), body)
    assert response.status_code == 422
    assert "Choose one repository or more, 10 at most." in response.text
    assert not Draft.objects.exists()


def test_more_than_ten_at_once_are_refused_and_stay_chosen(
    admin: Client, team: Team, own: Connection, fake: FakeGitHub
) -> None:
    many = [fake.add_repo(f"acme/service-{number:02}") for number in range(11)]
    response = take(admin, team, own, *many)
    assert response.status_code == 422
    assert sum(each["chosen"] for each in response.context["items"]) == 11
    assert len(fake.seen) == 1, "none was looked at"


def test_a_list_that_cannot_be_read_says_why(
    admin: Client, team: Team, own: Connection, fake: FakeGitHub, repos: list[Repo]
) -> None:
    Credential.objects.update(token="wrong")
    page = admin.get(reverse("repositories-add", args=[team.pk]))
    assert (page.status_code, page.context["items"]) == (200, [])
    assert "does not accept the token" in page.context["problem"]
    assert "does not accept the token" in page.text
    assert take(admin, team, own, repos[0]).status_code == 422


def test_without_a_token_there_is_nothing_to_choose_from(admin: Client, team: Team, own: Connection) -> None:
    Credential.objects.all().delete()
    response = admin.get(reverse("repositories-add", args=[team.pk]))
    assert response["Location"] == reverse("connect", args=[team.pk])


# -- What the organisation gives -------------------------------------------------------------------------------------


@pytest.fixture
def common(fake: FakeGitHub) -> Connection:
    return connection_of(fake, None, name="GitHub of all")


def given(common: Connection, team: Team, repo: Repo) -> Grant:
    return GrantFactory(connection=common, team=team, external_id=str(repo.id), full_name=repo.full_name)


def test_a_team_takes_what_it_is_given_and_nothing_else(
    admin: Client, team: Team, common: Connection, repos: list[Repo], fake: FakeGitHub
) -> None:
    assert admin.get(reverse("repositories-add", args=[team.pk])).status_code == 302, "nothing is given yet"
    given(common, team, repos[0])
    given(common, TeamFactory(), repos[1])
    assert "GitHub of all" in admin.get(reverse("repositories-add", args=[team.pk])).text
    assert offered(admin, team) == ["acme/api"]
    assert fake.seen == [], "the list is the portal's own"
    response = take(admin, team, common, repos[0])
    admin.post(response["Location"], {"how_far": "all", "deployments": "none", "labels": ["incident"]})
    source = Source.objects.get()
    assert (source.connection, source.shares.get().connection, source.full_name) == (common, common, "acme/api")
    assert take(admin, team, common, repos[1]).status_code == 422


def test_what_was_taken_back_between_the_steps_is_refused(
    admin: Client, team: Team, common: Connection, repos: list[Repo]
) -> None:
    grant = given(common, team, repos[0])
    response = take(admin, team, common, repos[0])
    grant.delete()
    refused = admin.post(response["Location"], {"how_far": "all", "deployments": "none", "labels": ["incident"]})
    assert refused.status_code == 422
    assert "The organisation&#x27;s connection “GitHub of all” does not give the team this repository." in refused.text
    assert not Source.objects.exists()


def test_another_team_s_connection_cannot_be_chosen(
    admin: Client, team: Team, own: Connection, fake: FakeGitHub, repos: list[Repo]
) -> None:
    theirs = connection_of(fake, TeamFactory())
    response = take(admin, team, theirs, repos[0])
    assert Draft.objects.get().connection == own, "the team's own is taken instead"
    assert response.status_code == 302


# -- Over the API ------------------------------------------------------------------------------------------------------


def api(client: Client, team: Team, connection: Connection, *names: str) -> Any:
    body = {"connection": connection.pk, "repositories": names}
    return client.post(reverse("api-repositories", args=[team.pk]), body, content_type="application/json")


def test_the_api_takes_what_the_page_takes_and_gives_it_back(
    admin: Client, team: Team, common: Connection, repos: list[Repo]
) -> None:
    for repo in (repos[0], repos[3]):
        given(common, team, repo)
    response = api(admin, team, common, "ACME/api", str(repos[3].id))
    assert response.status_code == 200
    taken, left = response.json()["repositories"]
    service = Service.objects.get()
    assert (taken["repository"], taken["service"], taken["problem"], taken["page"]) == ("acme/api", service.pk, "", "")
    assert (left["service"], left["problem"]) == (None, "Nothing could be proposed: choose what of it counts.")
    assert left["page"] == reverse("connect-rules", args=[team.pk, Draft.objects.get(source=None).pk])
    (read,) = admin.get(reverse("api-repositories", args=[team.pk])).json()["read"]
    assert (read["id"], read["of_organisation"]) == (service.source_id, True)
    back = reverse("api-repository", args=[team.pk, read["id"]])
    assert [admin.delete(back).status_code for _ in range(2)] == [204, 404]
    service.refresh_from_db()
    assert service.ended_at == NOW
    assert AuditEvent.objects.filter(action="connection.removed", team=team).count() == 1


@pytest.mark.parametrize("names", [["acme/shop"], ["acme/api", "acme/shop"], []])
def test_the_api_takes_nothing_that_the_team_is_not_given(
    admin: Client, team: Team, common: Connection, repos: list[Repo], names: list[str]
) -> None:
    given(common, team, repos[0])
    given(common, TeamFactory(), repos[1])
    response = api(admin, team, common, *names)
    assert (response.status_code, list(response.json())) == (400, ["repositories"])
    assert not Source.objects.exists()


def test_the_api_takes_by_no_connection_of_another_team(
    admin: Client, team: Team, own: Connection, fake: FakeGitHub, repos: list[Repo]
) -> None:
    response = api(admin, team, connection_of(fake, TeamFactory()), "acme/api")
    assert (response.status_code, list(response.json())) == (400, ["connection"])
    assert fake.seen == []


def test_nothing_is_given_back_that_no_host_is_behind(admin: Client, team: Team) -> None:
    imported = ServiceFactory(source__connection__team=team, source__connection__kind="imported")
    response = admin.delete(reverse("api-repository", args=[team.pk, imported.source_id]))
    assert response.status_code == 404
    imported.refresh_from_db()
    assert imported.ended_at is None
