"""One sync of one source: what it writes, what is due next, what faults and people in mid sync change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from connections import services, stores, sync
from connections.models import ConnectionState, Credential, RunOutcome, Source, SyncRun
from connectors.records import DeploymentSource, Outcome, ReadOptions, SetAside
from core import clock
from core.http import OutgoingError, RateLimit, RateLimited
from delivery.models import Deployment, Incident
from teams.models import Person
from tests.connections.factories import NOW, SourceFactory
from tests.connections.stub import StubConnector, deployment, quietly
from tests.connections.synced import rows, schedule_again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def test_a_sync_stores_what_the_host_has(source: Source, stub: StubConnector) -> None:
    run = sync.sync(source.pk)

    assert run is not None
    assert run.outcome == RunOutcome.SUCCEEDED
    assert Deployment.objects.count() == 5
    assert Incident.objects.count() == 3
    assert run.counts["deployments"] == {
        "pages": 3,
        "read": 5,
        "stored": 5,
        "set_aside": 0,
        "reached": (NOW - timedelta(days=5, minutes=5)).isoformat(),
        "done": True,
        "left": None,
        "refused": "",
    }
    assert run.counts["incidents"]["reached"] == (NOW - timedelta(days=9)).isoformat()
    assert (run.total("read"), run.total("stored"), run.requests) == (8, 8, 5)
    source.refresh_from_db()
    assert source.next_sync_at == NOW + timedelta(minutes=15)
    assert source.succeeded_at == NOW
    assert (source.lease_owner, source.lease_until) == ("", None)


def test_the_connector_gets_the_token_the_options_and_the_state(source: Source, stub: StubConnector) -> None:
    sync.sync(source.pk)
    schedule_again(source)
    sync.sync(source.pk)

    assert stub.tokens == [("https://api.example.com", "secret-token")] * 2
    assert stub.reads[0]["options"] == ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("incident",))
    assert stub.reads[0]["state"] == {}
    assert len(stub.reads[1]["state"]["deployments"]["done"]) == 5


def test_a_second_sync_with_nothing_new_writes_no_row(source: Source) -> None:
    sync.sync(source.pk)
    before = rows()
    schedule_again(source)
    second = sync.sync(source.pk)

    assert second is not None
    assert rows() == before
    assert second.total("stored") == 0


def test_nothing_happens_unless_it_is_due(source: Source) -> None:
    schedule_again(source, NOW + timedelta(seconds=1))
    assert sync.sync(source.pk) is None
    schedule_again(source, None)
    assert sync.sync(source.pk) is None
    assert not SyncRun.objects.exists()
    assert rows() == []


def test_a_message_that_comes_twice_finds_nothing_due(source: Source) -> None:
    assert sync.sync(source.pk) is not None
    assert sync.sync(source.pk) is None
    assert SyncRun.objects.count() == 1


def test_while_one_worker_reads_another_gets_nothing(source: Source, stub: StubConnector) -> None:
    others: list[SyncRun | None] = []
    stub.before_page = lambda _: others.append(sync.sync(source.pk))
    sync.sync(source.pk)

    assert others == [None] * 5
    assert SyncRun.objects.count() == 1


# -- A person changes something in mid sync ---------------------------------------------------------------------------


def test_new_options_stop_a_running_sync_before_it_writes(
    source: Source, stub: StubConnector, team_admin: Person
) -> None:
    """The old sync's cursor must not overwrite the reset one, or what it passed over would never be read."""

    def change(number: int) -> None:
        if number == 2:
            options = ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("incident", "outage"))
            services.change_options(source_id=source.pk, team=source.connection.team, options=options, by=team_admin)

    stub.before_page = change
    run = sync.sync(source.pk)

    assert run is not None
    assert run.outcome == RunOutcome.STOPPED
    assert Deployment.objects.count() == 2
    source.refresh_from_db()
    assert source.lease_until is None
    assert source.next_sync_at == NOW
    stub.before_page = quietly
    again = sync.sync(source.pk)
    assert again is not None
    assert again.outcome == RunOutcome.SUCCEEDED
    assert Incident.objects.count() == 3


def test_a_paused_sync_stops_and_goes_on_where_it_was(source: Source, stub: StubConnector, team_admin: Person) -> None:
    stub.before_page = lambda number: (
        services.pause(source_id=source.pk, team=source.connection.team, by=team_admin) if number == 3 else None
    )
    run = sync.sync(source.pk)
    assert run is not None
    assert run.outcome == RunOutcome.STOPPED
    assert sync.sync(source.pk) is None

    services.resume(source_id=source.pk, team=source.connection.team, by=team_admin)
    stub.before_page = quietly
    second = sync.sync(source.pk)
    assert second is not None
    assert second.total("stored") == 4
    assert len(rows()) == 8


def test_a_disconnected_source_is_not_written_to(source: Source, stub: StubConnector, team_admin: Person) -> None:
    stub.before_page = lambda number: (
        services.disconnect(source_id=source.pk, team=source.connection.team, by=team_admin) if number == 2 else None
    )
    sync.sync(source.pk)
    assert Deployment.objects.count() == 2
    source.refresh_from_db()
    assert source.next_sync_at is None


