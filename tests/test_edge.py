"""What stands at the edge of the portal: sizes, hosts, methods, and where a request may be led."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.http import HttpResponse
from django.test import Client, RequestFactory

from core.bounded_json import DEEPEST
from core.middleware import SizeMiddleware
from core.views import TooLarge, bad_request
from imports import views as imports
from teams.models import Person, Team
from tests.access_world import make_token
from tests.factories import OrganisationFactory

pytestmark = pytest.mark.django_db
LIMIT = 2_500_000  # bytes; written out, so that a raised limit is noticed
LANGUAGES = ("en", "ja")


@pytest.fixture
def client(administrator: Person) -> Client:
    client = Client()
    client.force_login(administrator, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def nobody() -> Client:
    OrganisationFactory()
    return Client()


@pytest.fixture
def token(team: Team, team_admin: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(team, team_admin, 'write', 'a-secret-for-sizes')}"}


# -- Sizes ----------------------------------------------------------------------------------------------------------------

TOO_LARGE = {
    "en": "What was sent is too large, so nothing of it was read.",
    "ja": "送られた内容が大きすぎるため、何も読み込みませんでした。",
}
TOO_MANY = {
    "en": "What was sent has too many fields or files, so nothing of it was read.",
    "ja": "送られた項目またはファイルが多すぎるため、何も読み込みませんでした。",
}
MULTIPART = "multipart/form-data; boundary=x"


def objectives(team: Team) -> str:
    return f"/api/v1/teams/{team.pk}/okrs/objectives/"


def part(name: str, more: str = "", body: bytes = b"1") -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name.encode(), more.encode(), body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "body", "sentences"),
    [
        ("application/x-www-form-urlencoded", b"login=" + b"x" * LIMIT, TOO_LARGE),
        (MULTIPART, part("login", body=b"x" * LIMIT) + b"--x--\r\n", TOO_LARGE),
        (MULTIPART, part("file", '; filename="f"', b"x" * LIMIT) + b"--x--\r\n", TOO_LARGE),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(1001)), TOO_MANY),
        (MULTIPART, b"".join(part(f"a{n}") for n in range(1001)) + b"--x--\r\n", TOO_MANY),
        (MULTIPART, b"".join(part(f"a{n}", '; filename="f"') for n in range(2)) + b"--x--\r\n", TOO_MANY),
    ],
    ids=["form", "multipart", "file", "fields", "multipart fields", "files"],
)
def test_a_form_that_is_too_large(
    nobody: Client, language: str, kind: str, body: bytes, sentences: dict[str, str]
) -> None:
    headers = {"Accept-Language": language}
    response = nobody.post("/accounts/login/", data=body, content_type=kind, headers=headers)
    assert response.status_code == 413
    assert sentences[language] in response.content.decode()
    assert response["Content-Language"] == language


def test_an_address_with_too_many_fields(client: Client) -> None:
    response = client.get("/portfolio/?" + "&".join(f"a{n}=1" for n in range(1001)))
    assert response.status_code == 413


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_body_of_the_api_that_is_too_large(team: Team, token: dict[str, str], language: str) -> None:
    body = json.dumps({"title": "x" * LIMIT})
    headers = token | {"Accept-Language": language}
    response = Client().post(objectives(team), data=body, content_type="application/json", headers=headers)
    assert response.status_code == 413
    assert response.json() == {"detail": TOO_LARGE[language]}


class Counted(BytesIO):
    """What somebody sends, and how much of it was taken."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_is_far_too_large_is_told_in_numbers_with_the_way_back(
    client: Client, administrator: Person, team: Team, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator.language = language
    administrator.save()
    monkeypatch.setattr(imports.new, "largest_body", 3 * 1024 * 1024)
    monkeypatch.setattr(imports.new, "largest_told", 1024 * 1024)
    body, page = (
        Counted(part("file", '; filename="f"', b"x" * 4 * 1024 * 1024)),
        f"/teams/{team.pk}/imports/new/deployments/",
    )
    length = len(body.getvalue())
    sent = {"CONTENT_LENGTH": str(length), "CONTENT_TYPE": MULTIPART, "wsgi.input": body}
    response = client.post(page, headers={"Referer": f"http://testserver{page}"}, **sent)
    sentences = {
        "en": "What was sent has 4\xa0MB; at most 1\xa0MB are taken here, so nothing of it was read.",
        "ja": "送られた内容は4\xa0MBです。ここで受け付けるのは1\xa0MBまでのため、何も読み込みませんでした。",
    }
    assert response.status_code == 413
    assert sentences[language] in response.content.decode()
    assert f'href="http://testserver{page}"' in response.content.decode()
    # To its end: otherwise a proxy that is still sending tells the browser nothing of this.
    assert body.taken == length
    elsewhere = client.post(page, headers={"Referer": "https://evil.example/"}, **(sent | {"wsgi.input": Counted()}))
    assert 'href="/"' in elsewhere.content.decode()


