from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from roadmaps import services as roadmaps
from roadmaps.models import Item
from teams.models import Organisation, Person, Team, Visit
from tests.connections.factories import ServiceFactory
from tests.delivery.factories import DeploymentFactory, IncidentFactory
from tests.factories import MembershipFactory, PersonFactory, TeamFactory
from tests.insights.conftest import assess
from tests.okrs.factories import key_result_of, objective_in, quarter
from tests.roadmaps.factories import started

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)
SignIn = Callable[[Person], Client]


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def _text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_a_new_administrator_is_led_to_the_first_team(administrator: Person, signed_in: SignIn) -> None:
    page = _text(signed_in(administrator), "/")
    assert 'href="/teams/new/"' in page
    assert page.count("btn-primary") == 1


def test_somebody_without_a_team_is_told_so(organisation: Organisation, signed_in: SignIn) -> None:
    page = _text(signed_in(PersonFactory()), "/")
    assert "You do not belong to a team yet" in page
    assert "First steps" not in page


def test_home_shows_my_teams_with_their_figures_and_nobody_elses(
    team: Team, editor: Person, outsider: Person, signed_in: SignIn
) -> None:
    roadmap = started(team, editor)
    for item in Item.objects.filter(roadmap=roadmap, phase=1):
        roadmaps.tick(item=item, wanted="done", seen_version=item.version, by=editor)
    mine, theirs = _text(signed_in(editor), "/"), _text(signed_in(outsider), "/")
    assert "Forecasting" in mine
    assert '3<span class="p-of">/12</span>' in mine
    assert "no data" in mine
    assert "Forecasting" not in theirs


def test_home_says_what_is_mine_and_late(team: Team, editor: Person, signed_in: SignIn) -> None:
    item = Item.objects.filter(roadmap=started(team, editor), phase=1).first()
    assert item is not None
    roadmaps.set_owner(item=item, owner=editor, seen=None, by=editor)
    roadmaps.set_due(item=item, due_date=(NOW - timedelta(days=2)).date(), seen=item.due_date, by=editor)
    page = _text(signed_in(editor), "/")
    assert "1 thing is due from you this week, 1 overdue." in page
    assert "overdue, 18 May" in page


def test_home_tells_what_is_new(team: Team, editor: Person, signed_in: SignIn) -> None:
    service = ServiceFactory(source__connection__team=team)
    for days in (1, 2, 30):
        DeploymentFactory(service=service, finished_at=NOW - timedelta(days=days))
    DeploymentFactory(service=service, finished_at=NOW - timedelta(days=1), outcome="failed")
    IncidentFactory(service=service, title="Login is slow", began_at=NOW - timedelta(days=1), resolved_at=None)
    page = _text(signed_in(editor), "/")
    assert "2 deployments to production" in page
    assert "Login is slow" in page
    assert "Incident open" in page


def test_a_name_from_right_to_left_leaves_the_numbers_beside_it(team: Team, editor: Person, signed_in: SignIn) -> None:
    Team.objects.filter(pk=team.pk).update(name="צוות 7")
    roadmap = started(team, editor)
    item = Item.objects.filter(roadmap=roadmap).of_phases()[0]
    roadmaps.tick(item=item, wanted="done", seen_version=0, by=editor)
    page = signed_in(editor).get("/").text
    assert '<span class="p-sub"><bdi>צוות 7</bdi> · ' in page


def test_home_remembers_when_somebody_looked(team: Team, editor: Person, signed_in: SignIn) -> None:
    service = ServiceFactory(source__connection__team=team)
    IncidentFactory(service=service, title="Before", began_at=NOW - timedelta(days=3), resolved_at=None)
    IncidentFactory(service=service, title="Since", began_at=NOW - timedelta(days=1), resolved_at=None)
    Visit.objects.create(person=editor, began_at=NOW - timedelta(days=2))
    page = _text(signed_in(editor), "/")
    assert "Since" in page
    assert "Before" not in page
    assert "18 May 2026, 09:00" in page


def test_home_tells_a_manager_which_teams_need_somebody(
    team: Team, editor: Person, manager: Person, signed_in: SignIn
) -> None:
    started(team, editor)  # on 1 April: nothing was done in any of the complete weeks since
    page, theirs = _text(signed_in(manager), "/"), _text(signed_in(editor), "/")
    assert "Teams that need you" in page
    assert "Nothing done for 6 weeks" in page
    assert f'href="/teams/{team.pk}/roadmap/"' in page
    assert "Teams that need you" not in theirs


def test_the_queries_of_home_do_not_grow_with_the_teams(editor: Person, signed_in: SignIn) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            _text(client, "/")
        return len(seen)

    def one_more() -> None:
        added = TeamFactory()
        MembershipFactory(team=added, person=editor)
        started(added, editor)
        DeploymentFactory(service=ServiceFactory(source__connection__team=added), finished_at=NOW - timedelta(days=1))

    client = signed_in(editor)
    one_more()
    queries()
    before = queries()
    for _ in range(3):
        one_more()
    assert queries() == before


def test_a_young_team_is_shown_its_first_steps(team: Team, team_admin: Person, signed_in: SignIn) -> None:
    page = _text(signed_in(team_admin), f"/teams/{team.pk}/")
    assert "First steps" in page
    assert f'href="/teams/{team.pk}/delivery/connect/"' in page
    assert page.count("Start the roadmap</a>") == 1
    assert "A team admin does this." not in page


def test_a_step_that_is_not_the_editors_says_whose_it_is(team: Team, editor: Person, signed_in: SignIn) -> None:
    page = _text(signed_in(editor), f"/teams/{team.pk}/")
    assert page.count("A team admin does this.") == 2
    assert page.count("btn-primary") == 1


def test_a_reader_sees_a_young_team_without_steps(team: Team, manager: Person, signed_in: SignIn) -> None:
    page = _text(signed_in(manager), f"/teams/{team.pk}/")
    assert "First steps" not in page
    assert "btn-primary" not in page


def test_the_team_page_brings_every_room_together(
    team: Team, editor: Person, team_admin: Person, signed_in: SignIn
) -> None:
    started(team, editor)
    assess(team, editor, "2110", NOW - timedelta(days=3))
    key_result_of(
        objective_in(quarter(editor, first=date(2026, 4, 1), last=date(2026, 6, 30)), editor, team), editor, at=NOW
    )
    service = ServiceFactory(source__connection__team=team)
    DeploymentFactory(service=service, finished_at=NOW - timedelta(days=10))
    page = _text(signed_in(editor), f"/teams/{team.pk}/")
    assert "First steps" not in page
    for part in (
        'id="maturity"',
        'id="next"',
        'id="okrs"',
        "Test coverage",
        'data-chart="chart-burn-up"',
        'data-figure="deployment_frequency"',
        'data-figure="change_failure_rate"',
    ):
        assert part in page
    assert service.source.full_name in page


def test_an_unknown_team_is_not_found(editor: Person, signed_in: SignIn) -> None:
    assert signed_in(editor).get("/teams/999/").status_code == 404


def test_the_team_page_marks_what_is_late(team: Team, editor: Person, signed_in: SignIn) -> None:
    item = Item.objects.filter(roadmap=started(team, editor), phase=1).first()
    assert item is not None
    roadmaps.set_due(item=item, due_date=(NOW - timedelta(days=2)).date(), seen=item.due_date, by=editor)
    page = _text(signed_in(editor), f"/teams/{team.pk}/")
    assert page.count("overdue, 18 May") == 1
    assert page.count('<li class="is-lost">') == 1
