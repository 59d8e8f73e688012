"""Who gets the token of an outgoing request: the right name over TLS, the own origin only, and no log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import http_guard
from core.http import Client
from tests.core.http_host import SECRET, TOKEN, Host, Reply, certificate, names, refusal

pytestmark = pytest.mark.usefixtures("naps")


# -- TLS ---------------------------------------------------------------------------------------------------------------


def test_tls_verifies_the_name_that_was_asked_for_though_the_address_was_checked(
    hosts: Callable[..., Host], settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(http_guard, "resolve", names(["127.0.0.1"]))
    context, bundle = certificate(tmp_path, "right.example")
    host = hosts(context)
    right = Client(f"https://right.example:{host.port}", SECRET, ca_bundle=bundle)
    assert right.get("x").data == {"fine": True}
    assert right.get("x").data == {"fine": True}
    wrong = Client(f"https://wrong.example:{host.port}", SECRET, ca_bundle=bundle)
    error = refusal(lambda: wrong.get("x"))
    assert (error.code, error.permanent) == ("tls", True)
    unknown = Client(f"https://right.example:{host.port}", SECRET)
    assert refusal(lambda: unknown.get("x")).code == "tls"
    assert len(host.seen) == 2  # nobody else got a request, so nobody got the token


def test_a_host_that_speaks_no_tls(host: Host) -> None:
    assert refusal(lambda: Client(f"https://127.0.0.1:{host.port}", SECRET).get("x")).code == "tls"
    assert host.seen == []


# -- Where the token goes ---------------------------------------------------------------------------------------------


def test_a_redirect_within_the_origin_keeps_the_token(host: Host) -> None:
    host.replies = [Reply(301, b"", {"Location": "/repositories/7?page=2"}), Reply(302, b"{}", {"Location": "../x"})]
    response = Client(host.url, SECRET).get("repos/a/b", {"page": 2})
    assert [path for path, _ in host.seen] == ["/repos/a/b?page=2", "/repositories/7?page=2", "/x"]
    assert all(headers["authorization"] == SECRET["Authorization"] for _, headers in host.seen)
    assert response.url == f"{host.url}/x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_refused(status: int, hosts: Callable[..., Host], host: Host) -> None:
    other = hosts()  # the same host, another port
    host.replies = [Reply(status, b"", {"Location": f"{other.url}/steal"})]
    error = refusal(lambda: Client(host.url, SECRET).get("x"))
    assert (error.code, error.permanent) == ("redirected_elsewhere", True)
    assert error.params == {"host": f"127.0.0.1:{host.port}", "to": f"127.0.0.1:{other.port}"}
    assert other.connections == 0


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1:{port}/x",
        "http://localhost:{port}/x",
        "//elsewhere.example/x",
        "http://127.0.0.1.evil.example/",
    ],
)
def test_what_counts_as_another_origin(target: str, host: Host) -> None:
    host.replies = [Reply(302, b"", {"Location": target.format(port=host.port)})]
    assert refusal(lambda: Client(host.url, SECRET).get("x")).code == "redirected_elsewhere"
    assert len(host.seen) == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://user:pw@127.0.0.1:{port}/x", "gopher://127.0.0.1/"])
def test_a_redirect_to_something_odd_is_refused(target: str, host: Host) -> None:
    host.replies = [Reply(302, b"", {"Location": target.format(port=host.port)})]
    error = refusal(lambda: Client(host.url, SECRET).get("x"))
    assert error.code in ("bad_address", "user_in_address", "redirected_elsewhere")
    assert "pw" not in str(error)


def test_redirects_come_to_an_end(host: Host) -> None:
    host.replies = [Reply(302, b"", {"Location": "/round"}) for _ in range(20)]
    assert refusal(lambda: Client(host.url).get("x")).code == "too_many_redirects"
    assert len(host.seen) == 6


def test_a_page_link_to_another_origin_is_refused(hosts: Callable[..., Host], host: Host) -> None:
    other = hosts()
    host.replies = [Reply(headers={"Link": f'<{other.url}/x?page=2>; rel="next", <{host.url}/x?page=9>; rel="last"'})]
    client = Client(host.url, SECRET)
    link = client.get("x").next_url
    assert link == f"{other.url}/x?page=2"
    assert refusal(lambda: client.get(str(link))).code == "redirected_elsewhere"
    assert other.connections == 0


def test_a_page_link_within_the_origin_is_followed_as_it_stands(host: Host) -> None:
    host.replies = [Reply(headers={"Link": '</x?after=A%2BB%3D&page=2>; rel="next"'})]
    client = Client(f"{host.url}/api/v3", SECRET)
    assert client.get("/x").next_url == f"{host.url}/x?after=A%2BB%3D&page=2"
    client.get(f"{host.url}/x?after=A%2BB%3D&page=2")
    assert [path for path, _ in host.seen] == ["/api/v3/x", "/x?after=A%2BB%3D&page=2"]


@pytest.mark.parametrize("link", ["", "nonsense", '<>; rel="next"', '<http://a/>; rel="prev"', ",,;;=<"])
def test_no_next_page(link: str, host: Host) -> None:
    host.replies = [Reply(headers={"Link": link})]
    assert Client(host.url).get("x").next_url is None


def test_the_token_is_never_logged_or_shown(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    host.replies = [Reply(500), Reply(401, b'{"message": "Bad credentials"}')]
    client = Client(host.url, SECRET)
    error = refusal(lambda: client.get("x"))
    assert caplog.records
    for text in (caplog.text, repr(client), str(error), repr(error), json.dumps(error.params)):
        assert TOKEN not in text


def test_cookies_are_not_kept(host: Host) -> None:
    host.replies = [Reply(headers={"Set-Cookie": "session=1; Path=/"})]
    client = Client(host.url)
    client.get("x")
    client.get("x")
    assert "cookie" not in host.seen[1][1]


def test_a_token_with_characters_that_no_token_has(host: Host) -> None:
    for token in ("two\nlines", "日本語"):
        assert refusal(lambda: Client(host.url, {"Authorization": f"Bearer {token}"}).get("x")).code == "unauthorised"  # noqa: B023
    assert host.seen == []
