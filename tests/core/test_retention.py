"""Once a day what is old goes: sync rows, ended sessions and invitations, rotated logs. What people wrote stays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from connections import retention as of_connections
from connections.models import RunOutcome, SetAsideObject, Source, SyncRun
from core import clock, retention
from teams.audit import AuditEvent
from teams.models import Invitation, Person, Team, TeamRole
from teams.services.invitations import invite, join
from tests.connections.factories import SourceFactory
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
NOW = clock.now()
OLD = NOW - timedelta(days=31)


@pytest.fixture(autouse=True)
def _now(settings: Any, tmp_path: Path) -> Iterator[None]:
    cache.clear()
    settings.VAR = tmp_path
    settings.KEEP_DAYS = 30
    with clock.at(NOW):
        yield


@pytest.fixture
def source(team: Team) -> Source:
    return SourceFactory(connection__team=team)


def run(source: Source, at: datetime, set_aside: int = 0, finished: bool = True) -> SyncRun:
    outcome = RunOutcome.SUCCEEDED if finished else RunOutcome.RUNNING
    counts = {"deployments": {"pages": 1, "read": 9, "stored": 8, "set_aside": set_aside}}
    return source.runs.create(
        owner="x", started_at=at, finished_at=at if finished else None, outcome=outcome, counts=counts
    )


def aside(source: Source, key: str, first: datetime, cleared: datetime | None = None) -> SetAsideObject:
    return source.set_aside.create(
        key=key, reason="missing_instant", first_seen_at=first, last_seen_at=NOW, cleared_at=cleared
    )


def test_old_runs_go_and_the_last_ones_of_each_source_stay(source: Source, team: Team) -> None:
    other = SourceFactory(connection__team=team)
    ancient = run(other, NOW - timedelta(days=900))
    old = [run(source, OLD - timedelta(minutes=minute)) for minute in range(of_connections.LAST + 3)]
    assert retention.prune()["syncs"] == 3
    assert set(source.runs.all()) == set(old[: of_connections.LAST]), "the newest of the old ones"
    assert list(other.runs.all()) == [ancient], "a repository that is paused for years still shows how it went"


def test_what_is_not_old_stays_however_many(source: Source) -> None:
    for minute in range(of_connections.LAST + 5):
        run(source, NOW - timedelta(days=29, minutes=minute))
    assert retention.prune()["syncs"] == 0


@pytest.fixture
def _many_runs(source: Source) -> None:
    for minute in range(of_connections.LAST):
        run(source, NOW - timedelta(minutes=minute))


@pytest.mark.usefixtures("_many_runs")
def test_a_run_that_set_aside_what_is_still_not_understood_stays(source: Source) -> None:
    told, silent, unfinished = run(source, OLD, set_aside=1), run(source, OLD), run(source, OLD, finished=False)
    still = aside(source, "deployment:1", first=OLD)
    retention.prune()
    left = set(source.runs.all())
    assert told in left
    assert silent not in left
    assert unfinished in left, "nobody knows yet what it will have set aside"
    still.cleared_at = NOW
    still.save()
    retention.prune()
    assert told not in set(source.runs.all()), "it came right"


@pytest.mark.usefixtures("_many_runs")
def test_everything_set_aside_stays_until_it_came_right_long_ago(source: Source) -> None:
    never = aside(source, "deployment:1", first=NOW - timedelta(days=900))
    lately = aside(source, "deployment:2", first=OLD, cleared=NOW - timedelta(days=29))
    aside(source, "deployment:3", first=OLD, cleared=OLD)
    assert retention.prune()["syncs"] == 1
    assert set(source.set_aside.all()) == {never, lately}


def test_more_than_a_batch_goes_in_batches(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        aside(source, f"deployment:{number}", first=OLD, cleared=OLD)
    assert retention.prune()["syncs"] == 5


def test_invitations_that_nobody_accepted_go_with_their_address(team: Team, team_admin: Person) -> None:
    def invited(email: str) -> Invitation:
        return invite(team=team, role=TeamRole.EDITOR, job_role="", email=email, by=team_admin)[0]

    with clock.at(NOW - timedelta(days=60)):
        expired, accepted = invited("expired@example.com"), invited("accepted@example.com")
        join(invitation=accepted, person=PersonFactory(email="accepted@example.com"))
    fresh = invited("fresh@example.com")
    assert retention.prune()["invitations"] == 1
    assert set(Invitation.objects.all()) == {accepted, fresh}
    assert not Invitation.objects.filter(pk=expired.pk).exists()


def test_sessions_that_ended_go() -> None:
    for key, days in (("ended", -1), ("running", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=NOW + timedelta(days=days))
    retention.prune()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["running"]


def test_counts_that_ran_out_go() -> None:
    cache.set("lasts", 1, timeout=None)
    cache.set("ran-out", 1, timeout=1)
    with clock.at(timezone.now() + timedelta(minutes=5)):  # the cache's own clock is the machine's
        assert retention.prune()["counts"] == 1
    assert cache.get("lasts") == 1


def test_rotated_logs_go_and_those_being_written_stay(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    for name, at in (("web.log", OLD), ("web.log.1", NOW), ("web.log.2", OLD)):
        (tmp_path / "log" / name).touch()
        os.utime(tmp_path / "log" / name, (at.timestamp(), at.timestamp()))
    assert retention.prune()["logs"] == 1
    assert {file.name for file in (tmp_path / "log").iterdir()} == {"web.log", "web.log.1"}


def test_the_audit_log_is_never_pruned(team: Team, team_admin: Person) -> None:
    with clock.at(NOW - timedelta(days=4000)):
        invite(team=team, role=TeamRole.EDITOR, job_role="", email="long.ago@example.com", by=team_admin)
    assert AuditEvent.objects.count() == 1
    retention.prune()
    assert AuditEvent.objects.count() == 1


def test_it_is_done_once_a_day_and_again_after_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def once() -> dict[str, int]:
        done.append(1)
        if len(done) == 1:
            raise ZeroDivisionError
        return {}

    monkeypatch.setattr(retention, "prune", once)
    with pytest.raises(ZeroDivisionError):
        retention.prune_daily()
    retention.prune_daily()
    retention.prune_daily()
    assert len(done) == 2
