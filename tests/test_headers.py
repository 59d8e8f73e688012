"""What every answer of the portal carries, whoever asks and however it ends: headers, cookies, and who may keep it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from mlops_portal.front import cookies_and_tls, front_at
from teams.models import Organisation, Person
from tests.access_table import ROUTES
from tests.access_world import World
from tests.connections.stub import host_of
from tests.machines.world import cast
from tests.test_access import ask

pytestmark = [pytest.mark.django_db, pytest.mark.walk]
HOST = "portal.example.com"
# What a client sends through the proxy of such a portal.
THROUGH_THE_PROXY = {"HTTP_HOST": HOST, "HTTP_X_FORWARDED_PROTO": "https"}

ALWAYS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def world(db: None) -> World:
    return cast()


@pytest.fixture(autouse=True)
def _behind_tls(settings: Any) -> None:
    """The settings of https://portal.example.com behind one proxy."""
    front = front_at(f"https://{HOST}")
    assert front is not None
    for name, value in cookies_and_tls(front, 1).items():
        setattr(settings, name, value)
    settings.FRONT, settings.PORTAL_URL = front, front.origin
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS, settings.TRUSTED_PROXIES = [HOST], [front.origin], 1
    policy = django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy | {"upgrade-insecure-requests": True}}


def faults(response: Any) -> Iterator[str]:
    """What is wrong with the headers of an answer."""
    for name, value in ALWAYS.items():
        if response.headers.get(name) != value:
            yield f"{name} is {response.headers.get(name)}"
    policy = dict(part.partition(" ")[::2] for part in response.headers.get("Content-Security-Policy", "").split("; "))
    for directive in ("default-src", "object-src", "base-uri", "frame-ancestors"):
        if policy.get(directive) != "'none'":
            yield f"{directive} is {policy.get(directive)}"
    if any("unsafe" in sources or "*" in sources or "http" in sources.split() for sources in policy.values()):
        yield f"the policy is {policy}"
    if "upgrade-insecure-requests" not in policy:
        yield "no upgrade to https"
    if not {"camera=()", "geolocation=()"} <= set(response.headers.get("Permissions-Policy", "").split(", ")):
        yield f"Permissions-Policy is {response.headers.get('Permissions-Policy')}"
    if "ambient-light-sensor" in response.headers.get("Permissions-Policy", ""):
        yield "Chromium warns of a feature that it does not know"
    if "Access-Control-Allow-Origin" in response.headers:
        yield "other pages may read it"
    if "Server" in response.headers or "X-Powered-By" in response.headers:
        yield "tells what it runs on"
    for name, cookie in response.cookies.items():
        gone = cookie["max-age"] == 0
        flags = (cookie["secure"] or gone, cookie["httponly"] or gone, cookie["samesite"] in ("Lax", "Strict"))
        if not all(flags) or cookie["path"] != "/" or cookie["domain"] or not name.startswith("__Host-"):
            yield f"cookie {cookie.output()}"
    kept = response.headers.get("Cache-Control", "")
    if "no-store" not in kept and not {"private", "no-cache"} <= set(kept.split(", ")):
        yield f"Cache-Control is {kept}"


def test_every_route_however_it_answers(world: World) -> None:
    wrong, seen = [], set()
    with host_of(world.service.source):
        for route in ROUTES:
            url = reverse(route.name, args=route.args(world))
            for method, who in (("get", "administrator"), ("get", "nobody"), ("post", "administrator")):
                response = ask(world, route, method, who, url, **THROUGH_THE_PROXY)
                seen.add(response.status_code)
                wrong += [f"{method} {url} by {who} ({response.status_code}): {fault}" for fault in faults(response)]
    assert not wrong, "\n".join(wrong[:20])
    assert seen >= {200, 302, 400, 401, 404, 405, 422}, seen


def answers(client: Client) -> dict[str, HttpResponse]:
    """Those that no row of the table gives."""
    large = {"data": b"x" * 3_000_000, "content_type": "application/octet-stream"}
    return {
        "no page": client.get("/nowhere/"),
        "no route of the API": client.get("/api/v1/nowhere/"),
        "a NUL character": client.get("/teams/%00"),
        "another host": client.get("/teams/", headers={"Host": "evil.example"}),
        "no host": client.get("/teams/", headers={"Host": "a b"}),
        "no TLS": client.get("/teams/", headers={"X-Forwarded-Proto": "http"}),
        "no TLS and another host": client.get("/", headers={"X-Forwarded-Proto": "http", "Host": "evil.example"}),
        "too large": client.post("/accounts/login/", **large),
        "too large for the API": client.post("/api/v1/me/", **large),
        "no CSRF token": Client(enforce_csrf_checks=True, **THROUGH_THE_PROXY).post("/accounts/login/"),
        "an unknown method": client.generic("PROPFIND", "/accounts/login/"),
        "TRACE": client.generic("TRACE", "/accounts/login/"),
        "no such language": client.post("/language/", {"language": "xx"}),
        "no static file": client.get("/static/nowhere.css"),
    }


