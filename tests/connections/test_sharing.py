"""A repository that several teams read: once, with the token of one of them, and without hurting each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connections import schedule, services, sharing, sync
from connections.models import Connection, ConnectionState, Credential, RunOutcome, Share, Source
from connections.services import Shared
from connectors.records import Address, DeploymentSource, Inspection, ReadOptions
from core import clock, live
from core.http import OutgoingError
from core.models import LiveStamp
from delivery.models import Service
from notices.models import Notice
from teams.models import AuditEvent, Person, Team
from tests.connections.factories import NOW, ConnectionFactory, ServiceFactory, ShareFactory
from tests.connections.stub import StubConnector
from tests.factories import MembershipFactory, TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
RUNS = ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("bug",))


@pytest.fixture
def ranking(organisation: Any) -> Team:
    return TeamFactory(name="Ranking")


@pytest.fixture
def their_admin(ranking: Team) -> Person:
    return MembershipFactory(team=ranking, role="team_admin").person


@pytest.fixture
def shared(source: Source, ranking: Team, their_admin: Person, stub: StubConnector) -> Source:
    """Read by the first team, joined by Ranking, which tried it with a token of its own."""
    stub.seen = Inspection(source.external_id, source.full_name, source.url, "main")
    address = Address(source.base_url, source.full_name)
    draft = services.prepare(team=ranking, by=their_admin, kind="stub", address=address, token="theirs")
    joined = services.connect(draft_id=draft.pk, options=RUNS, by=their_admin)
    ServiceFactory(
        source=joined, team=ranking, name="ranking", environments={"production": ["rank"]}, incident_labels=["bug"]
    )
    return joined


def token_of(source: Source) -> str:
    return Credential.objects.get(connection__sources=source.pk).token


def test_joining_reads_the_same_row_with_what_both_want(
    shared: Source, source: Source, team: Team, ranking: Team
) -> None:
    assert shared.pk == source.pk
    assert Source.objects.count() == 1
    shared.refresh_from_db()
    assert shared.options["incident_labels"] == ["bug", "incident"]
    assert (shared.state, shared.edition) == ({}, source.edition + 1)
    assert token_of(shared) == "secret-token", "one token is enough"
    assert [share.team for share in sharing.live(shared)] == [team, ranking]
    assert Source.objects.read_by(ranking).get() == Source.objects.read_by(team).get() == source


def test_one_sync_for_both(shared: Source, stub: StubConnector) -> None:
    assert schedule.ring() in ([shared.pk], [])
    with clock.at(NOW + timedelta(minutes=1)):
        run = sync.sync(shared.pk)
    assert run is not None
    assert run.outcome == RunOutcome.SUCCEEDED
    assert [read["token"] for read in stub.reads] == ["secret-token"]


def test_open_pages_of_both_teams_learn_of_a_sync(shared: Source, team: Team, ranking: Team) -> None:
    LiveStamp.objects.all().delete()
    assert sync.sync(shared.pk) is not None
    assert live.stamp(team.pk, ["connections"])
    assert live.stamp(ranking.pk, ["connections"])


def test_whoever_leaves_ends_only_the_own_part(
    shared: Source, service: Service, team: Team, team_admin: Person, ranking: Team
) -> None:
    services.disconnect(source_id=shared.pk, team=team, by=team_admin)
    services.disconnect(source_id=shared.pk, team=team, by=team_admin)
    shared.refresh_from_db()
    service.refresh_from_db()
    assert (shared.active, service.ended_at, shared.options["incident_labels"]) == (True, NOW, ["bug"])
    assert token_of(shared) == "theirs", "reading goes on with the token of those who stay"
    assert list(Credential.objects.values_list("connection__team", flat=True)) == [ranking.pk], "and the other is gone"
    assert AuditEvent.objects.filter(action="connection.removed", team=team).count() == 1
    assert AuditEvent.objects.get(action="connection.handed_over").team == ranking
    assert Source.objects.of(team).get().left_at == NOW
    assert not Source.objects.read_by(team).exists()


def test_a_sync_that_runs_while_its_token_goes_stops(
    shared: Source, stub: StubConnector, team: Team, team_admin: Person
) -> None:
    def leave(number: int) -> None:
        if number == 2:
            services.disconnect(source_id=shared.pk, team=team, by=team_admin)

    stub.before_page = leave
    run = sync.sync(shared.pk)
    assert run is not None
    assert run.outcome == RunOutcome.STOPPED
    stub.before_page = lambda _number: None
    run = sync.sync(shared.pk)
    assert run is not None
    assert run.outcome == RunOutcome.SUCCEEDED
    assert stub.reads[-1]["token"] == "theirs"


def test_a_sync_that_runs_while_less_is_wanted_stops(
    shared: Source, stub: StubConnector, ranking: Team, their_admin: Person
) -> None:
    def leave(number: int) -> None:
        if number == 2:
            services.disconnect(source_id=shared.pk, team=ranking, by=their_admin)

    stub.before_page = leave
    run = sync.sync(shared.pk)
    assert run is not None
    assert run.outcome == RunOutcome.STOPPED, "it read what nobody wants any more"


def test_the_last_one_ends_it(
    shared: Source, team: Team, team_admin: Person, ranking: Team, their_admin: Person
) -> None:
    services.disconnect(source_id=shared.pk, team=ranking, by=their_admin)
    services.disconnect(source_id=shared.pk, team=team, by=team_admin)
    shared.refresh_from_db()
    assert (shared.active, shared.disconnected_at, shared.next_sync_at) == (False, NOW, None)
    assert not Credential.objects.exists()


def test_come_back_after_leaving_one_finds_the_own_service(
    shared: Source, service: Service, team: Team, team_admin: Person, stub: StubConnector
) -> None:
    services.disconnect(source_id=shared.pk, team=team, by=team_admin)
    address = Address(shared.base_url, shared.full_name)
    draft = services.prepare(team=team, by=team_admin, kind="stub", address=address, token="again")
    again = services.connect(draft_id=draft.pk, options=RUNS, by=team_admin)
    assert again.pk == shared.pk
    assert next(share.team for share in sharing.live(again)) == team
    assert Share.objects.count() == 2


def test_nobody_pauses_what_others_read(shared: Source, team: Team, team_admin: Person) -> None:
    with pytest.raises(Shared) as refused:
        services.pause(source_id=shared.pk, team=team, by=team_admin)
    assert "Other teams read acme/shop too" in refused.value.message
    shared.refresh_from_db()
    assert not shared.paused


def test_what_was_paused_is_read_again_when_another_team_joins(
    source: Source, team: Team, team_admin: Person, request: pytest.FixtureRequest
) -> None:
    services.pause(source_id=source.pk, team=team, by=team_admin)
    joined = request.getfixturevalue("shared")
    joined.refresh_from_db()
    assert (joined.paused, joined.next_sync_at) == (False, NOW)


def test_an_archived_team_s_token_is_used_no_more(
    shared: Source, stub: StubConnector, team: Team, ranking: Team
) -> None:
    Team.objects.filter(pk=team.pk).update(archived_at=NOW)
    run = sync.sync(shared.pk)
    assert run is not None
    assert run.outcome == RunOutcome.SUCCEEDED
    assert stub.reads[-1]["token"] == "theirs"
    Team.objects.filter(pk=ranking.pk).update(archived_at=NOW)
    Source.objects.update(next_sync_at=NOW, rung_at=None)
    assert schedule.ring() == [], "what archived teams read alone waits"


def test_a_refused_token_is_replaced_by_another_team_s(
    shared: Source, stub: StubConnector, team: Team, team_admin: Person
) -> None:
    def refuse(_number: int) -> None:
        raise OutgoingError("unauthorised", host="x")

    stub.before_page = refuse
    assert sync.sync(shared.pk) is not None
    shared.refresh_from_db()
    assert Connection.objects.get(team=team).state == ConnectionState.NEEDS_TOKEN
    assert (token_of(shared), shared.next_sync_at) == ("theirs", NOW)
    assert not Notice.objects.exists(), "nothing stands still, so nobody has to do anything"


def test_people_of_each_team_are_told_that_it_cannot_be_read(
    shared: Source, stub: StubConnector, team_admin: Person, their_admin: Person, team: Team, ranking: Team
) -> None:
    def gone(_number: int) -> None:
        raise OutgoingError("not_found", host="x")

    stub.before_page = gone
    assert sync.sync(shared.pk) is not None
    assert {(each.person, each.team, each.url) for each in Notice.objects.all()} == {
        (team_admin, team, f"/teams/{team.pk}/connections/{shared.pk}/"),
        (their_admin, ranking, f"/teams/{ranking.pk}/connections/{shared.pk}/"),
    }
    stub.before_page = lambda _number: None
    with clock.at(NOW + timedelta(hours=2)):
        assert sync.sync(shared.pk) is not None
    assert Notice.objects.filter(key__endswith=":well").count() == 2


def test_the_organisation_s_token_is_for_administrators_to_mend(
    source: Source, stub: StubConnector, team: Team, team_admin: Person, administrator: Person
) -> None:
    common = ConnectionFactory(team=None, name="GitHub")
    Source.objects.filter(pk=source.pk).update(connection=common)
    Share.objects.update(connection=common)

    def refuse(_number: int) -> None:
        raise OutgoingError("unauthorised", host="x")

    stub.before_page = refuse
    assert sync.sync(source.pk) is not None
    assert {(each.person, each.url) for each in Notice.objects.all()} == {
        (administrator, f"/organisation/connections/{common.pk}/"),
        (team_admin, f"/teams/{team.pk}/connections/{source.pk}/"),
    }


def test_a_source_of_another_team_is_not_the_team_s(source: Source, ranking: Team) -> None:
    other = ShareFactory(source=source, team=ranking, connection=source.connection, ended_at=NOW)
    assert list(Source.objects.of(ranking)) == [source]
    assert not Source.objects.read_by(ranking).exists()
    other.delete()
    assert not Source.objects.of(ranking).exists()
