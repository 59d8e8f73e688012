"""Connecting, tokens, pausing, disconnecting, changing what is read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection as database

from connections import services
from connections.models import Connection, ConnectionState, Credential, Draft, Source
from connections.services import Claimed, DraftGone, DraftUsed, OtherRepository, TokenNeeded
from connectors.records import Address, DeploymentSource, Inspection, ReadOptions
from core import clock
from core.http import OutgoingError
from teams.models import AuditEvent, Person, Team
from tests.connections.factories import NOW, SourceFactory
from tests.connections.stub import StubConnector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

ADDRESS = Address("https://api.example.com", "acme/other")
OPTIONS = ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("incident",), since=date(2025, 11, 24))
SEEN = Inspection("77", "acme/other", "https://example.com/acme/other", "main")


@pytest.fixture(autouse=True)
def _seen(stub: StubConnector) -> None:
    stub.seen = SEEN


def prepare(team: Team, by: Person, token: str = "typed-token") -> Draft:
    return services.prepare(team=team, by=by, kind="stub", address=ADDRESS, token=token)


def test_a_draft_keeps_the_token_encrypted_and_for_an_hour(team: Team, team_admin: Person) -> None:
    draft = prepare(team, team_admin)
    assert draft.expires_at == NOW + timedelta(hours=1)
    with database.cursor() as cursor:
        cursor.execute("SELECT token FROM connections_draft")
        stored = cursor.fetchone()[0]
    assert "typed-token" not in stored
    assert Draft.objects.get().token == "typed-token"


def test_nothing_is_kept_of_an_address_that_was_refused(team: Team, team_admin: Person, stub: StubConnector) -> None:
    stub.refuse = OutgoingError("unauthorised", host="x")
    with pytest.raises(OutgoingError):
        prepare(team, team_admin)
    assert not Draft.objects.exists()
    assert not Connection.objects.exists()


def test_connecting_makes_a_source_that_is_due(team: Team, team_admin: Person) -> None:
    draft = prepare(team, team_admin)
    source = services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin)

    source.refresh_from_db()
    assert (source.full_name, source.external_id, source.next_sync_at) == ("acme/other", "77", NOW)
    assert source.options["since"] == "2025-11-24"
    assert source.connection.credential.token == "typed-token"
    assert Draft.objects.get().token == "", "the token stands in one place only"
    event = AuditEvent.objects.get(action="connection.added")
    assert (event.actor, event.team) == (team_admin, team)
    assert "typed-token" not in str(event.data)


def test_a_draft_works_once_and_for_an_hour(team: Team, team_admin: Person, administrator: Person) -> None:
    draft = prepare(team, team_admin)
    with clock.at(NOW + timedelta(hours=1)), pytest.raises(DraftGone):
        services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin)
    source = services.connect(draft_id=draft.pk, options=OPTIONS, by=administrator)
    with pytest.raises(DraftUsed) as used:
        services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin)
    assert used.value.source == source
    assert Source.objects.count() == 1
    assert source.connection.created_by == administrator
    assert source.connection.credential.entered_by == team_admin


def test_the_team_reads_it_already(team: Team, team_admin: Person) -> None:
    draft = prepare(team, team_admin)
    SourceFactory(external_id="77", connection__team=team)
    with pytest.raises(Claimed) as claimed:
        prepare(team, team_admin)
    assert claimed.value.team == team
    with pytest.raises(Claimed):
        services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin)
    assert Draft.objects.get(pk=draft.pk).token, "what was typed is not lost"
    assert Connection.objects.count() == 1


def test_the_constraint_alone_refuses_a_second_row(
    team: Team, team_admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As between two requests at the same moment: the look beforehand saw nothing."""
    holder = SourceFactory(external_id="77")
    monkeypatch.setattr(services, "_read_already", lambda *_: None)
    draft = prepare(team, team_admin)
    with pytest.raises(Claimed) as claimed:
        services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin)
    assert claimed.value.team == holder.connection.team


