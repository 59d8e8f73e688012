"""Sign-ins and what changes about them leave a line in the log, by the person's id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from structlog.testing import capture_logs

from teams import security_log
from teams.models import AuditEvent, Person
from teams.services import second_factors, sessions
from tests.factories import PASSWORD
from tests.teams.authenticator import set_up

pytestmark = pytest.mark.django_db
LOGIN, SECOND = "/accounts/login/", "/accounts/second-factor/"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    with capture_logs() as found:
        monkeypatch.setattr(security_log, "log", security_log.structlog.get_logger("teams.security_log"))
        yield found


def told(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    about = ("signed_in", "sign_in_failed", "sign_in_throttled", "sessions_ended", "sign_in_changed")
    return [{k: v for k, v in line.items() if k != "log_level"} for line in lines if line["event"] in about]


def test_a_sign_in_and_two_that_fail(lines, editor: Person) -> None:
    for login, password in [(editor.email, "wrong-pass"), ("who@example.com", "wrong-pass"), (editor.email, PASSWORD)]:
        Client().post(LOGIN, {"login": login, "password": password})
    assert told(lines) == [
        {"event": "sign_in_failed", "person_id": editor.pk, "way": "password"},
        {"event": "sign_in_failed", "person_id": None, "way": "password"},
        {"event": "signed_in", "person_id": editor.pk},
    ]
    assert not any(secret in str(lines) for secret in (editor.email, "who@example.com", "wrong-pass", PASSWORD))


@pytest.mark.usefixtures("limited")
def test_too_many_tries(lines, editor: Person) -> None:
    for _each in range(6):
        Client().post(LOGIN, {"login": editor.email, "password": "wrong-pass"})
    assert told(lines)[-1] == {"event": "sign_in_throttled", "action": "login_failed", "person_id": editor.pk}


def test_a_wrong_code_and_a_recovery_code_that_the_audit_log_tells_too(lines, editor: Person) -> None:
    codes, client = set_up(editor), Client()
    client.post(LOGIN, {"login": editor.email, "password": PASSWORD})
    client.post(SECOND, {"code": "000000"})
    client.post(SECOND, {"code": codes[0]})
    assert told(lines) == [
        {"event": "sign_in_changed", "person_id": editor.pk, "action": "person.app_added"},
        {"event": "sign_in_failed", "person_id": editor.pk, "way": "code"},
        {"event": "sign_in_changed", "person_id": editor.pk, "action": "person.recovery_code_used"},
        {"event": "signed_in", "person_id": editor.pk},
    ]
    assert codes[0] not in str(lines)
    entry = AuditEvent.objects.get(action="person.recovery_code_used")
    assert (entry.actor, entry.subject, entry.data) == (editor, f"person:{editor.pk}", {})


def test_sessions_that_end_and_factors_that_go(lines, signed_in, editor: Person) -> None:
    set_up(editor)
    signed_in(editor).get("/account/")
    lines.clear()
    sessions.end_all(person=editor)
    second_factors.remove_all(person=editor, by=None)
    assert told(lines) == [
        {"event": "sessions_ended", "person_id": editor.pk, "count": 1},
        {"event": "sign_in_changed", "person_id": editor.pk, "action": "person.second_factors_removed"},
    ]
    lines.clear()
    sessions.end_all(person=editor)
    assert told(lines) == []
