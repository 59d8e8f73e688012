"""Webhooks of hosts: only what is rightly signed is heard, and it only hastens a sync."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections import schedule, sync, webhooks
from connections.models import ConnectionState, Source, Webhook
from connections.sharing import join
from connectors.github.hooks import GitHubHook
from connectors.registry import HOOKS
from core import clock
from teams.models import AuditEvent, Person
from tests.connections.factories import NOW, ConnectionFactory, SourceFactory
from tests.connections.synced import run_of, schedule_again
from tests.factories import TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def secret(source: Source, team_admin: Person, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(HOOKS, "stub", GitHubHook())
    schedule_again(source, LATER)
    return webhooks.make(connection=source.connection, by=team_admin)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sent: list[int] = []
    monkeypatch.setattr(schedule, "enqueue", sent.append)
    return sent


def body_of(source: Source) -> bytes:
    return json.dumps({"action": "created", "repository": {"id": int(source.external_id)}}, indent=1).encode()


def signed(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(source: Source, body: bytes, signature: str | None, event: str = "deployment_status", **more: Any) -> Any:
    headers = {"X-GitHub-Event": event} | ({} if signature is None else {"X-Hub-Signature-256": signature})
    url = reverse("hook", args=[more.pop("connection", source.connection_id)])
    return Client(enforce_csrf_checks=True).post(
        url, body, headers=headers, **{"content_type": "application/json"} | more
    )


def state() -> Any:
    return list(Source.objects.order_by("pk").values()), list(Webhook.objects.values())


def test_the_signature_is_that_of_github() -> None:
    """The example of GitHub's own documentation."""
    example = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"X-Hub-Signature-256": example}
    assert GitHubHook().is_signed("It's a Secret to Everybody", headers, b"Hello, World!")
    assert not GitHubHook().is_signed("It's a Secret to Everybody", headers, b"Hello, World?")