def test_the_same_id_on_another_host_is_another_repository(team: Team, team_admin: Person) -> None:
    SourceFactory(external_id="77", connection__base_url="https://ghe.example.com/api/v3")
    draft = prepare(team, team_admin)
    assert services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin)


def test_disconnecting_forgets_the_token_and_frees_the_claim(source: Source, team_admin: Person) -> None:
    services.disconnect(source_id=source.pk, team=source.connection.team, by=team_admin)
    services.disconnect(source_id=source.pk, team=source.connection.team, by=team_admin)

    source.refresh_from_db()
    assert (source.active, source.next_sync_at, source.disconnected_at) == (False, None, NOW)
    assert not Credential.objects.exists()
    assert AuditEvent.objects.filter(action="connection.removed").count() == 1
    SourceFactory(external_id=source.external_id)


def test_a_token_that_another_repository_uses_stays(source: Source, team_admin: Person) -> None:
    SourceFactory(connection=source.connection)
    services.disconnect(source_id=source.pk, team=source.connection.team, by=team_admin)
    assert Credential.objects.filter(connection=source.connection).exists()


def test_connected_again_the_old_row_comes_back_and_reads_from_the_start(
    source: Source, team: Team, team_admin: Person, stub: StubConnector
) -> None:
    Source.objects.filter(pk=source.pk).update(state={"deployments": {"done": ["x"]}}, external_id="77")
    services.disconnect(source_id=source.pk, team=source.connection.team, by=team_admin)
    draft = prepare(team, team_admin)
    again = services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin)

    assert again.pk == source.pk
    again.refresh_from_db()
    assert (again.active, again.disconnected_at, again.state) == (True, None, {})
    assert again.edition > source.edition, "a worker that still reads with the old rules is stopped"


# -- Access -----------------------------------------------------------------------------------------------------------


def change_access(source: Source, by: Person, **wanted: str) -> None:
    """By somebody who saw what stands there now."""
    services.change_access(source=source, seen=services.access_of(source), by=by, **wanted)


def test_a_new_token_is_tried_and_then_read_with_at_once(
    source: Source, team_admin: Person, stub: StubConnector
) -> None:
    stub.seen = Inspection(source.external_id, "acme/renamed", "https://example.com/acme/renamed", "trunk")
    Connection.objects.update(state=ConnectionState.NEEDS_TOKEN)
    Source.objects.update(next_sync_at=None, failures=3, error_code="unauthorised", error_params={"host": "x"})
    old = source.connection.credential.pk
    services.change_access(
        source=source, base_url=source.base_url, token="better", seen=services.access_of(source), by=team_admin
    )

    source.refresh_from_db()
    assert stub.tokens == [(source.base_url, "better")]
    assert (source.next_sync_at, source.failures, source.error_code) == (NOW, 0, "")
    assert (source.full_name, source.default_branch) == ("acme/renamed", "trunk")
    assert Connection.objects.get().state == ConnectionState.OK
    credential = Credential.objects.get()
    assert (credential.token, credential.entered_by) == ("better", team_admin)
    assert credential.pk != old, "a running sync can tell that its token is not the present one"
    assert "better" not in str(AuditEvent.objects.get(action="connection.token_entered").data)


def test_a_token_that_does_not_work_changes_nothing(source: Source, team_admin: Person, stub: StubConnector) -> None:
    stub.refuse = OutgoingError("unauthorised", host="x")
    with pytest.raises(OutgoingError):
        services.change_access(
            source=source, base_url=source.base_url, token="worse", seen=services.access_of(source), by=team_admin
        )
    assert Credential.objects.get().token == "secret-token"
    assert not AuditEvent.objects.exists()


