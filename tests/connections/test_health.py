"""One word and one sentence for how a source is doing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections import health
from connections.models import Connection, ConnectionState, Source
from connections.summary import health_of
from core import clock
from teams.models import Team
from tests.connections.factories import NOW, ConnectionFactory, SourceFactory

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("fields", "state", "tone", "live"),
    [
        ({"next_sync_at": SOON, "succeeded_at": NOW}, "ok", "is-ok", False),
        ({"next_sync_at": SOON}, "new", "is-stale", False),
        ({"next_sync_at": NOW}, "queued", "is-stale", True),
        ({"next_sync_at": NOW - timedelta(minutes=3)}, "unanswered", "is-risk", True),
        ({"lease_owner": "x", "lease_until": NOW + timedelta(seconds=1)}, "running", "is-ok", True),
        ({"lease_owner": "x", "lease_until": NOW - timedelta(seconds=1)}, "queued", "is-stale", True),
        ({"waiting_until": SOON, "next_sync_at": SOON}, "waiting", "is-risk", False),
        ({"next_sync_at": SOON, "error_code": "timeout"}, "retrying", "is-risk", False),
        ({"next_sync_at": SOON, "error_code": "not_found"}, "refused", "is-off", False),
        ({"paused": True}, "paused", "is-stale", False),
        ({"active": False, "disconnected_at": NOW}, "disconnected", "is-stale", False),
    ],
)
def test_the_first_that_applies(fields: dict[str, Any], state: str, tone: str, live: bool) -> None:
    found = health.of(SourceFactory(**fields), NOW)
    assert (found.state, found.tone, found.live) == (state, tone, live)
    assert found.label
    assert bool(found.sentence) or state in ("ok", "new", "queued", "running")


def test_a_refused_token_says_what_to_do() -> None:
    source = SourceFactory(error_code="unauthorised", error_params={"host": "api.example.com"}, next_sync_at=None)
    source.connection.state = ConnectionState.NEEDS_TOKEN
    found = health.of(source, NOW)
    assert found.state == "needs_token"
    assert "api.example.com does not accept the token" in found.sentence
    assert "enter a new one" in found.sentence


def test_what_a_host_wrote_cannot_break_the_sentence() -> None:
    source = SourceFactory(
        error_code="refused", error_params={"host": "h", "said": "100% %(x)s", "status": 400}, next_sync_at=SOON
    )
    assert "100% %(x)s" in health.of(source, NOW).sentence


def test_a_teams_health_puts_problems_first_in_two_queries(team: Team) -> None:
    connection = ConnectionFactory(team=team)
    SourceFactory(connection=connection, full_name="a/fine", next_sync_at=SOON, succeeded_at=NOW)
    SourceFactory(
        connection=connection,
        full_name="b/gone",
        next_sync_at=SOON,
        error_code="not_found",
        succeeded_at=NOW - timedelta(days=2),
    )
    broken = SourceFactory(connection=connection, full_name="c/old", active=False)
    aside = SourceFactory(connection=connection, full_name="d/aside", next_sync_at=SOON, succeeded_at=NOW)
    aside.set_aside.create(key="x", reason="gone", first_seen_at=NOW, last_seen_at=NOW)
    aside.set_aside.create(key="y", reason="gone", first_seen_at=NOW, last_seen_at=NOW, cleared_at=NOW)
    SourceFactory()
    with clock.at(NOW), CaptureQueriesContext(database) as queries:
        found = health_of(team)
        names = [row.source.full_name for row in found.rows]
    assert names == ["b/gone", "a/fine", "d/aside"]
    assert broken.full_name not in names
    assert [row.source.full_name for row in found.problems] == ["b/gone"]
    assert found.worst
    assert found.worst.state == "refused"
    assert found.set_aside == 1
    assert found.read_at == NOW - timedelta(days=2)
    assert len(queries) == 1


def test_a_team_without_connections_has_no_health(team: Team) -> None:
    found = health_of(team)
    assert (found.rows, found.worst) == ([], None)


def test_a_repository_never_read_means_nothing_is_read_whole(team: Team) -> None:
    connection = ConnectionFactory(team=team)
    SourceFactory(connection=connection, succeeded_at=NOW)
    assert health_of(team).read_at == NOW
    SourceFactory(connection=connection)
    assert health_of(team).read_at is None


def test_no_list_ever_decrypts_a_token(team: Team, settings: Any) -> None:
    """A key that was taken away must not break the pages that would say so."""
    SourceFactory(connection__team=team)
    settings.ENCRYPTION_KEYS = ["x3hT0pGTCsSdFkrNGt4Xq0Vd8bq0kMZc3aHqLxnHqMg="]
    assert health_of(team).rows
    assert list(Source.objects.listed().with_set_aside_count())
    assert list(Connection.objects.all())
