"""Who asks: only what trusted proxies say is believed, and only their part of it. Health checks ask under any name."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from core.proxies import ProxyMiddleware, believe
from teams.models import Organisation

PEER = "10.0.0.2"


@pytest.mark.parametrize(
    ("proxies", "said", "client"),
    [
        (0, "6.6.6.6", PEER),
        (0, "", PEER),
        (1, "", PEER),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6,1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", PEER),  # came past the outer proxy: nobody trusted said who it was
        (1, "1.2.3.4:5678", "1.2.3.4"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "1.2.3.4, unknown", PEER),
        (1, "1.2.3.4, ", PEER),
        (1, "<script>", PEER),
    ],
)
def test_the_client_s_address(proxies: int, said: str, client: str) -> None:
    meta = {"REMOTE_ADDR": PEER} | ({"HTTP_X_FORWARDED_FOR": said} if said else {})
    believe(meta, proxies)
    assert meta == {"REMOTE_ADDR": client}


@pytest.mark.parametrize(
    ("proxies", "said", "protocol"),
    [
        (0, "https", None),
        (1, "https", "https"),
        (1, "HTTPS", "https"),
        (1, "http", "http"),
        (1, "https, http", "http"),  # the first is the client's
        (2, "https, https, http", "https"),
        (2, "http", "http"),
        (1, "https, gopher", None),
        (3, "https, http", None),
        (1, "", None),
    ],
)
def test_the_protocol(proxies: int, said: str, protocol: str | None) -> None:
    meta = {"HTTP_X_FORWARDED_PROTO": said}
    believe(meta, proxies)
    assert meta.get("HTTP_X_FORWARDED_PROTO") == protocol


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_what_no_proxy_is_asked_for_reaches_no_library(proxies: int) -> None:
    meta = {"REMOTE_ADDR": PEER, "HTTP_HOST": "portal.example", "HTTP_USER_AGENT": "x"}
    forged = {
        f"HTTP_{name}": "evil.example"
        for name in (
            "FORWARDED", "X_FORWARDED_HOST", "X_FORWARDED_PORT", "X_FORWARDED_SERVER", "X_FORWARDED", "X_REAL_IP",
            "X_CLIENT_IP", "CLIENT_IP", "TRUE_CLIENT_IP", "CF_CONNECTING_IP", "X_FORWARDED_PREFIX", "X_FORWARDED_SSL",
        )
    }  # fmt: skip
    both = meta | forged
    believe(both, proxies)
    assert both == meta


def seen(settings: Any, proxies: int, **headers: str) -> HttpRequest:
    """The request as the portal sees it behind so many proxies."""
    settings.TRUSTED_PROXIES = proxies
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    request = RequestFactory().get("/teams/", headers=headers, REMOTE_ADDR=PEER)
    ProxyMiddleware(lambda _: HttpResponse())(request)
    return request


FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": "6.6.6.6",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.example",
}


def test_forged_headers_change_nothing_without_a_proxy(settings: Any) -> None:
    request = seen(settings, 0, **FORGED)
    assert not request.is_secure()
    assert request.get_host() == "testserver"
    assert request.build_absolute_uri() == "http://testserver/teams/"
    assert get_adapter().get_client_ip(request) == PEER  # what attempts are counted by
    assert not {name.lower() for name in FORGED} & {name.lower() for name in request.headers}


def test_a_trusted_proxy_is_believed_and_its_client_is_not(settings: Any) -> None:
    request = seen(settings, 1, **FORGED | {"X-Forwarded-For": "6.6.6.6, 1.2.3.4"})
    assert request.is_secure()
    assert request.get_host() == "testserver:80"
    assert get_adapter().get_client_ip(request) == "1.2.3.4"


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "evil.example", "3f2a9c", "", "a b"])
def test_health_is_told_under_every_name(host: str, organisation: Organisation, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["portal.example.com"]
    settings.SECURE_SSL_REDIRECT, settings.SECURE_REDIRECT_EXEMPT = True, [r"^livez$", r"^readyz$"]
    assert Client().get("/livez", headers={"Host": host}).status_code == 200
    settings.SECURE_SSL_REDIRECT = False
    for path in ("/", "/livez/", "/livez/../teams/", "//livez", "/teams/"):
        assert Client().get(path, headers={"Host": host or "x"}).status_code == 400, path
