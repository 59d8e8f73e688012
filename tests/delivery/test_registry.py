"""The figures as other rooms ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import figures
from delivery import five
from delivery.correcting import correct
from delivery.models import Deployment, Incident, Service
from delivery.periods import Period
from delivery.refresh import everything
from delivery.registry import deployment_frequency
from teams.models import Organisation, Person, Team
from tests.delivery.factories import ChangeFactory, DeploymentFactory, IncidentFactory, ServiceFactory, at
from tests.factories import TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def service(team: Team) -> Service:
    return ServiceFactory(source__connection__team=team)


@pytest.fixture
def _vectors(service: Service) -> None:
    """docs/definitions.md, Delivery, the example of March 2026."""
    for finish in ("2026-03-02 10:00", "2026-03-02 18:00", "2026-03-12 09:00"):
        DeploymentFactory(service=service, finished_at=at(finish))
    DeploymentFactory(service=service, finished_at=at("2026-03-12 12:00"), outcome="failed")
    DeploymentFactory(service=service, finished_at=at("2026-03-13 12:00"), environment_class="staging")
    for began, resolved in [
        ("2026-03-02 18:00", "2026-03-02 19:30"),
        ("2026-03-12 13:00", "2026-03-13 13:00"),
        ("2026-03-12 15:00", None),
        ("2026-03-20 10:00", "2026-03-20 10:30"),
    ]:
        IncidentFactory(service=service, began_at=at(began), resolved_at=resolved and at(resolved))


def value(figure: str, team: Team, day: date) -> float | None:
    return figures.get(figure).values([team], [day])[team.pk, day]


@pytest.mark.usefixtures("_vectors")
def test_the_vectors_from_stored_rows(team: Team) -> None:
    found = five.read([team], MARCH)[team.pk].five(MARCH)
    frequency, recovery = found.frequency, found.mttr
    assert frequency
    assert (frequency.count, frequency.week_days, frequency.per_week) == (3, [0, 1, 1, 0, 0, 0], 0)
    assert (recovery.count, recovery.still_open, recovery.median) == (3, 1, 1.5)
    assert recovery.mean == pytest.approx(8.67, abs=0.005)


@pytest.mark.usefixtures("_vectors")
def test_a_value_on_a_day_is_that_of_the_13_weeks_before(team: Team) -> None:
    assert value("mttr", team, date(2026, 3, 2)) is None, "nothing was resolved before"
    assert value("mttr", team, date(2026, 3, 9)) == 1.5
    assert value("mttr", team, date(2026, 3, 15)) == 1.5, "the week of the 9th is not complete yet"
    assert value("mttr", team, date(2026, 3, 16)) == pytest.approx(12.75)
    assert value("mttr", team, date(2026, 6, 1)) == pytest.approx(26 / 3), "weeks of 2 March to 25 May"
    assert value("mttr", team, date(2026, 6, 8)) == pytest.approx(12.25), "the first one is out of sight"
    assert value("mttr", team, date(2026, 7, 1)) is None


@pytest.mark.usefixtures("_vectors")
def test_no_deployment_is_zero_only_once_one_is_known(team: Team) -> None:
    assert value("deployment_frequency", team, date(2026, 3, 2)) is None
    assert value("deployment_frequency", team, date(2026, 3, 9)) == 0
    assert value("deployment_frequency", team, date(2026, 12, 1)) == 0


def test_weeks_that_were_never_read_are_no_zeros(team: Team, service: Service) -> None:
    """Read from a Wednesday on: of 13 weeks three were seen, two of them with deployments."""
    for finish in ("2026-03-04 10:00", "2026-03-05 10:00", "2026-03-10 10:00"):
        DeploymentFactory(service=service, finished_at=at(finish))
    service.since = date(2026, 3, 4)
    service.save()
    assert value("deployment_frequency", team, date(2026, 3, 23)) == 1, "the median of 2, 1, 0"
    assert figures.get("deployment_frequency").pooled([team], date(2026, 3, 23)) == 1
    service.since = None
    service.save()
    assert value("deployment_frequency", team, date(2026, 3, 23)) == 0


def test_another_repository_that_was_read_whole_makes_the_weeks_zeros(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-03-04 10:00"))
    service.since = date(2026, 3, 4)
    service.save()
    assert value("deployment_frequency", team, date(2026, 3, 9)) == 1
    ServiceFactory(source__connection__team=team)
    assert value("deployment_frequency", team, date(2026, 3, 9)) == 0


def test_a_failed_first_deployment_makes_zero_a_fact(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-03-02 10:00"), outcome="failed")
    assert value("deployment_frequency", team, date(2026, 3, 9)) == 0


def test_after_it_was_disconnected_there_is_no_data(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-03-02 10:00"))
    service.ended_at = at("2026-03-20 10:00")
    service.save()
    assert value("deployment_frequency", team, date(2026, 6, 1)) == 0
    assert value("deployment_frequency", team, date(2026, 6, 29)) is None


def test_weeks_after_it_was_disconnected_are_no_zeros(team: Team, service: Service) -> None:
    for day in ("2026-03-02", "2026-03-10"):
        DeploymentFactory(service=service, finished_at=at(f"{day} 10:00"))
    service.ended_at = at("2026-03-13 10:00")
    service.save()
    assert value("deployment_frequency", team, date(2026, 6, 1)) == 1  # of two weeks, not of thirteen
    other = TeamFactory()
    DeploymentFactory(
        service=ServiceFactory(source__connection__team=other, ended_at=at("2026-03-20 10:00")),
        finished_at=at("2026-03-03 10:00"),
    )
    four_weeks = Period(date(2026, 3, 2), date(2026, 3, 29))
    together = list(five.read([team, other], four_weeks).values())
    assert deployment_frequency(together, four_weeks) == 1  # 2, 1 and 0 days; nobody knows of the fourth week


def test_one_repository_disconnected_and_another_read_is_still_a_fact(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-03-02 10:00"))
    service.ended_at = at("2026-03-20 10:00")
    service.save()
    DeploymentFactory(service=ServiceFactory(source__connection__team=team), finished_at=at("2026-03-03 10:00"))
    assert value("deployment_frequency", team, date(2026, 6, 29)) == 0


def test_what_is_counted(team: Team, service: Service) -> None:
    """Succeeded, in production, with a finish, of the present deployment source."""
    counted = DeploymentFactory(service=service)
    DeploymentFactory(service=service, finished_at=None)
    DeploymentFactory(service=service, outcome="failed")
    DeploymentFactory(service=service, environment_class="other")
    DeploymentFactory(service=service, in_scope=False)
    assert list(Deployment.objects.counted()) == [counted]
    assert counted.counts
    assert [row.counts for row in Deployment.objects.exclude(pk=counted.pk).filter(in_scope=True)] == [False] * 3


def test_the_median_of_weeks(team: Team, service: Service) -> None:
    """Seven of thirteen weeks with one day each: median 1; a second deployment on the same day changes nothing."""
    monday = date(2026, 3, 2)
    for week in range(7):
        for hour in (9, 17):
            finish = at(f"{monday + timedelta(weeks=week)} {hour:02}:00")
            DeploymentFactory(service=service, finished_at=finish)
    assert value("deployment_frequency", team, monday + timedelta(weeks=13)) == 1
    assert value("deployment_frequency", team, monday + timedelta(weeks=14)) == 0


def test_days_are_those_of_the_team(organisation: Organisation, team: Team, service: Service) -> None:
    """Sunday 23:30 in UTC is Monday in Tokyo, and so in the next week."""
    DeploymentFactory(service=service, finished_at=at("2026-03-08 23:30"))
    week = Period(date(2026, 3, 2), date(2026, 3, 8))
    assert five.read([team], MARCH)[team.pk].five(week).frequency.week_days == [1]  # type: ignore[union-attr]
    organisation.time_zone = "Asia/Tokyo"
    organisation.save()
    assert counted(team) == {date(2026, 3, 9): 1}
    assert five.read([team], MARCH)[team.pk].five(week).frequency is None, "in Tokyo it was not known before Monday"
    team.time_zone = "America/New_York"
    team.save()
    assert counted(team) == {date(2026, 3, 8): 1}


def counted(team: Team) -> dict[date, int]:
    """By day, once the team's days are counted in its present time zone."""
    everything(team.pk)
    return {day: each.counted for day, each in five.read([team], MARCH)[team.pk].days.items() if each.counted}