def test_another_origin_never_gets_the_stored_token(source: Source, team_admin: Person, stub: StubConnector) -> None:
    stub.seen = Inspection(source.external_id, source.full_name, "", "main")
    for origin in ("https://evil.example.com", "http://api.example.com", "https://api.example.com:8443"):
        with pytest.raises(TokenNeeded):
            services.change_access(
                source=source, base_url=origin, token="", seen=services.access_of(source), by=team_admin
            )
    assert stub.tokens == []

    services.change_access(
        source=source,
        base_url="https://new.example.com",
        token="theirs",
        seen=services.access_of(source),
        by=team_admin,
    )
    assert Credential.objects.get().token == "theirs", "and the old one is dropped"
    source.refresh_from_db()
    assert source.base_url == source.connection.base_url == "https://new.example.com"
    moved = AuditEvent.objects.get(action="connection.moved").data
    assert moved == {"before": "https://api.example.com", "after": "https://new.example.com"}


def test_another_path_of_the_same_origin_keeps_it(source: Source, team_admin: Person, stub: StubConnector) -> None:
    stub.seen = Inspection(source.external_id, source.full_name, "", "main")
    services.change_access(
        source=source,
        base_url="https://api.example.com/api/v3",
        token="",
        seen=services.access_of(source),
        by=team_admin,
    )
    assert stub.tokens == [("https://api.example.com/api/v3", "secret-token")]
    assert Credential.objects.get().entered_by != team_admin
    assert not AuditEvent.objects.filter(action="connection.token_entered").exists(), "nobody entered one"
    assert AuditEvent.objects.filter(action="connection.moved").exists()


def test_an_address_with_another_repository_of_that_name_is_refused(source: Source, team_admin: Person) -> None:
    with pytest.raises(OtherRepository):
        services.change_access(
            source=source, base_url=source.base_url, token="x", seen=services.access_of(source), by=team_admin
        )
    assert Credential.objects.get().token == "secret-token"


# -- Pausing, rules ---------------------------------------------------------------------------------------------------


def test_pausing_twice_is_pausing_once(source: Source, team_admin: Person) -> None:
    for _ in range(2):
        services.pause(source_id=source.pk, team=source.connection.team, by=team_admin)
    for _ in range(2):
        services.resume(source_id=source.pk, team=source.connection.team, by=team_admin)
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["connection.paused", "connection.resumed"]


@pytest.mark.parametrize(
    ("after", "kept"),
    [
        ({"workflows": ("1",)}, ["again", "incidents"]),
        ({"deployments": DeploymentSource.NONE}, ["again", "incidents"]),
        ({"incident_labels": ("outage",)}, ["again", "deployments"]),
        ({"since": None}, ["again"]),
        ({"since": date(2025, 1, 1)}, ["again"]),
        ({"since": date(2026, 1, 1)}, ["again", "deployments", "incidents"]),
    ],
)
def test_new_rules_read_again_what_the_old_ones_passed_over(
    source: Source, team_admin: Person, after: dict[str, Any], kept: list[str]
) -> None:
    services.change_options(source_id=source.pk, team=source.connection.team, options=OPTIONS, by=team_admin)
    streams = {"again": {}, "deployments": {"x": 1}, "incidents": {"y": 2}}
    Source.objects.filter(pk=source.pk).update(state=streams, next_sync_at=NOW + timedelta(minutes=9))
    changed = ReadOptions(
        **{
            "deployments": OPTIONS.deployments,
            "workflows": OPTIONS.workflows,
            "incident_labels": OPTIONS.incident_labels,
            "since": OPTIONS.since,
            **after,
        }
    )
    edition = Source.objects.get().edition
    services.change_options(source_id=source.pk, team=source.connection.team, options=changed, by=team_admin)
    source.refresh_from_db()
    assert sorted(source.state) == kept
    assert source.next_sync_at == NOW
    assert source.edition == edition + 1


def test_the_same_rules_again_change_nothing(source: Source, team_admin: Person) -> None:
    same = ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("incident",))
    services.change_options(source_id=source.pk, team=source.connection.team, options=same, by=team_admin)
    source.refresh_from_db()
    assert source.edition == 1
    assert not AuditEvent.objects.exists()
