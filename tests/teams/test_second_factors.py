"""Authenticator apps, recovery codes, who must have a second factor, and its reset."""

from __future__ import annotations

import base64
import html
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from core import clock
from core.crypto import decrypt
from teams import second_factors as factors
from teams.models import AuditEvent, Organisation, Person
from teams.services import people
from teams.services import second_factors as services
from tests.factories import PASSWORD, PersonFactory
from tests.teams.at_once import both, on_postgresql
from tests.teams.authenticator import SECRET, set_up, shown

pytestmark = pytest.mark.django_db
LOGIN, SECOND = "/accounts/login/", "/accounts/second-factor/"
PAGE, APP, CODES = "/account/security/", "/account/security/app/", "/account/security/recovery-codes/"
EARLIER = timedelta(minutes=10)
PASSKEY = {"name": "Laptop", "credential": {"id": "made-up"}}


@pytest.fixture
def codes(editor: Person) -> list[str]:
    """The editor's recovery codes; they also have an app, set up a while ago."""
    return set_up(editor, clock.now() - EARLIER)


def half_signed_in(person: Person) -> Client:
    client = Client()
    answer = client.post(LOGIN, {"login": person.email, "password": PASSWORD, "next": "/portfolio/"})
    assert answer["Location"] == SECOND
    return client


def told(answer) -> str:
    return html.unescape(answer.content.decode())


# -- Setting up


