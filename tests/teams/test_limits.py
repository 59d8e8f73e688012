"""Guesses are limited: per account and address, per address, per account; counted by all processes together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import redis
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from core import clock
from teams.models import Person
from teams.services import account
from teams.services.people import reset_sign_in
from tests.factories import PASSWORD, PersonFactory
from tests.teams.authenticator import set_up, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limited")]
LOGIN, SECOND, AGAIN = "/accounts/login/", "/accounts/second-factor/", "/accounts/reauthenticate/"
TOO_MANY = "Too many attempts"


@pytest.fixture(params=["as configured", "in the database"], autouse=True)
def counted(request, settings, limited) -> Iterator[None]:
    """In Redis where the tests have it, and in the database as in the embedded portal."""
    if request.param == "in the database":
        options = {"MAX_ENTRIES": 100_000}
        backend = "django.core.cache.backends.db.DatabaseCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "counted", "OPTIONS": options}}
        call_command("createcachetable")
    return


def sign_in(person: Person, password: str = "wrong", address: str = "192.0.2.1", **headers: str):
    return Client(REMOTE_ADDR=address, headers=headers).post(LOGIN, {"login": person.email, "password": password})


def refused(answer) -> bool:
    """Whether it says so, in words and by its status; both or neither."""
    told = TOO_MANY in answer.content.decode()
    assert told == (answer.status_code == 429)
    return told


def tries(guess: Callable[[], object], most: int = 60) -> int:
    """How many guesses are looked at before the limit."""
    return next(n for n in range(most) if refused(guess()))


def test_an_account_from_one_address(editor: Person, outsider: Person) -> None:
    assert tries(lambda: sign_in(editor)) == 5
    assert refused(sign_in(editor, PASSWORD))  # the right one too
    assert sign_in(editor, PASSWORD, "192.0.2.2").status_code == 302  # a stranger locks nobody out
    assert sign_in(outsider, PASSWORD).status_code == 302


def test_one_address_at_many_accounts(organisation) -> None:
    assert tries(lambda: sign_in(PersonFactory())) == 30


def test_an_account_from_many_addresses(editor: Person) -> None:
    numbers = iter(range(1, 250))
    assert tries(lambda: sign_in(editor, address=f"198.51.100.{next(numbers)}"), most=150) == 100


def test_one_address_never_uses_up_what_an_account_has(editor: Person, monkeypatch) -> None:
    """Not by waiting out its five minutes, nor by the many addresses that one IPv6 client has."""
    start, looked_at = time.time(), 0
    for n in range(60):
        monkeypatch.setattr(ratelimit.time, "time", lambda n=n: start + 59 * n)
        looked_at += sum(not refused(sign_in(editor, address=f"2001:db8::{n:x}:{each}")) for each in range(1, 3))
    assert looked_at == 20
    assert sign_in(editor, PASSWORD, "192.0.2.2").status_code == 302


@pytest.mark.parametrize("how", ["an administrator", "the console"])
def test_a_reset_lifts_the_limit_of_an_account(editor: Person, administrator: Person, how: str) -> None:
    numbers = iter(range(1, 250))
    assert tries(lambda: sign_in(editor, address=f"198.51.100.{next(numbers)}"), most=150) == 100
    answer = sign_in(editor, PASSWORD)
    assert "an administrator can lift it" in answer.content.decode()
    if how == "the console":
        call_command("reset_sign_in", editor.email)
    else:
        reset_sign_in(person=editor, by=administrator)
    account.set_password(person=Person.objects.get(pk=editor.pk), password="four-green-kettles")
    assert sign_in(editor, "four-green-kettles").status_code == 302


def test_another_host_name_is_no_new_start(editor: Person, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    hosts = (f"h{n}.example" for n in range(100))
    assert tries(lambda: sign_in(editor, Host=next(hosts))) == 5


def test_what_a_client_says_of_its_address_is_no_new_start(editor: Person) -> None:
    numbers = iter(range(1, 250))
    assert tries(lambda: sign_in(editor, **{"X-Forwarded-For": f"198.51.100.{next(numbers)}"})) == 5


def test_signing_in_rightly_is_not_counted(editor: Person) -> None:
    for _each in range(12):
        assert sign_in(editor, PASSWORD).status_code == 302


def test_codes_of_the_second_factor(editor: Person) -> None:
    set_up(editor)
    client = Client()
    client.post(LOGIN, {"login": editor.email, "password": PASSWORD})
    assert tries(lambda: client.post(SECOND, {"code": "12345678"})) == 5
    later = clock.now().timestamp() + 60
    with clock.at(clock.now().fromtimestamp(later, clock.now().tzinfo)):
        assert refused(client.post(SECOND, {"code": shown()}))


def test_recovery_codes_are_guessed_at_the_same_count(editor: Person) -> None:
    codes = set_up(editor)
    client = Client()
    client.post(LOGIN, {"login": editor.email, "password": PASSWORD})
    for guess in ["000000"] * 3 + ["00000000"] * 2:
        assert client.post(SECOND, {"code": guess}).status_code == 422
    assert refused(client.post(SECOND, {"code": codes[0]}))


def test_the_password_asked_again(signed_in, editor: Person) -> None:
    client = signed_in(editor)
    assert tries(lambda: client.post(AGAIN, {"password": "wrong"})) == 5
    assert refused(client.post(AGAIN, {"password": PASSWORD}))


def test_the_present_password_beside_a_new_one(signed_in, editor: Person) -> None:
    client = signed_in(editor)
    assert tries(lambda: client.post("/account/password/", {"password": "wrong", "new": "four-green-kettles"})) == 5


def test_the_code_that_sets_an_app_up(signed_in, editor: Person) -> None:
    client = signed_in(editor)
    client.get("/account/security/app/")
    assert tries(lambda: client.post("/account/security/app/", {"code": "000000"})) == 5


def test_requests_for_a_reset(editor: Person, settings) -> None:
    settings.MAIL_WORKS = True
    assert tries(lambda: Client().post("/accounts/password/reset/", {"email": editor.email})) == 5
    assert len(mail.outbox) == 5


def test_links_to_a_new_address(signed_in, editor: Person, settings) -> None:
    settings.MAIL_WORKS = True
    client = signed_in(editor)
    assert tries(lambda: client.post("/account/address/", {"email": "new@example.com"})) == 5


def test_after_a_reset_one_signs_in_at_once(editor: Person, administrator: Person, signed_in) -> None:
    assert tries(lambda: sign_in(editor, address="127.0.0.1")) == 5
    uid, key = reset_sign_in(person=editor, by=administrator)
    client = Client()
    form = client.get(f"/accounts/password/reset/key/{uid}-{key}/")["Location"]
    client.post(form, {"password1": "four-green-kettles"})
    assert sign_in(editor, "four-green-kettles", "127.0.0.1").status_code == 302


def test_a_flood_of_addresses_does_not_push_the_counts_out() -> None:
    cache.set("count", 5, timeout=600)
    for n in range(400):
        cache.set(f"flood-{n:04}", 1, timeout=600)
    assert cache.get("count") == 5


def test_the_counts_stand_outside_of_the_process(editor: Person) -> None:
    """So all processes count together: they are rows, or keys that another process finds."""
    sign_in(editor)
    if settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT cache_key FROM {settings.CACHES['default']['LOCATION']}")
            found = [key for (key,) in cursor.fetchall()]
    else:
        found = [key.decode() for key in redis.Redis.from_url(settings.REDIS_URL).scan_iter()]
    # Two for the account from this address (in 5 minutes, in an hour), one for the address.
    assert sum("login_failed" in key for key in found) == 3
