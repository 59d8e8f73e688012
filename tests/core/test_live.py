"""The stamp of live pages: it changes with everything that is committed, and with nothing else; what asking for it costs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from core import live
from core.append_only import AppendOnly
from core.models import LiveStamp
from roadmaps import services
from roadmaps.models import Item, Roadmap
from teams.models import Membership, Person, Team, TeamGroup, Visit
from tests.core import live_pages
from tests.factories import MembershipFactory, TeamFactory
from tests.okrs import factories as okrs
from tests.roadmaps.factories import started

pytestmark = pytest.mark.django_db
POLL = 5  # session, person, organisation, team, stamp


@pytest.fixture
def roadmap(team: Team, editor: Person) -> Roadmap:
    return started(team, editor, datetime.now(UTC).date().replace(day=1))


def test_a_write_by_whatever_way_changes_the_stamp(team: Team, roadmap: Roadmap, editor: Person) -> None:
    item = roadmap.items.order_by("pk")[0]
    copies = [Item(roadmap=roadmap, phase=1, title=f"{n}", position=90 + n, due_date=date(2100, 1, 1)) for n in (1, 2)]
    ways: dict[str, Callable[[], object]] = {
        "a service": lambda: services.tick(item=item, wanted="done", seen_version=0, by=editor),
        "save": item.save,
        "bulk_create": lambda: Item.objects.bulk_create(copies),
        "bulk_update": lambda: Item.objects.bulk_update(copies, ["title"]),
        "update": lambda: Item.objects.filter(pk=item.pk).update(position=99),
        "delete": lambda: Item.objects.filter(pk=copies[0].pk).delete(),
    }
    silent = [name for name, act in ways.items() if not changes_afresh(team.pk, "roadmaps", act)]
    assert silent == []


def changes_afresh(team_id: int, room: str, act: Callable[[], object]) -> bool:
    """Whether it is counted, although the test's one transaction has counted before."""
    LiveStamp.objects.all().delete()
    act()
    return live.stamp(team_id, [room]) > 0


def test_only_the_team_and_the_room_that_changed(team: Team, roadmap: Roadmap, editor: Person) -> None:
    other = TeamFactory()
    other_roadmap = started(other, editor, roadmap.start_date)
    LiveStamp.objects.all().delete()
    services.add_item(roadmap=other_roadmap, title="New", phase=1, by=editor)
    assert live.stamp(team.pk, ["roadmaps", "okrs", "teams"]) == 0
    assert live.stamp(other.pk, ["okrs", "teams"]) == 0
    assert live.stamp(other.pk, ["roadmaps"]) > 0


def test_what_is_the_organisations_counts_for_every_team(team: Team, editor: Person, administrator: Person) -> None:
    cycle = okrs.quarter(administrator)
    LiveStamp.objects.all().delete()
    okrs.objective_in(cycle, administrator, None)
    assert live.stamp(team.pk, ["okrs"]) > 0
    assert live.stamp(live.ORGANISATION, ["okrs"]) > 0
    assert changes_afresh(team.pk, "teams", lambda: TeamGroup.objects.create(name="Platform"))


def test_a_teams_objective_in_the_organisations_cycle_is_the_teams(team: Team, administrator: Person) -> None:
    cycle = okrs.quarter(administrator)
    LiveStamp.objects.all().delete()
    objective = okrs.objective_in(cycle, administrator, team)
    okrs.checked_in(okrs.key_result_of(objective, administrator, owner=None), administrator, okrs.noon(10, 5), 1)
    assert live.stamp(live.ORGANISATION, ["okrs"]) == 0
    assert live.stamp(team.pk, ["okrs"]) > 0


def test_what_was_rolled_back_did_not_happen(team: Team) -> None:
    before = live.stamp(team.pk, ["teams"])
    with transaction.atomic():
        MembershipFactory(team=team)
        transaction.set_rollback(True)
    assert live.stamp(team.pk, ["teams"]) == before