def test_summer_time_does_not_move_a_deployment(team: Team, service: Service) -> None:
    """29 March 2026 has 23 hours in Berlin; 00:30 of the 30th there is 22:30 of the 29th in UTC."""
    team.time_zone = "Europe/Berlin"
    team.save()
    for finish in ("2026-03-28 23:30", "2026-03-29 21:59", "2026-03-29 22:30"):
        DeploymentFactory(service=service, finished_at=at(finish))
    assert counted(team) == {date(2026, 3, 29): 2, date(2026, 3, 30): 1}
    zone = team.zone
    assert Deployment.objects.finished_between(date(2026, 3, 29), date(2026, 3, 29), zone).count() == 2


def test_pooled_reads_the_rows_of_all_teams_together(team: Team, service: Service) -> None:
    other = ServiceFactory()
    monday = date(2026, 3, 2)
    for week in range(13):
        day = monday + timedelta(weeks=week)
        DeploymentFactory(service=service, finished_at=at(f"{day} 09:00"))
        DeploymentFactory(service=other, finished_at=at(f"{day + timedelta(days=week % 2)} 09:00"))
    for hours in (1, 2, 3):
        IncidentFactory(service=service, began_at=at("2026-03-20 10:00"), resolved_at=at(f"2026-03-20 {10 + hours}:00"))
    IncidentFactory(service=other, began_at=at("2026-03-20 10:00"), resolved_at=at("2026-03-20 20:00"))
    end = monday + timedelta(weeks=13)
    teams = [team, other.team]
    assert figures.get("deployment_frequency").pooled(teams, end) == 1, "7 weeks on one day, 6 on two"
    assert figures.get("mttr").pooled(teams, end) == 4, "a mean of means would be 6"
    assert figures.get("mttr").pooled(teams, monday) is None
    assert figures.get("deployment_frequency").pooled([], end) is None