def test_what_is_no_file_or_has_no_end_is_not_taken(
    client: Client, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SizeMiddleware, "FORGOTTEN", LIMIT)
    for page in (f"/teams/{team.pk}/imports/new/deployments/", "/teams/new/"):
        body = Counted(b"x" * 100)
        sent = {"CONTENT_LENGTH": "50000000", "CONTENT_TYPE": MULTIPART, "wsgi.input": body}
        assert client.post(page, **sent).status_code == 413
        assert body.taken == 0, page


@pytest.mark.parametrize("length", ["-1", "1e9", "٣", " ", "9" * 30])
def test_a_length_that_is_none_is_refused_or_read_as_nothing(nobody: Client, length: str) -> None:
    response = nobody.generic("POST", "/accounts/login/", b"", CONTENT_LENGTH=length)
    assert response.status_code in (411, 413, 422)


def test_two_sizes_that_read_the_same_are_not_told() -> None:
    answer = bad_request(RequestFactory().get("/api/v1/teams/"), TooLarge(1_048_580, 1_048_576))
    assert (answer.status_code, json.loads(answer.content)) == (413, {"detail": TOO_LARGE["en"]})


MANY_DIGITS = {
    "en": "The body has a number with thousands of digits.",
    "ja": "本文に数千桁の数値があります。",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_that_nobody_can_read(team: Team, token: dict[str, str], language: str) -> None:
    headers = token | {"Accept-Language": language}
    body = '{"title": ' + "1" * 5001 + "}"
    response = Client().post(objectives(team), body, "application/json", headers=headers)
    assert (response.status_code, response.json()) == (400, {"detail": MANY_DIGITS[language]})


NO_LENGTH = {
    "en": "What was sent does not say how long it is (Content-Length), so nothing of it was read.",
    "ja": "送られた内容の長さ（Content-Length）が示されていないため、何も読み込みませんでした。",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_body_of_unknown_length_is_not_taken_for_none(team: Team, token: dict[str, str], language: str) -> None:
    """As HTTP/1.1 sends it in chunks; the server says no length then."""
    body = Counted(b'{"title": "Faster"}')
    sent = {"CONTENT_LENGTH": "", "CONTENT_TYPE": "application/json", "wsgi.input": body}
    headers = token | {"Accept-Language": language, "Transfer-Encoding": "chunked"}
    response = Client().post(objectives(team), headers=headers, **sent)
    assert (response.status_code, response.json()) == (411, {"detail": NO_LENGTH[language]})
    assert body.taken == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("depth", [DEEPEST + 1, 900, 100_000])
@pytest.mark.parametrize("kind", ["[]", "{}"])
def test_json_that_is_nested_too_deeply(
    team: Team, token: dict[str, str], language: str, depth: int, kind: str
) -> None:
    opened, closed = ("[", "]") if kind == "[]" else ('{"a":', "}")
    body = opened * depth + "1" + closed * depth
    headers = token | {"Accept-Language": language}
    response = Client().post(objectives(team), data=body, content_type="application/json", headers=headers)
    assert response.status_code == 400
    nested = {"en": "The body is nested too deeply.", "ja": "本文の入れ子が深すぎます。"}
    assert response.json() == {"detail": nested[language]}


def test_json_that_is_as_deep_as_it_may_be_is_looked_at(team: Team, token: dict[str, str]) -> None:
    body = "[" * DEEPEST + "]" * DEEPEST
    response = Client().post(objectives(team), data=body, content_type="application/json", headers=token)
    assert response.status_code == 400
    assert response.json().keys() == {"non_field_errors"}  # it is a list, and an objective is none


# -- Hosts ------------------------------------------------------------------------------------------------------------------

HOSTS = [
    "evil.example",
    "portal.example.com.evil.example",
    "evil.example:80",
    "portal.example.com@evil.example",
    "a b",
    "[::1",
    ".",
]


@pytest.fixture
def _at_an_address(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.PORTAL_URL = ["portal.example.com"], "https://portal.example.com"


@pytest.mark.usefixtures("_at_an_address")
@pytest.mark.parametrize("host", HOSTS)
def test_another_host_is_told_where_the_portal_is(nobody: Client, host: str) -> None:
    sentences = {
        "en": "This is not the address of the portal, which answers at https://portal.example.com only.",
        "ja": "ポータルのアドレスが違います。ポータルは https://portal.example.com でのみ応答します。",
    }
    for language, sentence in sentences.items():
        response = nobody.get("/", headers={"Host": host, "Accept-Language": language})
        assert response.status_code == 400
        assert sentence in response.content.decode()
        assert 'href="https://portal.example.com"' in response.content.decode()
    response = nobody.get("/api/v1/me/", headers={"Host": host})
    assert (response.status_code, response.json()) == (400, {"detail": sentences["en"]})


@pytest.mark.usefixtures("_at_an_address")
@pytest.mark.parametrize(
    "host", ["portal.example.com", "PORTAL.example.com", "portal.example.com:8443", "portal.example.com."]
)
def test_the_portal_s_own_host_in_every_spelling(nobody: Client, host: str) -> None:
    assert nobody.get("/accounts/login/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("allowed", [["portal.example.com"], ["*"]])
def test_no_header_decides_where_a_mail_leads(
    nobody: Client, administrator: Person, allowed: list[str], settings: Any
) -> None:
    settings.MAIL_WORKS, settings.PORTAL_URL, settings.ALLOWED_HOSTS = True, "https://portal.example.com", allowed
    form = {"email": administrator.email}
    sent = 0
    for headers in (
        {"Host": "portal.example.com", "X-Forwarded-Host": "evil.example"},
        {"Host": "portal.example.com:666"},
        {"Host": "portal.example.com", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example"},
        {"Host": "portal.example.com", "X-Host": "evil.example", "X-Forwarded-Server": "evil.example"},
        {"Host": "evil.example"},
    ):
        response = nobody.post("/accounts/password/reset/", form, headers=headers)
        sent += response.status_code == 302
    assert len(mail.outbox) == sent == (5 if allowed == ["*"] else 4)
    for message in mail.outbox:
        assert "https://portal.example.com/accounts/password/reset/key/" in message.body
        assert "evil" not in message.body + message.subject
        assert ":666" not in message.body


# -- Methods ----------------------------------------------------------------------------------------------------------------


def test_no_header_and_no_field_stands_for_another_method(client: Client, team: Team, token: dict[str, str]) -> None:
    before = list(Team.objects.values())
    for method in ("DELETE", "PUT", "PATCH", "POST"):
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            headers = {name: method}
            assert client.get(f"/teams/{team.pk}/archive/", headers=headers).status_code == 405
            assert Client().get(f"/api/v1/teams/{team.pk}/", headers=token | headers).status_code == 200
            assert Client().post(f"/api/v1/teams/{team.pk}/", headers=token | headers).status_code == 405
        for query in (f"?_method={method}", f"?method={method}"):
            assert client.get(f"/teams/{team.pk}/archive/{query}").status_code == 405
        assert client.post(f"/teams/{team.pk}/members/", {"_method": method}).status_code == 422
    assert list(Team.objects.values()) == before


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "MOVE", "FOO"])
def test_methods_that_nobody_needs(client: Client, team: Team, method: str) -> None:
    for path in ("/accounts/login/", "/teams/", f"/teams/{team.pk}/archive/", "/account/", "/livez", "/api/v1/me/"):
        response = client.generic(method, path, headers={"X-Echo": "hush-hush"})
        assert response.status_code == 405, f"{method} {path}"
        assert "hush-hush" not in response.content.decode()
    assert Team.objects.get(pk=team.pk).archived_at is None


# -- Where a request may be led -----------------------------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example", "http://evil.example/", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example",
    "\\\\evil.example", "/\t/evil.example", "\t//evil.example", "\n//evil.example", " //evil.example", "http:///evil.example",
    "https:evil.example", "http:\\\\evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "ftp://testserver/",
    "https://testserver@evil.example/", "https://testserver:pw@evil.example", "https://testserver.evil.example/",
    "https://evil.example#testserver", "https://evil.example?testserver", "https://evil.example\\@testserver",
    "https://evil。example", "/\x00/evil.example", "//evil%E3%80%82example",
    "////testserver@evil.example", "https://[::1]/", "//127.0.0.1/", "http://localhost/",
]  # fmt: skip


def leads_away(response: HttpResponse) -> bool:
    """Whether a browser would leave the portal; it reads a backslash as a slash and drops tabs and line ends."""
    address = response.headers.get("Location", "") or response.headers.get("HX-Redirect", "")
    address = address.replace("\\", "/").translate({9: None, 10: None, 13: None}).strip()
    return bool(address) and not (address.startswith("/") and not address.startswith("//"))


@pytest.mark.parametrize(
    "allowed", [["testserver", "localhost", "127.0.0.1", "[::1]"], ["*"]], ids=["named", "every host"]
)
def test_nothing_leads_elsewhere(nobody: Client, administrator: Person, allowed: list[str], settings: Any) -> None:
    settings.ALLOWED_HOSTS = allowed
    administrator.set_password("correct horse battery")
    administrator.save()
    sign_in = {"login": administrator.email, "password": "correct horse battery"}
    wrong = []
    for there in ELSEWHERE:
        known = Client()
        known.force_login(administrator, backend=django_settings.AUTHENTICATION_BACKENDS[0])
        answers = {
            "language": nobody.post("/language/", {"language": "en", "next": there}),
            "language, in a form": nobody.post("/language/", {"speak": "en", "next": there}),
            "signing in": Client().post("/accounts/login/", sign_in | {"next": there}),
            "signing in, by its address": Client().post("/accounts/login/", sign_in, query_params={"next": there}),
            "signed in already": known.get("/accounts/login/", {"next": there}),
            "confirming": known.post("/accounts/reauthenticate/", {"password": sign_in["password"], "next": there}),
            "signing out": known.post("/accounts/logout/", {"next": there}),
            "signing out, by its address": nobody.get("/accounts/logout/", {"next": there}),
        }
        if "\n" not in there and "\x00" not in there:
            answers["a form sent while signed out"] = nobody.post("/teams/new/", headers={"Referer": there})
            answers["a fragment"] = nobody.get("/teams/", headers={"HX-Request": "true", "HX-Current-URL": there})
        wrong += [f"{name}: {there!r} leads to {answer}" for name, answer in answers.items() if leads_away(answer)]
    assert not wrong, "\n".join(wrong)


def test_the_way_back_works_where_it_leads_home(nobody: Client, administrator: Person) -> None:
    administrator.set_password("correct horse battery")
    administrator.save()
    form = {"login": administrator.email, "password": "correct horse battery", "next": "/portfolio/?area=data"}
    assert nobody.post("/language/", {"language": "ja", "next": "/accounts/login/?next=%2F"})["Location"].startswith(
        "/accounts/login/"
    )
    assert nobody.post("/language/", {"language": "ja", "next": "account_logout"})["Location"] != "/accounts/logout/"
    assert nobody.post("/accounts/login/", form)["Location"] == "/portfolio/?area=data"


# -- Sessions ---------------------------------------------------------------------------------------------------------------


def test_a_session_gets_another_key_when_somebody_signs_in_and_is_gone_when_they_sign_out(
    nobody: Client, administrator: Person
) -> None:
    administrator.set_password("correct horse battery")
    administrator.save()
    name = django_settings.SESSION_COOKIE_NAME
    planted = nobody.session  # as somebody would who sets another's cookie before they sign in
    planted["x"] = "planted"
    planted.save()
    nobody.cookies[name] = planted.session_key
    csrf_before = nobody.get("/accounts/login/").cookies["csrftoken"].value
    nobody.post("/accounts/login/", {"login": administrator.email, "password": "correct horse battery"})
    own = nobody.cookies[name].value
    assert own != planted.session_key
    assert nobody.cookies["csrftoken"].value != csrf_before
    stranger = Client()
    stranger.cookies[name] = planted.session_key
    assert stranger.get("/account/").status_code == 302
    nobody.post("/accounts/logout/")
    thief = Client()
    thief.cookies[name] = own
    assert thief.get("/account/").status_code == 302


def test_a_new_password_ends_every_other_session(administrator: Person) -> None:
    administrator.set_password("correct horse battery")
    administrator.save()
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/accounts/login/", {"login": administrator.email, "password": "correct horse battery"})
        assert client.get("/account/").status_code == 200
    here.post(
        "/account/password/",
        {"old": "correct horse battery", "new": "staple battery horse", "password": "staple battery horse"},
    )
    administrator.refresh_from_db()
    administrator.set_password("staple battery horse")
    administrator.save()
    assert there.get("/account/").status_code == 302
