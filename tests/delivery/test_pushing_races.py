"""The same push at the same time, with real threads and transactions. PostgreSQL only: SQLite lets one writer in at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from connections import schedule, sync
from connections.models import Source
from connectors.records import DeploymentRecord, IncidentRecord, Outcome
from delivery import quarters, refresh
from delivery.by_hand import edit_deployment, enter_deployment, withdraw
from delivery.models import Deployment, Incident, PreparedQuarter, PushKey, Service
from delivery.pushing.deployments import Pushed, push_deployments
from delivery.pushing.incidents import PushedIncident, push_incidents
from delivery.pushing.keys import KeyUsed, digest_of
from delivery.services import lock_imports
from teams.models import Person, Team
from tests.connections.factories import NOW
from tests.connections.test_races import at_once
from tests.delivery.factories import at
from tests.roadmaps.test_races import somebody_waits_for_a_lock

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded", "organisation"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs rows that lock"),
]
ROUNDS = 5
FINISHED = at("2026-11-02 09:42")
RECORD = DeploymentRecord("512", Outcome.SUCCEEDED, FINISHED, FINISHED, "production", sha="4f2c")


def pushing(team: Team, by: Person, once: str = "", **changes: Any) -> Callable[[], Any]:
    """`once`: the Idempotency-Key; `changes` of the record."""
    entries, digest = [Pushed("churn-model", replace(RECORD, **changes))], digest_of("deployments", str(changes))
    return lambda: push_deployments(team=team, entries=entries, by=by, key=once, digest=digest)


def test_the_same_deployment_at_once_is_one_of_one_service(team: Team, editor: Person) -> None:
    for number in range(ROUNDS):
        push = pushing(team, editor, f"key-{number}", key=f"build-{number}")
        answers = at_once(push, push, push)
        assert answers == [answers[0]] * 3
        assert answers[0][0]["result"] == "new"
    assert (Service.objects.count(), Deployment.objects.count(), PushKey.objects.count()) == (1, ROUNDS, ROUNDS)


def test_of_different_words_at_once_the_last_known_stands(team: Team, editor: Person) -> None:
    for number in range(ROUNDS):
        words = [{"told_at": at(f"2026-11-02 {hour}:00"), "title": str(hour)} for hour in (10, 12, 11)]
        answers = at_once(*(pushing(team, editor, key=f"build-{number}", **each) for each in words))
        assert not [each for each in answers if isinstance(each, Exception)]
        assert Deployment.objects.get(key=f"push:build-{number}").title == "12"


def test_of_two_bodies_with_one_key_one_is_taken(team: Team, editor: Person) -> None:
    for number in range(ROUNDS):
        calls = [pushing(team, editor, f"key-{number}", key=f"{name}-{number}") for name in "ab"]
        answers = at_once(*calls)
        assert [type(each) for each in answers if isinstance(each, Exception)] == [KeyUsed]
    assert Deployment.objects.count() == ROUNDS


def test_an_incident_of_no_service_at_once_is_one(team: Team, editor: Person) -> None:
    entries = [PushedIncident("", IncidentRecord("INC-1", "Stale", FINISHED, None))]
    answers = at_once(*[lambda: push_incidents(team=team, entries=entries, by=editor)] * 3)
    assert sorted(each[0]["result"] for each in answers) == ["new", "same", "same"]
    assert Incident.objects.get().service is None


def test_a_sync_an_import_and_a_push_do_not_wait_for_each_other(
    team: Team, editor: Person, source: Source, stub: Any
) -> None:
    """Each stores rows that name the team; whoever locks its row must not stop them."""

    @transaction.atomic
    def importing() -> None:
        lock_imports(team)

    for number in range(ROUNDS):
        Source.objects.filter(pk=source.pk).update(next_sync_at=NOW)
        answers = at_once(lambda: sync.sync(source.pk), importing, pushing(team, editor, key=f"build-{number}"))
        assert not [each for each in answers if isinstance(each, Exception)], answers
    assert Deployment.objects.filter(key__startswith="push:").count() == ROUNDS
    assert Deployment.objects.exclude(key__startswith="push:").count() == 5


def test_webhooks_at_once_make_it_due_once(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(schedule, "enqueue", rung.append)
    for _ in range(ROUNDS):
        rung.clear()
        Source.objects.filter(pk=source.pk).update(next_sync_at=at("2026-12-01 00:00"))
        assert at_once(*[lambda: schedule.hasten(source.pk)] * 4) == [True] * 4
        assert rung == [source.pk]


def test_what_is_prepared_while_a_push_waits_is_gone_after_it(team: Team, editor: Person) -> None:
    """The push comes while a team's figures are prepared without it: it is seen waiting for the lock."""
    pushing(team, editor, key="first")()
    second = pushing(team, editor, key="second")
    waited, pushed = at_once(*while_somebody_waits(team, lambda: quarters.prepare(team.pk), second))
    assert (waited, pushed[0]["result"]) == (True, "new")
    assert not PreparedQuarter.objects.filter(team=team).exists()


def test_whoever_changes_told_rows_waits_before_writing_them(team: Team, editor: Person) -> None:
    """A changed policy holds the lock and then writes the same rows: one that had written them first would end both."""
    pushing(team, editor, key="known")()
    told = [PushedIncident("", IncidentRecord("INC-1", "Stale", FINISHED, None))]
    push_incidents(team=team, entries=told, by=editor)
    facts = {"created_at": FINISHED, "finished_at": FINISHED, "branch": "", "sha": "", "title": "", "url": ""}
    entered = enter_deployment(
        team=team, service="by hand", by=editor, environment="production", outcome="succeeded", **facts
    )
    later = replace(told[0].record, title="Stale features", told_at=at("2026-11-03 10:00"))
    changes: list[Callable[[], Any]] = [
        pushing(team, editor, key="known", title="Known", told_at=at("2026-11-03 10:00")),
        lambda: push_incidents(team=team, entries=[PushedIncident("", later)], by=editor),
        lambda: edit_deployment(deployment=entered, wanted={"title": "Known"}, seen={"title": ""}, by=editor),
        lambda: withdraw(row=entered, by=editor),
    ]
    for change in changes:
        waited, answer = at_once(*while_somebody_waits(team, lambda: write_all(team), change))
        assert (waited, isinstance(answer, Exception)) == (True, False), answer


def write_all(team: Team) -> None:
    Deployment.objects.filter(service__team=team).update(failures=F("failures"))
    Incident.objects.filter(team=team).update(dismissed=F("dismissed"))


def while_somebody_waits(team: Team, work: Callable[[], None], come: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Two calls: one works with the team's lock once `come` is seen waiting, and says whether it was; the other comes."""
    holds_the_lock = threading.Event()

    @transaction.atomic
    def working() -> bool:
        refresh.lock(team.pk)
        holds_the_lock.set()
        waits = any(somebody_waits_for_a_lock() for _look in range(20_000))
        work()
        return waits

    def coming() -> Any:
        assert holds_the_lock.wait(10)
        return come()

    return [working, coming]