def test_reading_and_signing_in_change_nothing(
    team: Team, roadmap: Roadmap, editor: Person, signed_in: Callable[[Person], Client]
) -> None:
    LiveStamp.objects.all().delete()
    client = signed_in(editor)
    for page in ("roadmap/", "okrs/", "maturity/", "", "members/"):
        assert client.get(f"/teams/{team.pk}/{page}").status_code == 200
    assert not LiveStamp.objects.exists()


def test_every_table_with_a_way_to_a_team_is_counted(team: Team) -> None:
    there = live._there(connection)
    assert {each.table for each in live.counted_tables()} == there
    # A few by name, so that an empty list is no success.
    assert {"teams_team", "roadmaps_tick", "okrs_checkin", "assessments_answer", "connections_syncrun"} <= there
    assert not there & {"teams_auditevent", "teams_apitoken", "okrs_change", "teams_person"}


def test_adding_up_keeps_every_stamp(team: Team, roadmap: Roadmap) -> None:
    rows = [(team.pk, "okrs", 7, 1), (team.pk, "okrs", 8, 1), (team.pk, "okrs", 0, 5), (team.pk, "delivery", 7, 2)]
    LiveStamp.objects.bulk_create(LiveStamp(team_id=t, room=r, tx=tx, n=n) for t, r, tx, n in rows)
    before = {room: live.stamp(team.pk, [room]) for room in ("okrs", "delivery", "roadmaps", "teams")}
    assert before["okrs"] == 7
    live.fold()
    assert {room: live.stamp(team.pk, [room]) for room in before} == before
    if connection.vendor == "postgresql":
        assert set(LiveStamp.objects.values_list("tx", flat=True)) == {0}
        assert live.fold() == 0


# SQLite lets one writer in at a time: there a second one waits for the file, whatever the stamp does.
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_unguarded")
def test_writers_of_one_team_do_not_wait_for_each_other(team: Team) -> None:
    """One holds its transaction open while the other commits; whoever looks in between sees each change once it is there."""
    membership = MembershipFactory(team=team)
    seen = [live.stamp(team.pk, ["teams"])]

    def second_writer() -> None:
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            MembershipFactory(team=team)
        finally:
            connections["default"].close()

    with transaction.atomic():
        Membership.objects.filter(pk=membership.pk).update(role="team_admin")
        thread = threading.Thread(target=second_writer)
        thread.start()
        thread.join()
        live.fold()  # what the other one counted; our own row is not there for anybody yet
    seen.append(live.stamp(team.pk, ["teams"]))
    assert Membership.objects.filter(team=team).count() == 2
    assert seen[1] >= seen[0] + 2


def test_the_stamp_of_a_page_is_taken_before_the_page_is_read(team: Team, editor: Person, rf: RequestFactory) -> None:
    """What is written while the page is being read is looked at once more, never missed."""
    LiveStamp.objects.all().delete()
    request = rf.get("/")
    request.user = editor

    @live.page("okrs")
    def view(request: HttpRequest, team_id: int) -> HttpResponse:
        LiveStamp.objects.create(team_id=team_id, room="okrs", tx=-1, n=1)  # somebody else commits meanwhile
        return HttpResponse()

    view(request, team_id=team.pk)
    assert request.live.url == f"/live/{team.pk}/okrs+teams/"
    assert request.live.etag == '"0"'
    assert live.etag(team.pk, ["okrs", "teams"]) == '"1"'


def test_a_look_leaves_what_is_said_or_shown_once_to_the_person(
    team: Team, team_admin: Person, signed_in: Callable[[Person], Client]
) -> None:
    client, page = signed_in(team_admin), f"/teams/{team.pk}/members/"
    client.post(page, {"role": "editor"})  # the link is shown once, on the next page
    look = client.get(page, headers={live.LOOK: "look"}).text
    assert "data-live-part" in look
    assert "/invitation/" not in look
    assert "/invitation/" in client.get(page).text


def test_every_page_is_kept_fresh_or_says_why_not() -> None:
    asked, live_ones, others = live_pages.asked_with_get(), live_pages.live_routes(), live_pages.NOT_LIVE.keys()
    assert sorted(asked - live_ones - others) == [], "keep it fresh (core/live.py), or say why not in live_pages.py"
    assert sorted(others & live_ones) == [], "is kept fresh"
    assert sorted(others - asked) == [], "is no page"


