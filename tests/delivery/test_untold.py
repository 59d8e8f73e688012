"""Where nothing could ever tell of a failure there is no change failure rate: docs/definitions.md, Change failure rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from delivery import charts, quarters, reading, standings
from delivery.attributing import set_policy
from delivery.board import Choice, board
from delivery.correcting import correct, withdraw
from delivery.models import Deployment, PreparedQuarter
from delivery.registry import FIGURES
from delivery.rules import of_service, parts_of
from delivery.services import change_rules
from delivery.tasks import prepare
from teams.models import Person, Team
from tests.delivery.factories import NOW, DeploymentFactory, ServiceFactory
from tests.delivery.pushes import Program
from tests.delivery.test_alerts import alert, post
from tests.delivery.told_reference import expected
from tests.factories import PersonFactory, TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
NAME = "change_failure_rate"
UNTOLD = (None, None, 2)
NONE = (0.0, 0, 2)  # told, and there was none
Rate = tuple[float | None, int | None, int]


@pytest.fixture
def silent(team: Team) -> Team:
    """Nobody reads its incidents, and nobody told of one; two deployments of which one could have failed."""
    service = ServiceFactory(source__connection__team=team, incident_labels=[])
    for weeks in (1, 2):
        DeploymentFactory(service=service, finished_at=NOW - timedelta(weeks=weeks), sha=f"v{weeks}")
    return team


@pytest.fixture
def client(signed_in: Callable[[Person], Client], team_admin: Person) -> Client:
    return signed_in(team_admin)


def prepared(team: Team) -> Rate:
    """As pages of many teams say it."""
    told = standings.for_teams([team])[team.pk].by_id[NAME].told
    assert told.denominator is not None
    return told.number, told.numerator, told.denominator


def of_api(client: Client, team: Team) -> dict[str, Any]:
    answer = client.get(f"/api/v1/teams/{team.pk}/delivery/?edition=2025").json()
    found: dict[str, Any] = next(each for each in answer["figures"] if each["id"] == NAME)
    assert (NAME in answer["overall"]["figures"]) == (found["score"] is not None)
    return found


def test_without_a_source_of_failures_the_rate_is_no_data(client: Client, silent: Team) -> None:
    found = of_api(client, silent)
    assert (found["value"], found["numerator"], found["denominator"]) == UNTOLD
    assert (found["band"], found["score"]) == (None, None)
    shown = board(silent, Choice())
    assert expected(silent, shown.period.first, shown.period.last)[NAME] == UNTOLD
    assert prepared(silent) == UNTOLD
    today = shown.today
    assert FIGURES[NAME][0].values([silent], [today]) == {(silent.pk, today): None}
    assert FIGURES[NAME][0].pooled([silent], today) is None
    page = client.get(f"/teams/{silent.pk}/delivery/").text
    assert "Incidents are not read." in page
    assert "of 2 deployments with" not in page


def test_its_chart_has_gaps_and_no_zeros(silent: Team) -> None:
    chart = charts.failure_rate_chart(board(silent, Choice()))
    assert {row[1] for row in chart.rows} == {None}
    assert {row[3] for row in chart.rows} == {None}
    assert [row[2] for row in chart.rows].count(1) == 2
    assert "no data" in chart.alt


def by_rollbacks(team: Team, by: Person) -> None:
    set_policy(team=team, seen={"rollbacks": False}, wanted={"rollbacks": True}, by=by)


def by_reverts(team: Team, by: Person) -> None:
    set_policy(team=team, seen={"reverts": False}, wanted={"reverts": True}, by=by)


def by_hotfixes(team: Team, by: Person) -> None:
    set_policy(team=team, seen={"hotfixes": False}, wanted={"hotfixes": True}, by=by)


def by_labels(team: Team, by: Person) -> None:
    service = team.services.get()
    rules = of_service(service)
    wanted = replace(rules, incident_labels=("incident",))
    change_rules(service_id=service.pk, rules=wanted, seen=parts_of(rules), by=by)


def by_a_push(team: Team, by: Person) -> None:
    Program(team, by).report(began_at="2025-01-01T08:00:00Z")


def by_an_alert(team: Team, by: Person) -> None:
    post(Program(team, by), alert(startsAt="2025-01-01T08:00:00Z"))


@pytest.mark.parametrize("tell", [by_rollbacks, by_reverts, by_hotfixes, by_labels, by_a_push, by_an_alert])
def test_once_anything_could_tell_none_is_a_zero(
    client: Client, silent: Team, team_admin: Person, tell: Callable[[Team, Person], None]
) -> None:
    prepare()
    assert (prepared(silent), PreparedQuarter.objects.count()) == (UNTOLD, 1)
    tell(silent, team_admin)
    assert prepared(silent) == NONE
    found = of_api(client, silent)
    assert (found["value"], found["numerator"], found["denominator"], found["score"]) == (*NONE, 10.0)
    shown = board(silent, Choice())
    assert expected(silent, shown.period.first, shown.period.last)[NAME] == NONE
    assert charts.failure_rate_chart(shown).rows[-2][1:] == [0, 1, "0%"]


def test_a_failure_by_hand_tells_until_it_is_taken_back(silent: Team, team_admin: Person) -> None:
    row = Deployment.objects.first()
    said = correct(team=silent, kind="failed", reason="It broke.", by=team_admin, deployment=row)
    assert prepared(silent) == (0.5, 1, 2)
    withdraw(correction=said, by=team_admin)
    assert prepared(silent) == UNTOLD


def test_where_reading_ended_later_weeks_are_not_told(silent: Team) -> None:
    ServiceFactory(source__connection__team=silent, ended_at=NOW - timedelta(weeks=3))
    weeks = {day: (each.failure_rate.part, each.failure_rate.whole) for day, each in fives(silent).items()}
    assert list(weeks.values())[-4:-1] == [(0, 0), (None, 1), (None, 1)]
    for day, part in weeks.items():
        told = expected(silent, day, day + timedelta(days=6))[NAME]
        assert told == ((None, None, part[1]) if part[1] else (None, None, None))


def test_what_was_prepared_before_reading_ended_is_made_anew(silent: Team) -> None:
    service = ServiceFactory(source__connection__team=silent)
    prepare()
    assert prepared(silent) == NONE
    service.ended_at = NOW - timedelta(weeks=30)
    service.save()
    assert prepared(silent) == UNTOLD


def fives(team: Team) -> dict[date, Any]:
    return {row.bucket.start: row.five for row in board(team, Choice()).by_bucket}


def test_pooled_it_is_over_the_teams_that_tell(silent: Team) -> None:
    other = TeamFactory()
    service = ServiceFactory(source__connection__team=other)
    row = DeploymentFactory(service=service, finished_at=NOW - timedelta(weeks=1))
    correct(team=other, kind="failed", reason="It broke.", by=PersonFactory(), deployment=row)
    assert FIGURES[NAME][0].pooled([silent, other], board(other, Choice()).today) == 1.0


def test_it_costs_no_query_a_team(silent: Team, django_assert_max_num_queries: Any) -> None:
    teams = [silent, *(ServiceFactory(source__connection__team=TeamFactory()).team for _n in range(3))]
    services = reading.services_with_first(teams)
    with django_assert_max_num_queries(2):
        found = reading.known(teams, services)
    assert [found[team.pk].failures_until for team in teams] == [None, *[date.max] * 3]
    assert quarters.of_teams(teams, services)[silent.pk].now.failure_rate.part is None
