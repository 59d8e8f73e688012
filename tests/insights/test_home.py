"""What a person owes this week and what is new for them, by role."""

from datetime import date, timedelta

import pytest

from assessments import services as assessments
from assessments import snapshots
from assessments.models import Assessment
from core import clock
from insights import home, news
from roadmaps import services as roadmaps
from roadmaps.models import Item
from teams.models import Person, Team
from tests.assessments.factories import answered, answered_all
from tests.assessments.factories import started as begun
from tests.insights.conftest import NOW, MakeTeam, aim, assess, deliver
from tests.roadmaps.factories import started

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_now")]


def _owed(person: Person) -> list[str]:
    return [each.title for each in home.read(person).owed]


def test_what_is_due_until_sunday_is_owed_and_the_rest_comes_next(team: Team, editor: Person) -> None:
    roadmap = started(team, editor)
    for item, due in zip(Item.objects.filter(roadmap=roadmap).of_phases(), (29, 30, 20), strict=False):
        roadmaps.set_owner(item=item, owner=editor, seen=None, by=editor)
        roadmaps.set_due(item=item, due_date=date(2026, 11, due), seen=item.due_date, by=editor)
    found = home.read(editor)
    assert [(each.due.day, each.late) for each in found.owed] == [(20, True), (29, False)]  # Sunday is the 29th
    assert found.late == 1
    assert found.next.due == date(2026, 11, 30)


def test_check_ins_are_owed_by_their_owner_only(team: Team, editor: Person, team_admin: Person) -> None:
    aim(team, editor, {"Coverage": 50, "Speed": None})
    assert _owed(editor) == ["Speed", "Coverage"], "as My check-ins asks for them; Speed is due first"
    assert _owed(team_admin) == []


def test_a_team_owes_its_round_and_answers_that_expired(team: Team, editor: Person, manager: Person) -> None:
    draft = begun(team, editor, NOW - timedelta(days=400))
    answered(draft, editor, "data.versioning", 2, NOW - timedelta(days=400))
    assert _owed(editor) == ["Hand in the assessment", "1 answer has expired"]
    assert _owed(manager) == [], "it is the team's to do"


def test_rounds_and_exemptions_wait_for_who_oversees(team: Team, editor: Person, manager: Person) -> None:
    draft = begun(team, editor, NOW)
    answered_all(draft, editor, at=NOW)
    assessments.submit(assessment=draft, by=editor)
    assessments.ask_exemption(
        team=team, criterion="monitor.alerts", until=date(2027, 1, 31), reason="Batch only.", by=editor
    )
    assert _owed(manager) == ["Review assessment 1", "Decide on an exemption: Alerts"]
    assert _owed(editor) == []
    assessments.review(assessment=Assessment.objects.get(), by=manager)
    assert _owed(manager) == ["Decide on an exemption: Alerts"]


def test_nobody_is_asked_to_decide_on_their_own_request(team: Team, administrator: Person, manager: Person) -> None:
    assessments.ask_exemption(
        team=team, criterion="monitor.alerts", until=date(2027, 1, 31), reason="Batch only.", by=administrator
    )
    assert (_owed(administrator), len(_owed(manager))) == ([], 1)


def test_members_hear_of_the_daily_work_and_managers_of_what_moved(make_team: MakeTeam, manager: Person) -> None:
    team = make_team("Fraud", before="2222", levels="3221", ticked=[0], weekly=(1, 1), results={"Speed": 50})
    snapshots.rebuild()
    since = NOW - timedelta(days=14)
    theirs = [each.title for each in news.of_teams([team], {team.pk}, since)]
    assert "Data L2 → L3" in theirs
    assert "Monitor L2 → L1" in theirs
    assert "Speed" in theirs
    assert "1 deployment to production" in theirs
    moved = [(each.icon, each.title) for each in news.of_teams([team], (), since)]
    assert moved == [("arrow-up", "Data L2 → L3"), ("arrow-down", "Monitor L2 → L1")]


def test_news_begin_where_the_last_visit_began(make_team: MakeTeam) -> None:
    team = make_team("Fraud")
    deliver(team, 0, 1)
    with clock.at(NOW):
        assert news.since_of(None) == NOW - timedelta(days=14)
    assert news.of_teams([team], {team.pk}, NOW) == []
    assess(team, team.memberships.get().person, "1111", NOW)
    assert news.of_teams([], (), NOW) == []
