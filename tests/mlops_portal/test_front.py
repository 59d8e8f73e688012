"""PORTAL_URL: what it may be, and what follows from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import checks
from mlops_portal.front import Front, cookies_and_tls, front_at, hosts_to_answer
from ops.bootstrap import ROOT

KEY = "c29tZSB0aGlydHktdHdvIGJ5dGVzIG9mIGEga2V5ISE="
# What a server gives itself by hand.
PRODUCTION = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "qA7-wonderfully-long-and-never-guessed-0123456789-abcdefghij",
    "ENCRYPTION_KEYS": KEY,
    "PORTAL_URL": "https://portal.example.com",
    "TRUSTED_PROXIES": "1",
}


@pytest.mark.parametrize(
    ("text", "origin", "host"),
    [
        ("https://portal.example.com", "https://portal.example.com", "portal.example.com"),
        ("https://portal.example.com/", "https://portal.example.com", "portal.example.com"),
        ("HTTPS://Portal.Example.COM:443", "https://portal.example.com", "portal.example.com"),
        ("https://portal.example.com:8443", "https://portal.example.com:8443", "portal.example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "127.0.0.1"),
        ("http://[::1]:80", "http://[::1]", "[::1]"),
        ("https://ポータル.example", "https://xn--5ckzcybvd.example", "xn--5ckzcybvd.example"),
    ],
)
def test_an_address_of_a_portal(text: str, origin: str, host: str) -> None:
    assert front_at(text) == Front(origin, host)


@pytest.mark.parametrize(
    "text",
    [
        "portal.example.com", "ftp://a.example", "https://", "https://a:b", "https://a/?b=c", "https://a.example/portal",
        "https://a.example#x", "https://*.example.com", "https://*", "https://user:secret@a.example", "https://@a.example",
        "https://a example", "https://a,b.example", "https://a\\b", f"https://{'x' * 64}.example", "https://[::1",
    ],
)  # fmt: skip
def test_no_address_of_a_portal(text: str) -> None:
    assert front_at(text) is None


@pytest.mark.parametrize(
    ("url", "production", "host", "answered"),
    [
        ("https://a.example:8443", True, "0.0.0.0", ["a.example"]),
        ("https://a.example", False, "", ["localhost", "127.0.0.1", "[::1]", "a.example"]),
        ("https://a.example", False, "0.0.0.0", ["localhost", "127.0.0.1", "[::1]", "a.example", "0.0.0.0"]),
        ("", False, "0.0.0.0", ["*"]),
        ("", False, "::", ["*"]),
        ("", False, "192.168.0.7", ["localhost", "127.0.0.1", "[::1]", "192.168.0.7"]),
        ("", False, "fd00::7", ["localhost", "127.0.0.1", "[::1]", "[fd00::7]"]),
    ],
)
def test_the_hosts_that_are_answered(url: str, production: bool, host: str, answered: list[str]) -> None:
    front = front_at(url) or Front()
    assert hosts_to_answer(front, production=production, listens_on=host) == answered


def test_a_redirect_to_https_needs_somebody_who_says_how_a_request_came() -> None:
    https = Front("https://a.example", "a.example")
    assert cookies_and_tls(https, 1)["SECURE_SSL_REDIRECT"] is True
    assert cookies_and_tls(https, 0)["SECURE_SSL_REDIRECT"] is False
    assert cookies_and_tls(https, 0)["SECURE_PROXY_SSL_HEADER"] is None
    assert "SESSION_COOKIE_SECURE" not in cookies_and_tls(Front("http://a.example", "a.example"), 1)


@pytest.mark.parametrize(
    ("url", "proxies", "found"),
    [
        ("https://a.example", 1, []),
        ("https://a.example", 0, [checks.NO_PROXY]),
        ("http://a.example", 0, [checks.PLAIN]),
        ("http://127.0.0.1:8000", 0, []),
        ("http://localhost", 0, []),
    ],
)
def test_what_is_warned_of(url: str, proxies: int, found: list[object], settings: object) -> None:
    settings.FRONT, settings.TRUSTED_PROXIES = front_at(url), proxies  # type: ignore[attr-defined]
    assert checks.front() == found


def manage(tmp_path: Path, *arguments: str, **knobs: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` with nothing in its environment but these knobs."""
    environment = {"PATH": os.environ["PATH"], "PORTAL_VAR": str(tmp_path), **knobs}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_production_settings_pass_djangos_deployment_checklist(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_a_production_portal_over_plain_http_is_told_what_that_means(tmp_path: Path) -> None:
    knobs = PRODUCTION | {"PORTAL_URL": "http://portal.example.com", "TRUSTED_PROXIES": "0"}
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **knobs)
    assert done.returncode == 1
    assert "PORTAL_URL is plain http: passwords, sessions and tokens cross the network readable" in done.stderr
    assert done.stderr.count("?: (") == 1, done.stderr


def test_production_with_django_s_error_pages_is_refused(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", DEBUG="true", **PRODUCTION)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The portal does not start: DEBUG is on in production")


def test_the_settings_follow_the_portal_s_address(tmp_path: Path) -> None:
    names = ["ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "PORTAL_URL", "SESSION_COOKIE_NAME", "CSRF_COOKIE_SECURE"]
    show = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {names}]))"
    # What was a knob once is none any more.
    old = {"ALLOWED_HOSTS": "evil.example", "CSRF_TRUSTED_ORIGINS": "https://evil.example"}
    done = manage(tmp_path, "shell", "--no-imports", "-c", show, **PRODUCTION, **old)
    assert json.loads(done.stdout or "null") == [
        ["portal.example.com"],
        ["https://portal.example.com"],
        "https://portal.example.com",
        "__Host-session",
        True,
    ], done.stderr