@pytest.mark.parametrize(
    "figure", ["deployment_frequency", "lead_time", "change_failure_rate", "recovery", "mttr", "rework_rate"]
)
def test_any_number_of_teams_and_days_costs_the_same(figure: str) -> None:
    def cost(teams: Sequence[Team], days: Sequence[date]) -> int:
        with CaptureQueriesContext(connection) as queries:
            found = figures.get(figure).values(teams, days)
        assert set(found) == {(team.pk, day) for team in teams for day in days}
        return len(queries)

    teams = [TeamFactory() for _ in range(6)]
    for team in teams:
        service = ServiceFactory(source__connection__team=team)
        DeploymentFactory(service=service, finished_at=at("2026-03-02 10:00"))
        IncidentFactory(service=service, began_at=at("2026-03-02 10:00"))
    days = [date(2026, 3, 9) + timedelta(days=number) for number in range(200)]
    assert cost(teams[:1], days[:1]) == cost(teams, days) <= 4
    assert figures.get(figure).values([], days) == {}


def test_all_figures_are_registered() -> None:
    found = {figure.id: (figure.better, figure.is_share) for figure in figures.all_figures()}
    assert found["deployment_frequency"] == ("more", False)
    for name, share in (
        ("lead_time", False),
        ("change_failure_rate", True),
        ("recovery", False),
        ("mttr", False),
        ("rework_rate", True),
    ):
        assert found[name] == ("less", share)


# -- The three that follow from attribution and links -------------------------------------------------------------


def quarter(service: Service, **hotfix: Any) -> None:
    """Two deployments; the second brought a change, and an incident followed it after an hour."""
    DeploymentFactory(service=service, finished_at=at("2026-03-02 10:00"))
    DeploymentFactory(service=service, finished_at=at("2026-03-03 10:00"), **hotfix)
    merged = at("2026-03-02 16:00")
    ChangeFactory(service=service, merged_at=merged, first_commit_at=merged - timedelta(hours=6))
    began = at("2026-03-03 11:00")
    IncidentFactory(service=service, began_at=began, resolved_at=began + timedelta(hours=2))


def test_what_follows_from_attribution_and_links(team: Team, service: Service) -> None:
    quarter(service, branch="hotfix/1")
    day = date(2026, 3, 9)
    assert value("lead_time", team, day) == 24
    assert value("change_failure_rate", team, day) == 0.5
    assert value("recovery", team, day) == 3
    assert value("rework_rate", team, day) == 0.5
    assert [value(name, team, date(2026, 3, 2)) for name in ("lead_time", "change_failure_rate", "recovery")] == [
        None
    ] * 3


def test_pooled_they_look_at_all_rows_together(team: Team, service: Service) -> None:
    quarter(service)
    other = ServiceFactory()
    for number in range(2):
        DeploymentFactory(service=other, finished_at=at(f"2026-03-03 1{number}:00"))
    teams, day = [team, other.team], date(2026, 3, 9)
    assert figures.get("change_failure_rate").pooled(teams, day) == 0.25
    assert figures.get("recovery").pooled(teams, day) == 3
    assert figures.get("lead_time").pooled(teams, day) == 24
    assert figures.get("rework_rate").pooled(teams, day) == 0


def test_what_a_person_attributed_to_one_that_no_longer_counts_is_no_recovery(
    team: Team, service: Service, editor: Person
) -> None:
    quarter(service)
    row = Deployment.objects.order_by("finished_at").first()
    correct(team=team, kind="attribute", reason="It was", by=editor, incident=Incident.objects.get(), target=row)
    assert value("recovery", team, date(2026, 3, 9)) == 27
    correct(team=team, kind="exclude", reason="A test", by=editor, deployment=row)
    assert value("recovery", team, date(2026, 3, 9)) is None