def test_the_page_shows_a_secret_to_scan_and_to_type_and_takes_its_code(signed_in, editor: Person) -> None:
    client = signed_in(editor)
    page = client.get(APP).content.decode()
    (secret,) = re.findall(r'id="secret"[^>]*>([A-Z2-7 ]+)<', page)
    (image,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert b"<svg" in base64.b64decode(image)

    wrong = client.post(APP, {"code": "000000" if shown(secret) != "000000" else "111111"})
    assert (wrong.status_code, secret in told(wrong)) == (422, True)
    assert client.post(APP, {"code": shown(secret)})["Location"] == CODES
    assert AuditEvent.objects.get().action == "person.app_added"

    once = told(client.get(CODES, follow=True))
    assert len(re.findall(r"^\d{4} \d{4}$|>\d{4} \d{4}$|^\d{4} \d{4}<", once, re.M)) == 10
    assert client.get(CODES)["Location"] == PAGE  # shown once
    assert "10 codes left" in told(client.get(PAGE))


def test_each_look_shows_another_secret(signed_in, editor: Person) -> None:
    client = signed_in(editor)
    first = shown(re.findall(r'id="secret"[^>]*>([^<]+)<', client.get(APP).content.decode())[0])
    client.get(APP)
    assert client.post(APP, {"code": first}).status_code == 422


def test_what_is_stored_does_not_give_the_secrets_away(signed_in, editor: Person, settings) -> None:
    """The raw rows, not what the models make of them."""
    client = signed_in(editor)
    (secret,) = re.findall(r'id="secret"[^>]*>([^<]+)<', client.get(APP).content.decode())
    plain = secret.replace(" ", "")
    assert plain not in str([session.get_decoded() for session in Session.objects.all()])

    client.post(APP, {"code": shown(secret)})
    kept = {row.type: row.data for row in Authenticator.objects.all()}
    seed = decrypt(kept["recovery_codes"]["seed"])
    codes = Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()
    with connection.cursor() as cursor:
        raw = ""
        for table in ("mfa_authenticator", "django_session", "teams_auditevent", "portal_cache"):
            if table in connection.introspection.table_names():
                cursor.execute(f"SELECT * FROM {table}")
                raw += str(cursor.fetchall())
    raw += str([session.get_decoded() for session in Session.objects.all()])
    for value in (plain, seed, *codes):
        assert value not in raw
    assert decrypt(kept["totp"]["secret"]) == plain

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    later = clock.now() + timedelta(minutes=2)
    with clock.at(later):
        assert services.use_code(person=editor, code=shown(plain)) is not None


def test_there_is_one_app_at_a_time(editor: Person, codes) -> None:
    with pytest.raises(services.HasOne):
        services.add_app(person=editor, secret=SECRET, code=shown())


def test_what_changes_sign_in_asks_for_the_password_again(signed_in, editor: Person, codes) -> None:
    with clock.at(clock.now() - timedelta(minutes=6)):
        client = signed_in(editor)
    remove = reverse("security-remove", args=[factors.of(editor).get().pk])
    for method, path in [("get", APP), ("get", "/account/security/passkeys/"), ("post", CODES), ("post", remove)]:
        assert getattr(client, method)(path)["Location"].startswith("/accounts/reauthenticate/"), path
    assert Authenticator.objects.count() == 2


# -- Signing in


def test_the_password_alone_no_longer_signs_in(editor: Person, codes) -> None:
    client = half_signed_in(editor)
    assert client.get("/account/").status_code == 302
    wrong = client.post(SECOND, {"code": "12345"})
    assert (wrong.status_code, client.get("/account/").status_code) == (422, 302)
    assert client.post(SECOND, {"code": shown()})["Location"] == "/portfolio/"
    assert client.get("/account/").status_code == 200


def test_without_the_password_a_code_is_worth_nothing(client: Client, editor: Person, codes) -> None:
    assert client.post(SECOND, {"code": shown()})["Location"] == LOGIN


@pytest.mark.parametrize(("seconds", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_clocks_may_differ_by_half_a_minute(editor: Person, codes, seconds: int, fits: bool) -> None:
    now = clock.now().replace(second=40, microsecond=0)
    with clock.at(now):
        found = services.use_code(person=editor, code=shown(at=now + timedelta(seconds=seconds)))
    assert bool(found) == fits


def test_a_code_works_once_whatever_the_cache_remembers(editor: Person, codes) -> None:
    code = shown()
    assert half_signed_in(editor).post(SECOND, {"code": code}).status_code == 302
    assert half_signed_in(editor).post(SECOND, {"code": code}).status_code == 422


def test_nor_does_an_older_code_after_a_newer_one(editor: Person, codes) -> None:
    now = clock.now()
    with clock.at(now):
        assert services.use_code(person=editor, code=shown(at=now + timedelta(seconds=30)))
        assert services.use_code(person=editor, code=shown()) is None


def test_the_code_that_set_the_app_up_does_not_sign_in(editor: Person) -> None:
    now = clock.now()
    set_up(editor, now)
    with clock.at(now):
        assert services.use_code(person=editor, code=shown()) is None


def test_each_recovery_code_works_once(editor: Person, codes: list[str]) -> None:
    assert len(set(codes)) == 10
    for code in codes[:2]:
        spaced = f"{code[:4]} {code[4:]}"
        assert half_signed_in(editor).post(SECOND, {"code": spaced}).status_code == 302
        assert half_signed_in(editor).post(SECOND, {"code": spaced}).status_code == 422
    assert factors.recovery_codes_left(editor) == 8


def test_new_recovery_codes_end_the_old_ones(signed_in, editor: Person, codes: list[str]) -> None:
    client = signed_in(editor)
    assert client.post(CODES)["Location"] == CODES
    assert services.use_code(person=editor, code=codes[0]) is None
    fresh = re.findall(r"\d{4} \d{4}", client.get(CODES).content.decode())
    assert services.use_code(person=editor, code=fresh[0]) is not None


def test_recovery_codes_stand_in_for_something(signed_in, editor: Person) -> None:
    assert signed_in(editor).post(CODES)["Location"] == PAGE
    assert not Authenticator.objects.exists()


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_two_at_once_use_a_code_once(editor: Person, codes: list[str], kind: str) -> None:
    code = shown() if kind == "app" else codes[0]
    found: list[object] = []

    def use() -> None:
        found.append(services.use_code(person=editor, code=code))

    both(use, use)
    assert sorted(each is None for each in found) == [False, True]


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_two_windows_at_once_set_up_one_app(editor: Person) -> None:
    outcomes: list[str] = []

    def add() -> None:
        try:
            set_up(editor)
            outcomes.append("set up")
        except services.HasOne:
            outcomes.append("refused")

    both(add, add)
    assert sorted(outcomes) == ["refused", "set up"]


# -- Removing


def test_the_last_one_takes_the_recovery_codes_along(signed_in, editor: Person, codes) -> None:
    client = signed_in(editor)
    assert client.post(reverse("security-remove", args=[factors.of(editor).get().pk]))["Location"] == PAGE
    assert not Authenticator.objects.exists()
    assert AuditEvent.objects.first().action == "person.app_removed"
    assert Client().post(LOGIN, {"login": editor.email, "password": PASSWORD})["Location"] == "/"


def test_with_another_one_the_recovery_codes_stay(signed_in, editor: Person, codes) -> None:
    services.add_passkey(person=editor, **PASSKEY)
    signed_in(editor).post(reverse("security-remove", args=[factors.of(editor).first().pk]))
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"webauthn", "recovery_codes"}


def test_nobody_removes_somebody_elses_nor_the_recovery_codes_alone(signed_in, editor, outsider, codes) -> None:
    app = factors.of(editor).get()
    only_codes = Authenticator.objects.get(type="recovery_codes")
    assert signed_in(outsider).post(reverse("security-remove", args=[app.pk])).status_code == 404
    assert signed_in(editor).post(reverse("security-remove", args=[only_codes.pk])).status_code == 404
    assert Authenticator.objects.count() == 2


# -- Who must have one


def require(who: str) -> Organisation:
    Organisation.objects.update(second_factor=who)
    return Organisation.objects.get()


@pytest.mark.parametrize(
    ("who", "administrator_owes", "editor_owes"),
    [("optional", False, False), ("administrators", True, False), ("everyone", True, True)],
)
def test_who_must_have_one(administrator, editor, who: str, administrator_owes: bool, editor_owes: bool) -> None:
    organisation = require(who)
    assert factors.is_owed_by(administrator, organisation) == administrator_owes
    assert factors.is_owed_by(editor, organisation) == editor_owes
    set_up(administrator)
    assert not factors.is_owed_by(administrator, organisation)


def test_who_has_none_is_led_to_set_it_up_before_anything_else(signed_in, editor: Person, team) -> None:
    require("everyone")
    client = signed_in(editor)
    for path in (
        "/",
        "/account/",
        "/portfolio/",
        reverse("members", args=[team.pk]),
        "/account/address/",
        reverse("api-docs"),
    ):
        assert client.get(path).get("Location") == PAGE, path
    assert client.post("/account/", {"name": ""})["Location"] == PAGE
    typed = client.post("/account/", {"name": "Typed"}).content.decode()
    assert f'href="{PAGE}"' in typed
    assert "readonly>Typed</textarea>" in typed
    fragment = client.get("/portfolio/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (204, PAGE)
    assert "requires a second factor" in told(client.get(PAGE))

    (secret,) = re.findall(r'id="secret"[^>]*>([^<]+)<', client.get(APP).content.decode())
    client.post(APP, {"code": shown(secret)})
    assert client.get(CODES).status_code == 200
    assert client.get("/").status_code == 200


def test_so_is_the_api_for_a_session_but_not_for_a_token(signed_in, editor: Person, team) -> None:
    from teams.services.tokens import create_token

    require("everyone")
    for path in ("/api/v1/teams/", "/api/schema/"):
        answer = signed_in(editor).get(path)
        assert answer.status_code == 403
        assert b"requires a second factor" in answer.content
    _token, secret = create_token(team=team, name="CI", scope="read", by=editor)
    assert Client().get("/api/v1/teams/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_the_way_out_and_the_language_stay_open(signed_in, editor: Person) -> None:
    require("everyone")
    client = signed_in(editor)
    assert client.post("/language/", {"language": "ja", "next": PAGE})["Location"] == PAGE
    assert client.get("/accounts/reauthenticate/").status_code == 200
    assert client.post("/accounts/logout/")["Location"] == LOGIN


def test_the_last_one_stays_where_one_is_required(signed_in, editor: Person, codes) -> None:
    require("everyone")
    page = signed_in(editor).post(reverse("security-remove", args=[factors.of(editor).get().pk]), follow=True)
    assert "requires a second factor" in told(page)
    assert Authenticator.objects.count() == 2


def test_an_administrator_chooses_who_must_have_one(signed_in, administrator: Person) -> None:
    client, organisation = signed_in(administrator), Organisation.objects.get()
    fields = {name: getattr(organisation, name) for name in ("name", "language", "time_zone", "second_factor")}
    sent = fields | {f"seen_{name}": value for name, value in fields.items()} | {"second_factor": "everyone"}
    assert client.post("/organisation/", sent)["Location"] == "/organisation/"
    assert Organisation.objects.get().second_factor == "everyone"
    event = AuditEvent.objects.get()
    assert (
        event.sentence({}) == "Changed who must have a second factor from “Nobody; each person decides” to “Everyone”."
    )
    assert client.get("/organisation/")["Location"] == PAGE  # they have none themselves


# -- Reset


def test_a_reset_removes_them_and_tells_no_value(signed_in, administrator: Person, editor: Person, codes) -> None:
    page = signed_in(administrator).post(reverse("person-reset", args=[editor.pk]), follow=True)
    assert "/accounts/password/reset/key/" in told(page)
    assert not Authenticator.objects.exists()
    assert [event.action for event in AuditEvent.objects.all()[:2]] == [
        "person.reset_link_made",
        "person.second_factors_removed",
    ]
    assert all(event.data == {} for event in AuditEvent.objects.filter(actor=administrator))


def test_a_reset_asks_for_the_password_again(signed_in, administrator: Person, editor: Person, codes) -> None:
    with clock.at(clock.now() - timedelta(minutes=6)):
        client = signed_in(administrator)
    back = {"Referer": f"http://testserver/people/{editor.pk}/"}
    answer = client.post(reverse("person-reset", args=[editor.pk]), headers=back)
    assert answer["Location"] == f"/accounts/reauthenticate/?next=%2Fpeople%2F{editor.pk}%2F"
    assert Authenticator.objects.count() == 2


def test_the_console_resets_the_last_administrator(administrator: Person, capsys) -> None:
    set_up(administrator)
    call_command("reset_sign_in", administrator.email.upper())
    assert not Authenticator.objects.exists()
    (path,) = re.findall(r"/accounts/password/reset/key/\S+", capsys.readouterr().out)
    assert Client().get(path).status_code == 302


def test_nobody_signs_in_as_a_sample_person_with_a_passkey_either(rf, organisation) -> None:
    from teams.adapter import PortalAccountAdapter

    person = people.add_sample_person(name="S", email="s@example.com", language="en", time_zone="UTC", role="reader")
    answer = PortalAccountAdapter().pre_login(
        rf.get("/"), person, email_verification="none", signal_kwargs=None, email=None, signup=False, redirect_url=None
    )
    assert answer is not None
    assert (
        PortalAccountAdapter().pre_login(
            rf.get("/"),
            PersonFactory(),
            email_verification="none",
            signal_kwargs=None,
            email=None,
            signup=False,
            redirect_url=None,
        )
        is None
    )


# -- Passkeys: what the browser test cannot send


@pytest.mark.parametrize(
    "credential",
    ["", "x", "[]", "{}", '{"id": 5}', '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}'],
)
def test_a_made_up_passkey_is_refused_in_words(
    client: Client, signed_in, editor: Person, codes, credential: str
) -> None:
    services.add_passkey(person=editor, **PASSKEY)
    person = signed_in(PersonFactory())
    person.get("/account/security/passkeys/")
    assert person.post("/account/security/passkeys/", {"name": "X", "credential": credential}).status_code == 422
    client.get("/accounts/passkey/")
    assert client.post("/accounts/passkey/", {"credential": credential})["Location"].startswith(LOGIN)


@pytest.mark.parametrize(
    ("host", "secure", "works"),
    [("localhost:8000", False, True), ("127.0.0.1:8000", False, False), ("portal.example", True, True),
     ("portal.example", False, False), ("[::1]:8000", True, False)],
)  # fmt: skip
def test_where_browsers_offer_passkeys(rf, settings, host: str, secure: bool, works: bool) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert factors.passkeys_work(rf.get("/", HTTP_HOST=host, secure=secure)) == works


def test_passkeys_belong_to_the_configured_host(client: Client, settings, organisation) -> None:
    settings.PORTAL_URL = "https://portal.example"
    options = client.get("/accounts/passkey/").json()
    assert options["publicKey"]["rpId"] == "portal.example"
    assert options["publicKey"]["userVerification"] == "required"


@pytest.mark.parametrize(("host", "offered"), [("localhost", True), ("127.0.0.1", False)])
def test_the_sign_in_page_offers_passkeys_where_they_work(organisation, settings, host: str, offered: bool) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page = told(Client(headers={"Host": host}).get(LOGIN))
    assert ("Sign in with a passkey" in page, "passkeys.js" in page) == (offered, offered)


def test_the_first_factor_ends_the_other_sessions_and_no_later_one_does(signed_in, editor: Person) -> None:
    here, there = signed_in(editor), signed_in(editor)
    assert there.get(PAGE).status_code == 200
    (secret,) = re.findall(r'id="secret"[^>]*>([^<]+)<', here.get(APP).content.decode())
    here.post(APP, {"code": shown(secret)})
    assert (here.get(PAGE).status_code, there.get(PAGE).status_code) == (200, 302)
    again = signed_in(editor)
    again.get(PAGE)
    services.add_passkey(person=editor, **PASSKEY)
    assert again.get(PAGE).status_code == 200