def test_what_is_rightly_signed_hastens_the_sync(
    source: Source, secret: str, rung: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    body = body_of(source)
    with django_capture_on_commit_callbacks(execute=True):
        answer = deliver(source, body, signed(secret, body))
    assert (answer.status_code, answer.json()) == (202, {"event": "deployment_status", "hastened": True})
    source.refresh_from_db()
    assert (source.next_sync_at, rung) == (NOW, [source.pk])
    assert Webhook.objects.get().heard_at == NOW


@pytest.mark.parametrize(
    "forge",
    [
        lambda _secret, _body: None,
        lambda _secret, _body: "",
        lambda _secret, _body: "sha256=",
        lambda _secret, body: signed("another", body),
        lambda secret, body: signed(secret, body + b" "),
        lambda secret, body: signed(secret, body).upper(),
        lambda secret, body: signed(secret, body).removeprefix("sha256="),
        lambda secret, body: "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(),
        lambda _secret, _body: "sha256=ü" + "0" * 63,
    ],
)
def test_a_wrong_signature_changes_nothing(source: Source, secret: str, rung: list[int], forge: Any) -> None:
    before, body = state(), body_of(source)
    answer = deliver(source, body, forge(secret, body))
    assert (answer.status_code, answer.json()) == (403, {"detail": "The signature is not right. Nothing was read."})
    assert state() == before
    assert rung == []


def test_one_that_there_is_not_is_refused_alike(source: Source, secret: str) -> None:
    body = body_of(source)
    right, wrong = (deliver(source, body, signed(each, body), connection=10**9) for each in (secret, "x"))
    assert [right.status_code, right.content] == [403, wrong.content]


def test_it_hastens_the_repositories_of_its_own_connection_only(source: Source, secret: str, rung: list[int]) -> None:
    other = SourceFactory(next_sync_at=LATER)
    for body in (body_of(other), b"[]", b'{"repository": 7}', b'{"repository": {"id": "x"}}'):
        answer = deliver(source, body, signed(secret, body))
        assert (answer.status_code, answer.json()["hastened"]) == (202, False)
    assert set(Source.objects.values_list("next_sync_at", flat=True)) == {LATER}


def test_a_ping_is_answered(source: Source, secret: str) -> None:
    body = b'{"zen": "Keep it logically awesome.", "hook_id": 1}'
    answer = deliver(source, body, signed(secret, body), "ping")
    assert (answer.status_code, answer.json()) == (202, {"event": "ping", "hastened": False})


@pytest.mark.parametrize("body", [b"payload=%7B%7D", b"", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_told_and_changes_nothing(source: Source, secret: str, body: bytes) -> None:
    before = state()
    answer = deliver(source, body, signed(secret, body), content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, "application/json" in answer.json()["detail"]) == (400, True)
    assert state() == before


def test_a_large_body_is_not_read(source: Source, secret: str) -> None:
    body = b'{"a": "' + b"x" * (1 << 20) + b'"}'
    answer = deliver(source, body, signed(secret, body))
    assert answer.status_code == 413
    assert "so nothing of it was read." in answer.json()["detail"]


def test_a_flood_costs_one_sync(source: Source, secret: str) -> None:
    """Two a second for a minute, and a worker that comes whenever something is due."""
    body = body_of(source)
    for half in range(120):
        with clock.at(NOW + timedelta(seconds=half / 2)):
            schedule.hasten(source.pk)
            if half % 12 == 0:
                assert deliver(source, body, signed(secret, body)).status_code == 202
            sync.sync(source.pk)
    assert source.runs.count() == 1
    with clock.at(NOW + schedule.SPACING):
        assert sync.sync(source.pk) is not None
    assert source.runs.count() == 2


def test_what_comes_during_a_sync_is_read_a_minute_after_it_began(source: Source, secret: str, stub: Any) -> None:
    schedule_again(source, NOW)
    body = body_of(source)
    answers: list[Any] = []
    stub.before_page = lambda _number: answers.append(deliver(source, body, signed(secret, body)).json()["hastened"])
    sync.sync(source.pk)
    source.refresh_from_db()
    assert set(answers) == {True}
    assert source.next_sync_at == run_of(source).started_at + schedule.SPACING
    stub.before_page = lambda _number: None
    with clock.at(NOW + schedule.SPACING):
        sync.sync(source.pk)
    source.refresh_from_db()
    assert source.next_sync_at == NOW + schedule.SPACING + schedule.INTERVAL


@pytest.mark.parametrize(
    "change",
    [
        {"active": False},
        {"paused": True},
        {"waiting_until": NOW + timedelta(minutes=9)},
        {"connection__state": ConnectionState.NEEDS_TOKEN},
        {"connection__team__archived_at": NOW},
    ],
)
def test_it_hastens_nothing_that_cannot_be_read(source: Source, secret: str, rung: list[int], change: Any) -> None:
    (name, value), connection = next(iter(change.items())), source.connection
    row = {"connection__state": connection, "connection__team__archived_at": connection.team}.get(name, source)
    setattr(row, name.rpartition("__")[2], value)
    row.save(update_fields=[name.rpartition("__")[2]])
    body = body_of(source)
    assert deliver(source, body, signed(secret, body)).json()["hastened"] is False
    assert Source.objects.get().next_sync_at == LATER
    assert rung == []


def test_too_many_wait(source: Source, secret: str, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"hook": "2/m/ip"}
    answers = [deliver(source, b"{}", "sha256=0") for _ in range(3)]
    assert [each.status_code for each in answers] == [403, 403, 429]
    assert answers[2]["Retry-After"] == "60"


# -- The page ---------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once_and_the_next_one_ends_it(
    source: Source, secret: str, signed_in: SignIn, team_admin: Person
) -> None:
    admin, url = signed_in(team_admin), reverse("connection-webhook", args=[source.connection.team_id, source.pk])
    assert url in admin.get(reverse("connection", args=[source.connection.team_id, source.pk])).text
    assert secret not in admin.get(url).text
    assert admin.post(url).status_code == 302
    new, page = Webhook.objects.get().secret, admin.get(url).text
    assert new in page
    assert reverse("hook", args=[source.connection_id]) in page
    assert new not in admin.get(url).text
    body = body_of(source)
    assert [deliver(source, body, signed(each, body)).status_code for each in (secret, new)] == [403, 202]
    admin.post(url, {"end": "1"})
    assert deliver(source, body, signed(new, body)).status_code == 403
    told = AuditEvent.objects.filter(action__startswith="connection.webhook").order_by("pk")
    assert [each.action.partition("_")[2] for each in told] == ["made", "renewed", "ended"]


def test_one_of_the_organisation_hastens_what_is_read_by_it(
    signed_in: SignIn, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HOOKS, "stub", GitHubHook())
    shared = ConnectionFactory(team=None, name="Shared")
    source = SourceFactory(connection=shared, next_sync_at=LATER, share=None)
    join(source, TeamFactory(), shared)
    admin, url = signed_in(administrator), reverse("organisation-connection-webhook", args=[shared.pk])
    assert url in admin.get(reverse("organisation-connection", args=[shared.pk])).text
    admin.post(url)
    secret = Webhook.objects.get().secret
    assert (secret in admin.get(url).text, secret in admin.get(url).text) == (True, False)
    body = body_of(source)
    assert deliver(source, body, signed(secret, body)).json()["hastened"] is True
    assert Source.objects.get().next_sync_at == NOW


def test_what_no_host_posts_to_has_no_such_page(source: Source, signed_in: SignIn, team_admin: Person) -> None:
    url = reverse("connection-webhook", args=[source.connection.team_id, source.pk])
    assert signed_in(team_admin).get(url).status_code == 404
    assert url not in signed_in(team_admin).get(reverse("connection", args=[source.connection.team_id, source.pk])).text
