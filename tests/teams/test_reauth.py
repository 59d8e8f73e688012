"""The password is asked again before what matters most."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from core import clock
from mlops_portal import urls
from teams.models import AuditEvent, Organisation, Person, Team
from teams.reauth import FRESH, ask_again
from teams.services import members
from tests.factories import PASSWORD
from tests.teams.authenticator import set_up

AGAIN = "/accounts/reauthenticate/"


@ask_again
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.method} done")


urlpatterns = [*urls.urlpatterns, path("guarded/", guarded, name="guarded")]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def client(signed_in, editor: Person) -> Client:
    """Somebody who signed in as long ago as is just too long."""
    with clock.at(clock.now() - FRESH):
        return signed_in(editor)


def test_right_after_sign_in_nothing_is_asked(signed_in, editor: Person) -> None:
    assert signed_in(editor).get("/guarded/").content == b"GET done"


def test_later_a_page_leads_to_the_question_and_back(client: Client) -> None:
    asked = client.get("/guarded/?of=1")["Location"]
    assert asked == f"{AGAIN}?next=%2Fguarded%2F%3Fof%3D1"
    assert 'value="/guarded/?of=1"' in client.get(asked).content.decode()

    answer = client.post(asked, {"password": PASSWORD, "next": "/guarded/?of=1"})
    assert answer["Location"] == "/guarded/?of=1"
    assert client.get("/guarded/?of=1").content == b"GET done"


def test_a_wrong_password_leads_nowhere(client: Client) -> None:
    answer = client.post(AGAIN, {"password": "wrong", "next": "/guarded/"})
    assert answer.status_code == 422
    assert "This is not your password." in answer.content.decode()
    assert client.get("/guarded/").status_code == 302


def test_a_form_sent_too_late_changes_nothing_and_says_so(client: Client) -> None:
    answer = client.post("/guarded/", headers={"Referer": "http://testserver/account/"})
    assert answer["Location"] == f"{AGAIN}?next=%2Faccount%2F"
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "Nothing was changed yet. Please send the form once more."
    ]
    client.post(answer["Location"], {"password": PASSWORD, "next": "/account/"})
    assert client.post("/guarded/").content == b"POST done"


def test_a_fragment_leads_the_whole_page_there(client: Client) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "http://testserver/account/"}
    answer = client.post("/guarded/", headers=asked)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"{AGAIN}?next=%2Faccount%2F")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1"])
def test_it_never_leads_to_another_host(client: Client, elsewhere: str) -> None:
    assert client.post(AGAIN, {"password": PASSWORD, "next": elsewhere})["Location"] == "/"


def test_it_holds_for_five_minutes(signed_in, editor: Person) -> None:
    client, now = signed_in(editor), clock.now()
    with clock.at(now + FRESH - timedelta(seconds=5)):
        assert client.get("/guarded/").status_code == 200
    with clock.at(now + FRESH + timedelta(seconds=5)):
        assert client.get("/guarded/").status_code == 302
    with clock.at(now - timedelta(hours=1)):  # a clock put back opens nothing
        assert client.get("/guarded/").status_code == 302


def test_it_does_not_pass_to_the_next_person_of_the_browser(client: Client, signed_in, editor, outsider) -> None:
    with clock.at(clock.now() - FRESH):
        client.force_login(outsider, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/guarded/").status_code == 302


# -- What takes the portal over, or lasts longer than the session


@pytest.fixture
def boss(signed_in, administrator: Person) -> Client:
    """An administrator whose browser was left open."""
    with clock.at(clock.now() - FRESH):
        return signed_in(administrator)


def sends_of(team: Team, editor: Person, organisation: Organisation) -> dict[str, tuple[str, dict[str, str]]]:
    role = {"organisation_role": "administrator", "seen_organisation_role": "reader"}
    kept = {name: getattr(organisation, name) for name in ("name", "language", "time_zone", "second_factor")}
    seen = {f"seen_{name}": value for name, value in kept.items()}
    return {
        "role": (f"/people/{editor.pk}/", role),
        "deactivate": (f"/people/{editor.pk}/deactivate/", {}),
        "reset": (f"/people/{editor.pk}/reset/", {}),
        "second factor": ("/organisation/", {**kept, **seen, "second_factor": "everyone"}),
        "token": (f"/teams/{team.pk}/tokens/", {"name": "CI", "scope": "read", "lasts": "90"}),
    }


@pytest.mark.parametrize("what", ["role", "deactivate", "reset", "second factor", "token"])
def test_it_is_asked_before(what: str, boss: Client, administrator, team: Team, editor: Person, organisation) -> None:
    members.add_member(team=team, person=administrator, role="team_admin", job_role="", by=administrator)
    url, sent = sends_of(team, editor, organisation)[what]
    entries = AuditEvent.objects.count()
    page = url.removesuffix("deactivate/").removesuffix("reset/")
    answer = boss.post(url, sent, headers={"Referer": f"http://testserver{page}"})
    assert answer["Location"] == f"{AGAIN}?{urlencode({'next': page})}"
    assert AuditEvent.objects.count() == entries

    boss.post(answer["Location"], {"password": PASSWORD, "next": page})
    assert boss.post(url, sent).status_code == 302
    assert AuditEvent.objects.count() > entries


def test_it_is_not_asked_before_the_other_settings_of_the_organisation(
    boss: Client, team, editor, organisation
) -> None:
    url, sent = sends_of(team, editor, organisation)["second factor"]
    answer = boss.post(url, {**sent, "second_factor": organisation.second_factor, "name": "Another name"})
    assert answer["Location"] == url
    organisation.refresh_from_db()
    assert organisation.name == "Another name"


def test_whoever_has_a_second_factor_is_asked_for_it(client: Client, editor: Person) -> None:
    codes = set_up(editor)
    assert client.get("/account/").status_code == 302  # the first factor ended what was open
    client = sign_in_with(editor, codes[0], clock.now() - FRESH)
    assert 'name="password"' not in client.get(AGAIN).content.decode()
    answer = client.post(AGAIN, {"password": PASSWORD, "next": "/guarded/"})
    assert answer.status_code == 200
    assert client.get("/guarded/").status_code == 302

    assert client.post(AGAIN, {"code": codes[1], "next": "/guarded/"})["Location"] == "/guarded/"
    assert client.get("/guarded/").content == b"GET done"


def sign_in_with(person: Person, code: str, at: datetime) -> Client:
    client = Client()
    with clock.at(at):
        client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        assert client.post("/accounts/second-factor/", {"code": code}).status_code == 302
    return client
