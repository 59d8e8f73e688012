"""Connecting a repository in two steps, against the fake GitHub; every way in which it can be refused."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections.models import Connection, Draft, Source
from core import clock, http
from delivery import forms
from delivery.forms import environment_field
from delivery.models import Service
from teams.models import AuditEvent, Person, Team
from tests.connections.factories import NOW, DraftFactory, ServiceFactory, SourceFactory
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
SignIn = Callable[[Person], Client]


@pytest.fixture(autouse=True)
def _loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(http, "sleep", lambda _: None)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(token="secret") as made:
        yield made


@pytest.fixture
def repo(fake: FakeGitHub) -> Repo:
    made = fake.add_repo("acme/shop")
    for days in range(1, 4):
        made.deploy(NOW - timedelta(days=days))
        made.deploy(NOW - timedelta(days=days), "staging")
    for days in range(1, 6):
        made.add_run(NOW - timedelta(days=days), "Deploy")
    made.add_run(NOW, "Tests")
    made.add_issue(NOW - timedelta(days=2), labels=["incident"])
    made.add_issue(NOW - timedelta(days=2), labels=["bug"])
    return made


@pytest.fixture
def admin(signed_in: SignIn, team_admin: Person) -> Client:
    return signed_in(team_admin)


def first(admin: Client, team: Team, address: str, token: str = "secret", base_url: str = "") -> Any:
    return admin.post(reverse("connect", args=[team.pk]), {"address": address, "token": token, "base_url": base_url})


def second(admin: Client, draft: Draft, **typed: Any) -> Any:
    facts = {"how_far": "all", "deployments": "deployments", environment_field("production"): "production",
             environment_field("staging"): "staging", "branches": "main", "labels": ["incident"]}  # fmt: skip
    return admin.post(reverse("connect-rules", args=[draft.team_id, draft.pk]), {**facts, **typed})


# -- The first step ---------------------------------------------------------------------------------------------------


def test_a_pasted_address_and_a_token_lead_to_the_second_step(
    admin: Client, fake: FakeGitHub, repo: Repo, team: Team
) -> None:
    response = first(admin, team, f"{fake.url}/acme/shop/tree/main")
    draft = Draft.objects.get()
    assert response["Location"] == reverse("connect-rules", args=[team.pk, draft.pk])
    assert (draft.base_url, draft.repository) == (f"{fake.url}/api/v3", "acme/shop")
    assert not Connection.objects.exists(), "nothing is connected before the rules are saved"


def test_an_own_address_of_the_api(admin: Client, fake: FakeGitHub, repo: Repo, team: Team) -> None:
    first(admin, team, "https://code.example.com/acme/shop", base_url=fake.url)
    assert Draft.objects.get().base_url == fake.url


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("", "This field is required."),
        ("https://github.com/acme", "names no repository"),
        ("https://github.com/features/actions", "names no repository"),
        ("ftp://github.com/acme/shop", "must start with https://"),
        ("what is this", "names no repository"),
    ],
)
def test_an_address_that_names_no_repository(admin: Client, team: Team, address: str, text: str) -> None:
    response = first(admin, team, address)
    assert response.status_code == 422
    assert text in str(response.context["form"].errors["address"])
    assert "secret" not in response.text.replace("csrfmiddlewaretoken", "")


def test_no_address_of_an_api(admin: Client, team: Team) -> None:
    response = first(admin, team, "acme/shop", base_url="api.example.com and more")
    assert response.status_code == 422
    assert "base_url" in response.context["form"].errors


def refused(admin: Client, team: Team, address: str, field: str, token: str = "secret") -> str:
    """What is said at the field. Checks beside it: 422, the address kept, the token not sent back, nothing stored."""
    response = first(admin, team, address, token=token)
    assert response.status_code == 422
    assert f'value="{address}"' in response.text
    assert f'value="{token}"' not in response.text
    assert not Draft.objects.exists()
    assert not Connection.objects.exclude(created_by=None).exists()
    return str(response.context["form"].errors[field])


def test_a_wrong_token(admin: Client, fake: FakeGitHub, repo: Repo, team: Team) -> None:
    assert "does not accept the token" in refused(admin, team, f"{fake.url}/acme/shop", "token", token="wrong-token")


def test_an_unknown_repository(admin: Client, fake: FakeGitHub, repo: Repo, team: Team) -> None:
    assert "knows no such repository" in refused(admin, team, f"{fake.url}/acme/nothing", "address")


def test_a_host_that_is_down(admin: Client, team: Team) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert "cannot be reached at present" in refused(admin, team, f"http://127.0.0.1:{port}/acme/shop", "address")


def test_a_web_page_instead_of_data(admin: Client, fake: FakeGitHub, repo: Repo, team: Team) -> None:
    fake.faults.update(dict.fromkeys(range(1, 9), "garbage"))
    assert "answered with a web page instead of data" in refused(admin, team, f"{fake.url}/acme/shop", "address")


def test_a_redirect_to_another_host(admin: Client, fake: FakeGitHub, repo: Repo, team: Team) -> None:
    fake.faults[1] = "elsewhere"
    assert "elsewhere.example" in refused(admin, team, f"{fake.url}/acme/shop", "address")


def test_a_private_address_that_nobody_allowed(
    admin: Client, fake: FakeGitHub, repo: Repo, team: Team, settings: Any
) -> None:
    settings.OUTGOING_ALLOW = []
    assert "127.0.0.1 is a private or local address." in refused(admin, team, f"{fake.url}/acme/shop", "address")
    assert "leads to 127.0.0.1" in refused(
        admin, team, f"{fake.url.replace('127.0.0.1', 'localhost')}/acme/shop", "address"
    )
    assert fake.seen == []


def test_a_used_up_limit(admin: Client, fake: FakeGitHub, repo: Repo, team: Team) -> None:
    fake.limit = 0
    assert "is used up. Try again later" in refused(admin, team, f"{fake.url}/acme/shop", "address")


def test_a_token_that_may_not_read_everything_goes_on_and_says_so(
    admin: Client, fake: FakeGitHub, repo: Repo, team: Team
) -> None:
    fake.forbid("issues", "actions")
    response = admin.get(first(admin, team, f"{fake.url}/acme/shop")["Location"])
    assert "The token may not read everything:" in response.text
    assert response.context["seen"].missing == ("actions", "issues")


def test_the_team_has_it_already(admin: Client, fake: FakeGitHub, repo: Repo, team: Team) -> None:
    SourceFactory(base_url=f"{fake.url}/api/v3", external_id=str(repo.id), connection__team=team)
    assert "This team reads this repository already" in refused(admin, team, f"{fake.url}/acme/shop", "address")


# -- The second step --------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(admin: Client, fake: FakeGitHub, repo: Repo, team: Team) -> Draft:
    first(admin, team, f"{fake.url}/acme/shop")
    return Draft.objects.get()


def test_it_shows_what_was_seen_and_proposes(admin: Client, draft: Draft) -> None:
    page = admin.get(reverse("connect-rules", args=[draft.team_id, draft.pk]))
    form = page.context["form"]
    assert [str(field.label) for field in form.environment_fields] == [
        "production · 3 deployments",
        "staging · 3 deployments",
    ]
    assert [field.value() for field in form.environment_fields] == ["production", "staging"]
    assert form["deployments"].value() == "deployments"
    assert form["labels"].value() == ["incident"]
    assert form["how_far"].value() == "year"
    assert [label for _ident, label in form["workflows"].field.choices] == ["Deploy · 5 runs", "Tests · 1 run"]
    assert form["workflows"].value() == [form["workflows"].field.choices[0][0]]
    assert "secret" not in page.text.replace("csrfmiddlewaretoken", "")


def test_saving_connects_and_leads_to_the_page_of_its_first_sync(
    admin: Client, draft: Draft, team_admin: Person
) -> None:
    response = second(admin, draft)
    service = Service.objects.get()
    assert response["Location"] == reverse("connection", args=[draft.team_id, service.source_id])
    assert service.environments == {"production": ["production"], "staging": ["staging"]}
    assert (service.deployment_source, service.incident_labels, service.since) == ("deployments", ["incident"], None)
    assert service.source.next_sync_at == NOW
    assert service.source.options["deployments"] == "deployments"
    assert "About to read" in admin.get(response["Location"]).text
    assert AuditEvent.objects.get(action="connection.added").actor == team_admin


def test_sent_twice_it_is_connected_once(admin: Client, draft: Draft) -> None:
    first_answer, again = second(admin, draft), second(admin, draft)
    assert first_answer["Location"] == again["Location"]
    assert Source.objects.count() == 1


def test_runs_of_a_workflow_on_every_branch(admin: Client, draft: Draft, repo: Repo) -> None:
    deploy = str(repo.workflows["Deploy"])
    second(admin, draft, deployments="runs", workflows=[deploy], branches="*\nmain, main")
    service = Service.objects.get()
    assert service.workflows == [{"id": deploy, "name": "Deploy"}]
    assert service.production_branches == ["*", "main"]
    assert service.source.options["workflows"] == [deploy]


@pytest.mark.parametrize(
    ("how_far", "since", "expected"),
    [
        ("year", "", "2025-11-24"),
        ("all", "", None),
        ("date", "2026-01-31", "2026-01-31"),
        ("date", "2026-11-24", "2026-11-24"),
    ],
)
def test_how_far_back(admin: Client, draft: Draft, how_far: str, since: str, expected: str | None) -> None:
    second(admin, draft, how_far=how_far, since=since)
    assert Source.objects.get().options["since"] == expected


@pytest.mark.parametrize(
    ("typed", "field", "text"),
    [
        ({"how_far": "date", "since": "2026-11-25"}, "since", "in the future"),
        ({"how_far": "date", "since": ""}, "since", "Enter the first day"),
        ({"how_far": "date", "since": "yesterday"}, "since", "valid date"),
        ({"how_far": "never"}, "how_far", "Select a valid choice"),
        ({environment_field("production"): "other"}, "other_environments", "at least one production environment"),
        ({"deployments": "runs", "workflows": []}, "workflows", "at least one workflow"),
        ({"deployments": "runs", "workflows": ["4711"]}, "workflows", "4711"),
        ({"deployments": "runs", "branches": " , "}, "branches", "at least one branch"),
        ({"deployments": "none", "labels": []}, "labels", "at least one label"),
        ({"deployments": ""}, "deployments", "This field is required."),
    ],
)
def test_what_cannot_be_understood_is_said_at_its_field(
    admin: Client, draft: Draft, typed: dict[str, Any], field: str, text: str
) -> None:
    response = second(admin, draft, **typed)
    assert response.status_code == 422
    assert text in str(response.context["form"].errors[field])
    assert not Source.objects.exists()
    assert Draft.objects.filter(pk=draft.pk).exists()


def test_typed_patterns_and_labels_are_kept_after_a_refusal(admin: Client, draft: Draft) -> None:
    response = second(
        admin, draft, how_far="date", since="2027-01-01", other_environments="prod-*", other_labels="outage"
    )
    assert response.status_code == 422
    assert "prod-*" in response.text
    assert "outage" in response.text
    assert "2027-01-01" in response.text


def test_typed_names_join_those_that_were_seen(admin: Client, draft: Draft) -> None:
    second(admin, draft, other_environments="prod-*\nPRODUCTION", other_labels="Incident, outage")
    service = Service.objects.get()
    assert service.environments["production"] == ["production", "prod-*", "PRODUCTION"]
    assert service.incident_labels == ["incident", "outage"]


def holder(draft: Draft, repo: Repo, **team: Any) -> Service:
    """Of another team, which counts production and staging, and issues called incident."""
    about = {f"source__connection__team__{name}": value for name, value in team.items()}
    return ServiceFactory(source__base_url=draft.base_url, source__external_id=str(repo.id), **about)


def test_what_another_team_counts_is_said_and_not_proposed(admin: Client, draft: Draft, repo: Repo) -> None:
    holder(draft, repo, name="Ranking")
    page = admin.get(reverse("connect-rules", args=[draft.team_id, draft.pk]))
    assert "Other services count parts of this repository already." in page.text
    assert [str(field.label) for field in page.context["form"].environment_fields] == [
        "production · 3 deployments · counts for Ranking",
        "staging · 3 deployments · counts for Ranking",
    ]
    assert [field.value() for field in page.context["form"].environment_fields] == ["other", "other"]
    assert page.context["form"]["labels"].value() == []


def test_a_part_that_was_claimed_meanwhile_is_refused_with_its_team(admin: Client, draft: Draft, repo: Repo) -> None:
    holder(draft, repo, name="Ranking")
    response = second(admin, draft)
    assert response.status_code == 422
    assert "“production” of this repository counts for the team Ranking already." in response.text
    assert Service.objects.count() == 1
    assert Draft.objects.get().token, "nothing that was typed is lost"


def test_an_archived_team_holds_its_part(admin: Client, draft: Draft, repo: Repo) -> None:
    holder(draft, repo, name="Ranking", archived_at=NOW)
    response = second(admin, draft)
    assert response.status_code == 422
    assert "The archived team Ranking still holds “production” of this repository." in response.text


def test_after_an_hour_it_is_asked_again(admin: Client, draft: Draft) -> None:
    with clock.at(NOW + timedelta(hours=1)):
        response = second(admin, draft)
    assert response.status_code == 404
    assert "kept for one hour only" in response.text
    assert 'name="address"' in response.text


def test_a_draft_of_another_team_is_not_there(admin: Client, team: Team) -> None:
    other = DraftFactory()
    assert admin.get(reverse("connect-rules", args=[team.pk, other.pk])).status_code == 404


@pytest.mark.parametrize("who", ["editor", "outsider", "manager"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_a_team_admin_connects(
    request: pytest.FixtureRequest, signed_in: SignIn, team: Team, who: str, method: str
) -> None:
    client = signed_in(request.getfixturevalue(who))
    for url in (
        reverse("connect", args=[team.pk]),
        reverse("connect-rules", args=[team.pk, DraftFactory(team=team).pk]),
    ):
        assert getattr(client, method)(url).status_code == 403


def test_a_year_before_the_29th_of_february() -> None:
    from datetime import date

    assert forms.a_year_before(date(2028, 2, 29)) == date(2027, 2, 28)