def test_answers_of_no_route(organisation: Organisation) -> None:
    found = answers(Client(**THROUGH_THE_PROXY))
    told = {name: response.status_code for name, response in found.items()}
    assert told == {
        "no page": 404, "no route of the API": 404, "a NUL character": 400, "another host": 400, "no host": 400,
        "no TLS": 301, "no TLS and another host": 301, "too large": 413, "too large for the API": 413, "no CSRF token": 403,
        "an unknown method": 405, "TRACE": 405, "no such language": 400, "no static file": 404,
    }  # fmt: skip
    for name in ("no TLS", "no TLS and another host"):
        assert found[name]["Location"].startswith(f"https://{HOST}/")
        # Over plain http a browser must not believe HSTS (RFC 6797, 7.2), so it is not sent.
        found[name].headers["Strict-Transport-Security"] = ALWAYS["Strict-Transport-Security"]
    wrong = {name: list(faults(response)) for name, response in found.items()}
    assert not any(wrong.values()), wrong


def test_an_error_of_the_portal(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("teams.views.sign_in.allauth.LoginView.get_context_data", fail)
    response = Client(raise_request_exception=False, **THROUGH_THE_PROXY).get("/accounts/login/")
    assert response.status_code == 500
    assert list(faults(response)) == []


def test_static_files_are_safe_too_and_may_be_kept(organisation: Organisation) -> None:
    response = Client(**THROUGH_THE_PROXY).get("/static/portal.css")
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.status_code == 200
    assert [fault.partition(" is ")[0] for fault in faults(response)] == ["Cache-Control"]
    assert "public" in response["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/account/", "/people/", "/organisation/", "/accounts/login/", "/api/v1/me/", "/organisation/audit/"]
)
def test_what_is_secret_or_personal_is_kept_by_nobody(path: str, administrator: Person) -> None:
    client = Client(**THROUGH_THE_PROXY)
    if not path.startswith("/accounts/"):
        client.force_login(administrator, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    response = client.get(path)
    assert response.status_code == 200
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))


def test_signing_in_works_with_all_of_it_and_sets_cookies_that_only_this_host_gets(administrator: Person) -> None:
    administrator.set_password("correct horse battery")
    administrator.save()
    client = Client(enforce_csrf_checks=True, **THROUGH_THE_PROXY)
    page = client.get("/accounts/login/", secure=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert token
    form = {"login": administrator.email, "password": "correct horse battery", "csrfmiddlewaretoken": token[1]}
    for origin, status in (("https://evil.example", 403), ("null", 403), (f"https://{HOST}", 302)):
        response = client.post("/accounts/login/", form, headers={"Origin": origin})
        assert response.status_code == status, origin
    assert {"__Host-session", "__Host-csrf"} <= response.cookies.keys()
    assert list(faults(response)) == []
    assert response.cookies["__Host-session"]["max-age"] == django_settings.SESSION_COOKIE_AGE


def test_plain_http_gets_no_promises_that_it_cannot_keep(organisation: Organisation, settings: Any) -> None:
    front = front_at("http://portal.example.com")
    assert front is not None
    made = cookies_and_tls(front, 1)
    assert not [
        name for name in made if "HSTS" in name or ("SECURE" in name and "COOKIE" in name) or name.endswith("_NAME")
    ]


# -- Nothing stands inline ------------------------------------------------------------------------------------------------

INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)[^>]*>|\sstyle=|\son[a-z]+=|=\s*.?javascript:", re.IGNORECASE)
COMMENT = re.compile(r"{#.*?#}")
DATA = re.compile(r'<script[^>]*type="application/json"[^>]*>')


def test_no_template_needs_what_the_policy_forbids() -> None:
    wrong = {}
    mail = Path("notices", "mail.html")  # is read in mail programs, which know no stylesheets of ours
    templates = Path(django_settings.BASE_DIR, "templates")
    for file in set(templates.rglob("*.html")) - {templates / mail}:
        found = [hit[0] for hit in INLINE.finditer(COMMENT.sub("", file.read_text())) if not DATA.match(hit[0])]
        if found:
            wrong[file.name] = found
    assert not wrong
