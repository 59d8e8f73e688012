"""The secrets of the settings: not in the command lines, logs and files of a portal, nor in what it says when it cannot start."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.processes import everyone
from tests.ops.conftest import Launch

pytestmark = pytest.mark.stack
KEY = "Y2FuYXJ5LWVuY3J5cHRpb24ta2V5LTMyLWJ5dGVzISE="
SECRETS = {
    "SECRET_KEY": "canary-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ENCRYPTION_KEYS": KEY,
    "EMAIL_URL": "smtp+tls://mailer:canary-mail-password@mail.example.com:587",
    "PORTAL_URL": "http://127.0.0.1",
}
HIDDEN = ("canary", KEY)


def status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)


def test_a_running_portal(launch: Launch) -> None:
    portal = launch(**SECRETS).wait_until_ready()
    assert status(urllib.request.Request(portal.address + "/people/?q=grace@example.com")) == 200
    # Forged and mistyped, straight to gunicorn: no proxy is trusted, so nothing of it is believed or written down.
    for path, headers in (
        ("/invitation/canary-of-an-invitation/", {}),
        ("/api/v1/me/?token=canary-in-a-query", {"Authorization": "Bearer canary-token"}),
        ("/livez", {"X-Forwarded-Proto": "https", "SCRIPT_NAME": "/canary", "Script-Name": "/canary"}),
        (f"/{'x' * 5000}", {"X": "canary-in-a-header"}),
        ("/", {"X": "canary" * 2000}),
    ):
        assert status(urllib.request.Request(portal.address + path, headers=headers)) in (
            200,
            400,
            401,
            404,
            414,
            431,
        ), path
    mine = set(portal.running())
    commands = [" ".join(command) for process, _, command in everyone() if process in mine]
    assert len(commands) >= 4
    told = {"command lines": "\n".join(commands), "what was said": "\n".join(portal.lines)}
    portal.process.terminate()
    told["last words"] = portal.process.communicate()[0]
    for file in portal.var.rglob("*"):
        if file.is_file() and not file.resolve().is_relative_to((portal.var / "static").resolve()):
            told[str(file.relative_to(portal.var))] = file.read_bytes().decode("utf-8", "replace")
    assert {"log/web.log", "log/worker.log", "run/supervisord.conf"} <= told.keys()
    assert not {name for name, text in told.items() for secret in (*HIDDEN, "grace@") if secret in text}
    assert "request_finished" in told["log/web.log"]
    assert "gunicorn.access" not in told["log/web.log"]


@pytest.mark.parametrize(
    "knobs",
    [
        {"SECRET_KEY": SECRETS["SECRET_KEY"], "ENCRYPTION_KEYS": f"{KEY},canary-that-is-no-key"},
        {"EMAIL_URL": "smpt://mailer:canary-mail-password@mail.example.com"},
        {"EMAIL_URL": SECRETS["EMAIL_URL"], "PORTAL_URL": ""},
        {"PORTAL_URL": "https://me:canary-password@portal.example.com"},
        {"DATABASE_URL": "mysql://portal:canary-password@db.example.com/portal"},
        {"DATABASE_URL": "postgres://portal:canary-password@127.0.0.1:1/portal"},
        {"DATABASE_URL": "postgres://portal:canary-password@127.0.0.1:port/portal"},
        {"REDIS_URL": "redis://:canary-password@127.0.0.1:1/0"},
        {"REDIS_URL": "canary-password@127.0.0.1:1/0"},
        {"OUTGOING_ALLOW": "https://me:canary-password@ghe.lan"},
    ],
    ids=lambda knobs: next(reversed(knobs)),
)
def test_a_portal_that_cannot_start(refusal: Callable[..., str], tmp_path: Path, knobs: dict[str, str]) -> None:
    told = refusal(**knobs)
    assert not [secret for secret in HIDDEN if secret in told], told
    log = tmp_path / "var" / "log" / "prepare.log"
    assert not log.exists() or not [secret for secret in HIDDEN if secret in log.read_text()]
