"""The first run."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from teams.models import AuditEvent, Organisation, Person, SetupCode
from teams.services import setup
from teams.services.setup import AlreadySetUp, WrongCode
from tests.teams.at_once import both, on_postgresql

URL = "/setup/"
GOOD = {
    "organisation": "Example Ltd",
    "name": "Ada Administrator",
    "email": "Ada@Example.com",
    "password": "seven-blue-trains",
    "language": "ja",
    "time_zone": "Asia/Tokyo",
}


@pytest.fixture(autouse=True)
def _no_earlier_guesses(db: None) -> None:
    cache.clear()


@pytest.fixture
def code(db: None) -> str:
    return setup.new_code()


def test_before_set_up_every_page_leads_there(client: Client, code: str) -> None:
    for page in ("home", "teams", "account_login", "people"):
        assert client.get(reverse(page))["Location"] == URL
    assert client.get(URL).status_code == 200
    assert client.get("/livez").status_code == 200
    assert client.get("/api/v1/me/").status_code == 401


def test_set_up_makes_the_administrator_signs_in_and_leads_home(client: Client, code: str) -> None:
    response = client.post(URL, {**GOOD, "code": code})

    assert (response.status_code, response["Location"]) == (302, "/")
    person = Person.objects.get()
    assert client.get("/account/").context["user"] == person
    assert (person.email, person.organisation_role, person.language) == ("ada@example.com", "administrator", "ja")
    assert person.check_password(GOOD["password"])
    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.language, organisation.time_zone) == ("Example Ltd", "ja", "Asia/Tokyo")
    assert AuditEvent.objects.get().action == "organisation.created"
    assert not SetupCode.objects.exists()


def test_then_the_page_is_gone(client: Client, code: str) -> None:
    client.post(URL, {**GOOD, "code": code})

    for anyone in (client, Client()):
        assert anyone.get(URL).status_code == 404
        assert anyone.post(URL, {**GOOD, "code": code}).status_code == 404
    assert Person.objects.count() == 1
    assert setup.new_code() == ""


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda c: c.replace("-", ""), lambda c: f" {c.replace('-', ' – ')} ", lambda c: c.translate(_WIDE)],
)
def test_the_code_may_be_typed_loosely(client: Client, code: str, typed) -> None:
    assert client.post(URL, {**GOOD, "code": typed(code)}).status_code == 302


_WIDE = {ord(c): ord(c) + 0xFEE0 for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "AAAA-AAAA"}, "code"),
        ({"code": ""}, "code"),
        ({"organisation": " "}, "organisation"),
        ({"name": ""}, "name"),
        ({"email": "ada"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "ada@example.com"}, "password"),
        ({"language": "fr"}, "language"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
    ],
)
def test_a_wrong_field_is_told_at_the_field_and_nothing_is_lost(client: Client, code: str, wrong, field) -> None:
    response = client.post(URL, {**GOOD, "code": code, **wrong})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    if "organisation" not in wrong:
        assert b'value="Example Ltd"' in response.content
    assert GOOD["password"].encode() not in response.content
    assert not Organisation.objects.exists()
    assert not Person.objects.exists()


def test_only_the_newest_code_works(client: Client, code: str) -> None:
    newest = setup.new_code()

    assert client.post(URL, {**GOOD, "code": code}).status_code == 422
    assert client.post(URL, {**GOOD, "code": newest}).status_code == 302


def test_the_console_shows_the_code_until_set_up(client: Client, db: None, capsys) -> None:
    call_command("setup_code")
    code = capsys.readouterr().out.strip()
    assert client.post(URL, {**GOOD, "code": code}).status_code == 302

    call_command("setup_code")
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("limited")
def test_guesses_are_limited_by_address_until_the_time_is_up(client: Client, code: str) -> None:
    for _guess in range(10):
        assert client.post(URL, {**GOOD, "code": "AAAA-AAAA"}).status_code == 422

    response = client.post(URL, {**GOOD, "code": code})
    assert response.status_code == 429
    assert "Wait 10 minutes" in response.content.decode()
    assert not Organisation.objects.exists()

    assert Client(REMOTE_ADDR="192.0.2.7").post(URL, {**GOOD, "code": "AAAA-AAAA"}).status_code == 422
    cache.clear()  # as the time that it keeps the count does
    assert client.post(URL, {**GOOD, "code": code}).status_code == 302


@pytest.mark.usefixtures("limited")
def test_other_mistakes_do_not_count_as_guesses(client: Client, code: str) -> None:
    for _mistake in range(11):
        assert client.post(URL, {**GOOD, "code": code, "email": "ada"}).status_code == 422
    assert client.post(URL, {**GOOD, "code": code}).status_code == 302


def test_the_language_can_be_chosen_before_set_up(client: Client, code: str) -> None:
    assert client.post("/language/", {"language": "ja", "next": URL})["Location"] == URL
    assert b'<html lang="ja"' in client.get(URL).content


def test_another_language_keeps_what_was_typed_and_judges_nothing(client: Client, code: str) -> None:
    half = {"speak": "ja", "next": URL, "name": "<Ada>", "password": "seven-blue-trains", "time_zone": "Europe/Paris"}
    response = client.post("/language/", half)
    assert (response.status_code, response["Location"]) == (307, URL)
    response = client.post(URL, half)  # as the browser does then
    page = response.content.decode()
    assert (response.status_code, '<html lang="ja"' in page) == (200, True)
    assert 'value="&lt;Ada&gt;"' in page
    assert '<option value="Europe/Paris" selected' in page
    assert "data-own-zone" not in page
    assert "seven-blue-trains" not in page
    assert "p-form-error" not in page
    assert not Organisation.objects.exists()


def test_the_service_refuses_a_second_set_up(code: str) -> None:
    values = {**GOOD, "code": code}
    setup.set_up(**values)

    with pytest.raises(AlreadySetUp):
        setup.set_up(**{**values, "email": "other@example.com"})
    assert Person.objects.count() == 1


def test_a_wrong_code_makes_nothing(code: str) -> None:
    with pytest.raises(WrongCode):
        setup.set_up(**{**GOOD, "code": "AAAA-AAAA"})
    assert not Organisation.objects.exists()


@pytest.mark.django_db
def test_the_database_holds_one_organisation() -> None:
    """The constraint behind the lock: even code that forgets to look cannot make a second one."""
    Organisation.objects.create(pk=1, name="First")
    for pk in (1, 2):
        with pytest.raises(IntegrityError), transaction.atomic():
            Organisation.objects.create(pk=pk, name="Second")


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_administrator() -> None:
    code = setup.new_code()
    answers: list[int] = []

    def set_up(email: str) -> None:
        answers.append(Client().post(URL, {**GOOD, "code": code, "email": email}).status_code)

    both(lambda: set_up("one@example.com"), lambda: set_up("two@example.com"))

    assert len(answers) == 2
    assert set(answers) <= {302, 404}
    assert Organisation.objects.count() == 1
    assert Person.objects.count() == 1
