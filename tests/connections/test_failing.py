"""People are told once of each time that a repository could not be read, and when it is well again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections import failing, services, sync
from connections.models import Source
from connectors.records import Inspection
from core import clock
from core.http import OutgoingError, RateLimited
from notices import wording
from notices.models import Channel, Notice, Outgoing
from teams.models import Membership, Person, Team
from tests.connections.factories import NOW
from tests.connections.stub import StubConnector
from tests.factories import MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture(autouse=True)
def _mender(team_admin: Person, editor: Person) -> None:
    """An admin, who can mend it, and an editor, who cannot."""


def syncs(source: Source, stub: StubConnector, *ends: Exception | None) -> None:
    """One sync after the other, an hour apart; None succeeds."""
    for end in ends:
        last = Source.objects.get(pk=source.pk).runs.newest_first().first()
        at = last.started_at + timedelta(hours=1) if last else NOW

        def page(_number: int, end: Exception | None = end) -> None:
            if end is not None:
                raise end

        stub.before_page = page
        Source.objects.filter(pk=source.pk).update(next_sync_at=at)
        with clock.at(at):
            assert sync.sync(source.pk) is not None


def said() -> list[str]:
    return [each.sentence for each in wording.told(Notice.objects.order_by("pk"))]


GONE = OutgoingError("not_found", host="host.example", needs="x")
AWAY = OutgoingError("timeout", host="host.example")


def test_at_once_where_somebody_must_do_something(source: Source, stub: StubConnector, team_admin: Person) -> None:
    syncs(source, stub, None, GONE, GONE, GONE)
    (one,) = Notice.objects.all()
    assert (one.person, one.url) == (team_admin, f"/teams/{source.connection.team_id}/connections/{source.pk}/")
    assert said()[0].startswith("“acme/shop” cannot be read: ")
    assert "host.example" in said()[0]
    Notice.objects.all().delete()  # read, and gone after a while: it is the same episode all the same
    syncs(source, stub, GONE)
    assert said() == []


def test_of_what_passes_by_itself_after_five_times(source: Source, stub: StubConnector) -> None:
    syncs(source, stub, *[AWAY] * 4)
    assert said() == []
    syncs(source, stub, AWAY, AWAY, GONE, AWAY)
    assert len(said()) == 1


def test_the_host_s_limit_is_no_failure(source: Source, stub: StubConnector) -> None:
    syncs(source, stub, *[RateLimited(NOW, host="host.example")] * 6)
    assert said() == []


def test_when_it_is_well_again_and_when_it_fails_anew(source: Source, stub: StubConnector) -> None:
    syncs(source, stub, GONE, AWAY, None, None)
    assert said()[1:] == ["“acme/shop” can be read again."]
    syncs(source, stub, AWAY, None)
    assert len(said()) == 2  # nobody was told of it
    syncs(source, stub, GONE, None, None)
    assert [each.rpartition(":")[2] for each in Notice.objects.order_by("pk").values_list("key", flat=True)] == [
        "failing", "well", "failing", "well",
    ]  # fmt: skip


def test_a_new_token_does_not_hide_that_it_is_well_again(
    source: Source, stub: StubConnector, team_admin: Person
) -> None:
    syncs(source, stub, OutgoingError("unauthorised", host="host.example"))
    stub.before_page = None
    stub.seen = Inspection(source.external_id, source.full_name, source.url, "main")
    services.change_access(
        source=source, base_url=source.base_url, token="new", seen=services.access_of(source), by=team_admin
    )
    syncs(source, stub, None)
    assert [each.partition(" c")[0] for each in said()] == ["“acme/shop”"] * 2
    assert said()[1].endswith("can be read again.")


def test_the_team_s_channel_is_told_too(source: Source, stub: StubConnector, team: Team, team_admin: Person) -> None:
    Channel.objects.create(team=team, kind="slack", name="A", host="x", address="https://x/", kinds=[failing.KIND])
    Membership.objects.all().delete()  # with nobody to tell
    syncs(source, stub, GONE, GONE, None)
    posts = Outgoing.objects.exclude(channel=None).order_by("pk")
    assert [each.key.rpartition(":")[2] for each in posts] == ["failing", "well"]


def test_without_an_admin_the_administrators_are_told(
    source: Source, stub: StubConnector, administrator: Person, team_admin: Person
) -> None:
    Membership.objects.filter(person=team_admin).delete()
    syncs(source, stub, GONE)
    assert [each.person for each in Notice.objects.all()] == [administrator]


def test_nothing_of_an_archived_team(source: Source, stub: StubConnector, team: Team) -> None:
    Team.objects.filter(pk=team.pk).update(archived_at=NOW)
    MembershipFactory(team=team, role="team_admin")
    syncs(source, stub, GONE)
    assert said() == []