# -- Faults -----------------------------------------------------------------------------------------------------------


def fail(stub: StubConnector, error: Exception, page: int = 2) -> None:
    def before(number: int) -> None:
        if number == page:
            raise error

    stub.before_page = before


def test_a_fault_that_passes_is_tried_again_ever_later(source: Source, stub: StubConnector) -> None:
    fail(stub, OutgoingError("server_error", host="api.example.com", status=502))
    at = NOW
    for minutes in (1, 2, 5, 15, 60, 60):
        with clock.at(at):
            run = sync.sync(source.pk)
        assert run is not None
        assert (run.outcome, run.error_code) == (RunOutcome.FAILED, "server_error")
        source.refresh_from_db()
        assert source.next_sync_at == at + timedelta(minutes=minutes)
        at = source.next_sync_at
    assert source.error_params == {"host": "api.example.com", "status": 502}
    stub.before_page = quietly
    with clock.at(at):
        sync.sync(source.pk)
    source.refresh_from_db()
    assert (source.failures, source.error_code) == (0, "")
    assert len(rows()) == 8


def test_what_was_read_before_a_fault_stays(source: Source, stub: StubConnector) -> None:
    fail(stub, OutgoingError("dropped", host="x"))
    run = sync.sync(source.pk)
    assert run is not None
    assert Deployment.objects.count() == 2
    assert run.requests == 2, "the request that failed is told as well"


def test_a_fault_only_a_person_can_cure_is_looked_at_hourly(source: Source, stub: StubConnector) -> None:
    fail(stub, OutgoingError("not_found", host="x"), page=1)
    sync.sync(source.pk)
    source.refresh_from_db()
    assert source.next_sync_at == NOW + timedelta(hours=1)


def test_a_refused_token_stops_everything_until_a_person_enters_one(source: Source, stub: StubConnector) -> None:
    other = SourceFactory(connection=source.connection)
    fail(stub, OutgoingError("unauthorised", host="x"))
    run = sync.sync(source.pk)

    assert run is not None
    assert run.error_code == "unauthorised"
    source.connection.refresh_from_db()
    assert source.connection.state == ConnectionState.NEEDS_TOKEN
    for each in (source, other):
        each.refresh_from_db()
        assert each.next_sync_at is None
    assert Credential.objects.exists(), "the old one stays until another is entered"


def test_a_token_entered_while_the_old_one_was_refused_wins(source: Source, stub: StubConnector) -> None:
    def before(number: int) -> None:
        if number == 2:
            Credential.objects.all().delete()
            Credential.objects.create(connection=source.connection, token="new")
            raise OutgoingError("unauthorised", host="x")

    stub.before_page = before
    sync.sync(source.pk)
    source.refresh_from_db()
    assert source.next_sync_at == NOW
    assert not source.connection.needs_token


def test_a_used_up_limit_is_waited_for_by_all_of_the_token(source: Source, stub: StubConnector) -> None:
    other = SourceFactory(connection=source.connection)
    stranger = SourceFactory()
    until = NOW + timedelta(minutes=31)
    fail(stub, RateLimited(until, host="x"))
    run = sync.sync(source.pk)

    assert run is not None
    assert run.outcome == RunOutcome.WAITING
    for each in (source, other):
        each.refresh_from_db()
        assert (each.next_sync_at, each.waiting_until) == (until, until)
    stranger.refresh_from_db()
    assert stranger.next_sync_at == NOW
    stub.before_page = quietly
    with clock.at(until):
        sync.sync(source.pk)
    source.refresh_from_db()
    assert source.waiting_until is None
    assert source.failures == 0
    assert len(rows()) == 8