def test_a_look_at_home_is_no_visit(team: Team, editor: Person, signed_in: Callable[[Person], Client]) -> None:
    """Home may stay open for longer than a visit lasts: what is new since the last one stays new."""
    client, long_ago = signed_in(editor), datetime(2026, 1, 1, tzinfo=UTC)
    client.get("/")
    Visit.objects.filter(person=editor).update(began_at=long_ago)
    client.get("/", headers={live.LOOK: "look"})
    assert Visit.objects.get(person=editor).began_at == long_ago
    client.get("/")
    assert Visit.objects.get(person=editor).before_at == long_ago


def test_a_page_that_was_refused_is_not_live(
    team: Team, team_admin: Person, signed_in: Callable[[Person], Client]
) -> None:
    client, page = signed_in(team_admin), f"/teams/{team.pk}/members/"
    assert 'data-live="/live/' in client.get(page).text
    refused = client.post(page, {"role": "nonsense"})
    assert refused.status_code == 422
    assert "data-live=" not in refused.text


# -- Asking ---------------------------------------------------------------------------------------------------------


def test_a_poll_is_304_until_something_changes(
    team: Team, roadmap: Roadmap, editor: Person, signed_in: Callable[[Person], Client]
) -> None:
    client, url = signed_in(editor), f"/live/{team.pk}/roadmaps+teams/"
    first = client.get(url)
    assert (first.status_code, first.content) == (204, b"")
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    LiveStamp.objects.create(team_id=team.pk, room="roadmaps", tx=-1, n=1)
    changed = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 204
    assert changed["ETag"] != first["ETag"]


def test_what_a_poll_costs_whatever_there_is(
    team: Team, roadmap: Roadmap, editor: Person, signed_in: Callable[[Person], Client]
) -> None:
    client, url = signed_in(editor), f"/live/{team.pk}/roadmaps+okrs+teams/"
    etag = client.get(url)["ETag"]
    MembershipFactory.create_batch(5)  # other teams'
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert len(queries) == POLL, [each["sql"] for each in queries]
    assert all(each["sql"].startswith("SELECT") for each in queries)


def test_what_a_poll_of_all_teams_costs_whatever_there_is(
    team: Team, roadmap: Roadmap, editor: Person, signed_in: Callable[[Person], Client]
) -> None:
    client, url = signed_in(editor), "/live/all/roadmaps+okrs+teams/"
    etag = client.get(url)["ETag"]
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert len(queries) == POLL - 1, [each["sql"] for each in queries]  # it asks for no team
    started(TeamFactory(), editor, roadmap.start_date)  # of any team
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 204


def test_a_poll_is_no_use_of_the_session_and_not_in_the_log(
    team: Team, editor: Person, signed_in: Callable[[Person], Client], caplog: pytest.LogCaptureFixture
) -> None:
    from allauth.usersessions.models import UserSession

    client = signed_in(editor)
    UserSession.objects.update(last_seen_at=datetime(2026, 1, 1, tzinfo=UTC))
    with caplog.at_level("INFO"):
        client.get(f"/live/{team.pk}/teams/")
    assert UserSession.objects.get().last_seen_at.year == 2026
    assert UserSession.objects.get().last_seen_at.month == 1
    assert "/live/" not in caplog.text


@pytest.mark.parametrize("rooms", ["nonsense", "roadmaps+nonsense", "roadmaps roadmaps", "+"])
def test_rooms_that_are_none_are_not_there(
    team: Team, editor: Person, signed_in: Callable[[Person], Client], rooms: str
) -> None:
    assert signed_in(editor).get(f"/live/{team.pk}/{rooms}/").status_code == 404


def test_append_only_rows_are_counted_too() -> None:
    counted = {each.model for each in live.counted_tables()}
    kept = {model for model in counted if issubclass(model, AppendOnly)}
    assert len(kept) >= 5
