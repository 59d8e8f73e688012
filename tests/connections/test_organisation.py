"""The organisation's connections: which team may take what, a new token for all, and the end for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from connections import organisation, services, sharing
from connections.models import Connection, ConnectionState, Credential, Draft, Grant, Share, Source
from connections.organisation import NameTaken, NotGiven, NotSeen
from connections.services import NotGranted
from connectors.records import Address, DeploymentSource, Inspection, ReadOptions, Repository
from core import clock
from core.edits import StaleEdit
from core.http import OutgoingError
from delivery.models import Service
from teams.models import AuditEvent, Person, Team
from tests.connections.factories import NOW, ServiceFactory
from tests.connections.stub import StubConnector
from tests.factories import TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
OPTIONS = ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("incident",))
SHOP, API = Repository("77", "acme/shop"), Repository("78", "acme/api")
BASE = "https://api.example.com"


@pytest.fixture(autouse=True)
def _seen(stub: StubConnector) -> Iterator[None]:
    stub.seen = Inspection("77", "acme/shop", "https://example.com/acme/shop", "main")
    stub.listing = [SHOP, API]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def common(administrator: Person, stub: StubConnector) -> Connection:
    return organisation.create(name="GitHub", kind="stub", base_url=BASE, token="common", by=administrator)


@pytest.fixture
def ranking(organisation: Any) -> Team:  # the organisation's row, not the module
    return TeamFactory(name="Ranking")


def taken(common: Connection, team: Team, by: Person, repository: Repository = SHOP) -> Source:
    """The team was given it and takes it."""
    organisation.give(connection=common, team=team, repositories=[repository], by=by)
    draft = services.prepare_another(team=team, by=by, connection=common, repository=repository)
    source = services.connect(draft_id=draft.pk, options=OPTIONS, by=by)
    ServiceFactory(source=source, team=team, name=f"of {team}", incident_labels=[f"of {team}"])
    return source


def change(common: Connection, by: Person, **wanted: str) -> None:
    """By somebody who saw what stands there now."""
    seen = organisation.current(common)
    told = {"name": seen["name"], "base_url": seen["base_url"], "token": "", **wanted}
    organisation.change(connection=common, wanted=told, seen=seen, by=by)


# -- Making one -------------------------------------------------------------------------------------------------------


def test_the_token_is_tried_and_kept_apart(common: Connection, stub: StubConnector, administrator: Person) -> None:
    assert stub.tokens == [(BASE, "common")]
    assert (common.team, common.credential.token, common.credential.entered_by) == (None, "common", administrator)
    made = AuditEvent.objects.get(action="connection.made")
    assert (made.actor, made.team, made.data) == (administrator, None, {"name": "GitHub", "address": BASE})


def test_one_that_does_not_work_is_not_kept(administrator: Person, stub: StubConnector) -> None:
    stub.refuse = OutgoingError("unauthorised", host="x")
    with pytest.raises(OutgoingError):
        organisation.create(name="GitHub", kind="stub", base_url=BASE, token="x", by=administrator)
    assert not Connection.objects.exists()


def test_two_are_not_called_alike(common: Connection, administrator: Person) -> None:
    with pytest.raises(NameTaken) as taken_:
        organisation.create(name="GITHUB", kind="stub", base_url=BASE, token="x", by=administrator)
    assert taken_.value.field == "name"
    other = organisation.create(name="Other", kind="stub", base_url=BASE, token="x", by=administrator)
    with pytest.raises(NameTaken):
        change(other, administrator, name="github")
    organisation.end(connection=common, by=administrator)
    change(other, administrator, name="github")
    assert [each.name for each in Connection.objects.of_organisation()] == ["github"]


# -- Giving -----------------------------------------------------------------------------------------------------------


def test_giving_is_told_once_and_twice_is_as_once(common: Connection, team: Team, administrator: Person) -> None:
    for _ in range(2):
        organisation.give(connection=common, team=team, repositories=[SHOP, API], by=administrator)
    assert [each.full_name for each in Grant.objects.listed()] == ["acme/api", "acme/shop"]
    told = AuditEvent.objects.get(action="connection.given")
    assert (told.team, told.data["repositories"]) == (team, ["acme/shop", "acme/api"])


@pytest.mark.parametrize(("facts", "said"), [({"archived_at": NOW}, "is archived"), ({"is_sample": True}, "sample")])
def test_not_to_an_archived_team_nor_to_one_of_the_sample(
    common: Connection, administrator: Person, facts: dict[str, Any], said: str
) -> None:
    with pytest.raises(NotGiven, match=said) as refused:
        organisation.give(connection=common, team=TeamFactory(**facts), repositories=[SHOP], by=administrator)
    assert refused.value.field == "team"
    assert not Grant.objects.exists()


def test_what_was_not_given_cannot_be_taken(common: Connection, team: Team, team_admin: Person) -> None:
    with pytest.raises(NotGranted):
        services.prepare_another(team=team, by=team_admin, connection=common, repository=SHOP)
    assert not Draft.objects.exists()


def test_two_teams_take_their_parts_of_one_repository(
    common: Connection, team: Team, ranking: Team, administrator: Person, stub: StubConnector
) -> None:
    source = taken(common, team, administrator)
    assert taken(common, ranking, administrator) == source
    assert [share.team for share in sharing.live(source)] == [team, ranking]
    assert Credential.objects.count() == Connection.objects.count() == 1
    assert source.connection == common


def test_taking_back_ends_reading_for_that_team_alone(
    common: Connection, team: Team, ranking: Team, administrator: Person
) -> None:
    source = taken(common, team, administrator)
    taken(common, ranking, administrator)
    assert organisation.take_back(grant=Grant.objects.get(team=team), by=administrator)
    assert [share.team for share in sharing.live(source)] == [ranking]
    assert Service.objects.get(team=team).ended_at == NOW
    assert Service.objects.get(team=ranking).ended_at is None
    assert Credential.objects.get().token == "common", "the organisation's token stays"
    assert AuditEvent.objects.get(action="connection.taken_back").team == team
    gone = Grant(pk=10**6, connection=common, team=team)
    assert not organisation.take_back(grant=gone, by=administrator)


def test_taking_back_what_nobody_took(common: Connection, team: Team, administrator: Person) -> None:
    (grant,) = organisation.give(connection=common, team=team, repositories=[SHOP], by=administrator)
    assert not organisation.take_back(grant=grant, by=administrator)
    assert not Grant.objects.exists()


def test_taking_back_from_an_archived_team_frees_its_part(
    common: Connection, team: Team, administrator: Person
) -> None:
    source = taken(common, team, administrator)
    Team.objects.filter(pk=team.pk).update(archived_at=NOW)
    assert organisation.take_back(grant=Grant.objects.get(), by=administrator)
    source.refresh_from_db()
    assert (source.active, Service.objects.get().ended_at) == (False, NOW)
    assert Credential.objects.get().token == "common", "whoever else is given something needs it"


def test_a_part_taken_with_the_team_s_own_token_stays_when_the_gift_ends(
    common: Connection, team: Team, team_admin: Person, administrator: Person
) -> None:
    organisation.give(connection=common, team=team, repositories=[SHOP], by=administrator)
    draft = services.prepare(team=team, by=team_admin, kind="stub", address=Address(BASE, "acme/shop"), token="own")
    source = services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin)
    assert not organisation.take_back(grant=Grant.objects.get(), by=administrator)
    assert [share.team for share in sharing.live(source)] == [team]


# -- Changing ---------------------------------------------------------------------------------------------------------


def test_a_new_token_is_tried_with_all_that_is_read(
    common: Connection, team: Team, ranking: Team, administrator: Person, stub: StubConnector
) -> None:
    source = taken(common, team, administrator)
    taken(common, ranking, administrator)
    Source.objects.update(next_sync_at=None, error_code="unauthorised", failures=3)
    Connection.objects.update(state=ConnectionState.NEEDS_TOKEN)
    old = Credential.objects.get().pk
    change(common, administrator, token="newer")
    source.refresh_from_db()
    common.refresh_from_db()
    assert (source.next_sync_at, source.error_code, source.failures, common.state) == (NOW, "", 0, "ok")
    credential = Credential.objects.get()
    assert (credential.token, credential.pk != old) == ("newer", True)
    assert AuditEvent.objects.get(action="connection.token_entered").team is None
    assert "newer" not in str(list(AuditEvent.objects.values_list("data", flat=True)))


def test_a_token_that_sees_less_is_refused_with_what_it_misses(
    common: Connection, team: Team, administrator: Person, stub: StubConnector
) -> None:
    taken(common, team, administrator)
    stub.listing, stub.seen = [API], Inspection("999", "acme/shop", "", "main")
    with pytest.raises(NotSeen, match="acme/shop") as refused:
        change(common, administrator, token="narrow")
    assert refused.value.field == "token"
    assert Credential.objects.get().token == "common"
    stub.seen = Inspection("77", "acme/shop", "", "main")  # not listed, and read all the same
    change(common, administrator, token="narrow")
    assert Credential.objects.get().token == "narrow"


def test_another_host_gets_nothing_of_the_token(common: Connection, administrator: Person, stub: StubConnector) -> None:
    stub.tokens.clear()
    with pytest.raises(services.TokenNeeded):
        change(common, administrator, base_url="https://evil.example.com")
    assert stub.tokens == []
    change(common, administrator, base_url="https://api.example.com/v3")
    assert stub.tokens == [("https://api.example.com/v3", "common")]


def test_another_name_asks_the_host_nothing(common: Connection, administrator: Person, stub: StubConnector) -> None:
    stub.tokens.clear()
    change(common, administrator, name="GitHub of all")
    common.refresh_from_db()
    assert (common.name, stub.tokens) == ("GitHub of all", [])
    assert AuditEvent.objects.get(action="connection.renamed").data == {"before": "GitHub", "after": "GitHub of all"}


def test_two_administrators_enter_a_token(common: Connection, administrator: Person) -> None:
    seen = organisation.current(common)
    change(common, administrator, token="first")
    told = {"name": "GitHub", "base_url": BASE, "token": "second"}
    with pytest.raises(StaleEdit) as stale:
        organisation.change(connection=common, wanted=told, seen=seen, by=administrator)
    assert (stale.value.theirs, stale.value.yours) == ({"token": ""}, {"token": ""})
    assert Credential.objects.get().token == "first"


def test_another_name_meanwhile_is_kept_beside_a_new_token(common: Connection, administrator: Person) -> None:
    seen = organisation.current(common)
    change(common, administrator, name="Renamed")
    told = {"name": "GitHub", "base_url": BASE, "token": "second"}
    organisation.change(connection=common, wanted=told, seen=seen, by=administrator)
    common.refresh_from_db()
    assert (common.name, Credential.objects.get().token) == ("Renamed", "second")


# -- The end ----------------------------------------------------------------------------------------------------------


def test_the_end_is_the_end_for_all_teams(common: Connection, team: Team, ranking: Team, administrator: Person) -> None:
    source = taken(common, team, administrator)
    taken(common, ranking, administrator)
    for _ in range(2):
        organisation.end(connection=common, by=administrator)
    source.refresh_from_db()
    common.refresh_from_db()
    assert (source.active, common.state) == (False, ConnectionState.ENDED)
    assert set(Service.objects.values_list("ended_at", flat=True)) == {NOW}
    assert not Credential.objects.exists()
    assert not Grant.objects.exists()
    removed = AuditEvent.objects.filter(action="connection.removed").values_list("team", flat=True)
    assert sorted(removed) == sorted([team.pk, ranking.pk])
    assert AuditEvent.objects.filter(action="connection.ended").count() == 1
    assert list(Connection.objects.usable_by(team)) == []
    with pytest.raises(NotGiven, match="disconnected meanwhile"):
        organisation.give(connection=common, team=team, repositories=[SHOP], by=administrator)


def test_a_team_with_a_token_of_its_own_reads_on(
    common: Connection, team: Team, ranking: Team, administrator: Person, team_admin: Person
) -> None:
    source = taken(common, ranking, administrator)
    draft = services.prepare(team=team, by=team_admin, kind="stub", address=Address(BASE, "acme/shop"), token="own")
    assert services.connect(draft_id=draft.pk, options=OPTIONS, by=team_admin) == source
    ServiceFactory(source=source, team=team)
    organisation.end(connection=common, by=administrator)
    source.refresh_from_db()
    assert (source.active, source.connection.team) == (True, team)
    assert Credential.objects.get().token == "own"
    assert [share.team for share in sharing.live(source)] == [team]


def test_a_draft_of_a_connection_that_ended_is_gone(common: Connection, team: Team, administrator: Person) -> None:
    organisation.give(connection=common, team=team, repositories=[SHOP], by=administrator)
    draft = services.prepare_another(team=team, by=administrator, connection=common, repository=SHOP)
    organisation.end(connection=common, by=administrator)
    with pytest.raises((NotGranted, services.DraftGone)):
        services.connect(draft_id=draft.pk, options=OPTIONS, by=administrator)
    assert not Share.objects.exists()
    assert clock.now() == NOW