def test_no_token_and_one_that_no_key_decrypts_ask_for_one(source: Source, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["x3hT0pGTCsSdFkrNGt4Xq0Vd8bq0kMZc3aHqLxnHqMg="]
    run = sync.sync(source.pk)
    assert run is not None
    assert run.error_code == "undecryptable"
    source.refresh_from_db()
    assert source.connection.needs_token

    Credential.objects.all().delete()
    Source.objects.filter(pk=source.pk).update(next_sync_at=NOW)
    run = sync.sync(source.pk)
    assert run is not None
    assert run.error_code == "no_token"


def test_a_defect_of_ours_is_told_and_tried_again(
    source: Source, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(stores, "store", broken)
    run = sync.sync(source.pk)
    assert run is not None
    assert (run.outcome, run.error_code) == (RunOutcome.FAILED, "internal")
    assert "ZeroDivisionError" in caplog.text
    assert "secret-token" not in caplog.text
    source.refresh_from_db()
    assert source.next_sync_at == NOW + timedelta(minutes=1)
    assert source.state == {}


def test_the_limit_the_host_told_is_kept(source: Source, stub: StubConnector, monkeypatch: pytest.MonkeyPatch) -> None:
    client = stub.client

    def with_rate(base_url: str, token: str) -> Any:
        made = client(base_url, token)
        made.rate = RateLimit(5000, 4990, NOW + timedelta(minutes=40))
        made.not_modified = 2
        return made

    monkeypatch.setattr(stub, "client", with_rate)
    run = sync.sync(source.pk)
    source.refresh_from_db()
    assert run is not None
    assert (run.rate_limit, run.rate_remaining, run.not_modified) == (5000, 4990, 2)
    assert (source.rate_limit, source.rate_remaining) == (5000, 4990)
    assert source.rate_reset == NOW + timedelta(minutes=40)


# -- Set aside, unfinished --------------------------------------------------------------------------------------------


def test_what_cannot_be_understood_is_kept_once_asked_again_and_cleared(source: Source, stub: StubConnector) -> None:
    stub.set_aside = [SetAside("deployment:9", "missing_instant", "created_at", "https://example.com/9")]
    sync.sync(source.pk)
    kept = source.set_aside.get()
    assert (kept.reason, kept.detail, kept.first_seen_at, kept.cleared_at) == (
        "missing_instant",
        "created_at",
        NOW,
        None,
    )

    later = NOW + timedelta(minutes=15)
    with clock.at(later):
        sync.sync(source.pk)
    assert stub.reads[1]["again"] == ["deployment:9"]
    kept = source.set_aside.get()
    assert (kept.first_seen_at, kept.last_seen_at, kept.cleared_at) == (NOW, later, None)

    stub.set_aside = []
    stub.rows["deployments"].append(deployment(9, NOW - timedelta(days=9)))
    with clock.at(later + timedelta(minutes=15)):
        sync.sync(source.pk)
    assert source.set_aside.get().cleared_at == later + timedelta(minutes=15)
    assert Deployment.objects.filter(key="deployment:9").exists()


def test_what_is_gone_is_not_asked_for_again(source: Source, stub: StubConnector) -> None:
    stub.set_aside = [SetAside("deployment:9", "gone"), SetAside("run:?", "missing_value", "id")]
    sync.sync(source.pk)
    stub.set_aside = []
    with clock.at(NOW + timedelta(minutes=15)):
        sync.sync(source.pk)
    assert stub.reads[1]["again"] == []
    assert not source.set_aside.open().exists()


def test_a_failed_sync_clears_nothing(source: Source, stub: StubConnector) -> None:
    stub.set_aside = [SetAside("deployment:9", "missing_instant")]
    sync.sync(source.pk)
    stub.set_aside = []
    fail(stub, OutgoingError("dropped", host="x"), page=3)
    with clock.at(NOW + timedelta(minutes=15)):
        sync.sync(source.pk)
    assert source.set_aside.open().exists()


def test_what_was_running_is_asked_for_by_itself_for_seven_days(source: Source, stub: StubConnector) -> None:
    began = NOW - timedelta(days=6)
    running = deployment(7, NOW, created_at=began, outcome=Outcome.RUNNING, finished_at=None)
    stub.rows = {"deployments": [running], "incidents": []}
    sync.sync(source.pk)
    with clock.at(began + timedelta(days=7, seconds=-1)):
        sync.sync(source.pk)
    assert stub.reads[1]["again"] == ["deployment:7"]
    assert Deployment.objects.get().outcome == "running"

    with clock.at(began + timedelta(days=7, minutes=15)):
        sync.sync(source.pk)
    assert stub.reads[2]["again"] == []
    assert Deployment.objects.get().outcome == "unknown"


def test_a_heavy_lock_is_not_held_while_waiting_for_the_host(source: Source, stub: StubConnector) -> None:
    """Pages are read outside any transaction: a person's click does not wait for a slow host."""
    inside: list[bool] = []
    atomic = connection.in_atomic_block  # the test's own
    depth = len(connection.savepoint_ids)
    stub.before_page = lambda _: inside.append(len(connection.savepoint_ids) != depth)
    sync.sync(source.pk)
    assert atomic
    assert inside == [False] * 5


def test_what_came_right_is_cleared_although_the_sync_then_fails(source: Source, stub: StubConnector) -> None:
    stub.set_aside = [SetAside("deployment:9", "missing_instant"), SetAside("deployment:8", "missing_instant")]
    sync.sync(source.pk)
    stub.set_aside = []
    stub.rows["deployments"].append(deployment(9, NOW - timedelta(days=9)))
    fail(stub, OutgoingError("dropped", host="x"), page=2)
    with clock.at(NOW + timedelta(minutes=15)):
        sync.sync(source.pk)
    assert list(source.set_aside.open().values_list("key", flat=True)) == ["deployment:8"]


def test_rules_changed_after_the_last_page_are_read_at_once(
    source: Source, team_admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = sync.finish

    def change_first(*args: Any) -> None:
        options = ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("outage",))
        services.change_options(source_id=source.pk, team=source.connection.team, options=options, by=team_admin)
        finish(*args)

    monkeypatch.setattr(sync, "finish", change_first)
    sync.sync(source.pk)
    source.refresh_from_db()
    assert source.next_sync_at == NOW
    assert source.lease_until is None
