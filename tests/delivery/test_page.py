"""The delivery page, its headlines, and the card of the team page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from connections.models import SyncRun
from delivery import headlines, quarters, reading, sparks
from delivery.board import Choice, Length, board
from delivery.figures import Band
from delivery.headlines import Headline
from delivery.models import Deployment, Service
from delivery.summary import for_team
from teams.models import Person, Team
from tests.delivery.factories import NOW, DeploymentFactory, IncidentFactory, ServiceFactory, at, together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]
MONDAY = at("2026-08-24 10:00")  # of the first of the 13 weeks before NOW


@pytest.fixture
def service(team: Team) -> Service:
    return ServiceFactory(source__connection__team=team, source__succeeded_at=NOW, name="acme/shop")


@pytest.fixture
def reader(signed_in: SignIn, outsider: Person) -> Client:
    return signed_in(outsider)


def headline(team: Team, name: str = "deployment_frequency", choice: Choice | None = None) -> Headline:
    return next(each for each in headlines.of_board(board(team, choice)) if each.id == name)


def page(client: Client, team: Team, query: str = "") -> str:
    response = client.get(reverse("delivery", args=[team.pk]) + query)
    assert response.status_code == 200
    return response.text


# -- Headlines --------------------------------------------------------------------------------------------------------


def test_the_headline_says_numerator_and_denominator(team: Team, service: Service) -> None:
    with together():
        for week in range(-13, 13):
            for day in range(2 if week >= 0 else 1):
                DeploymentFactory(service=service, finished_at=MONDAY + timedelta(weeks=week, days=day))
    DeploymentFactory(service=service, finished_at=None, created_at=MONDAY, outcome="unknown")
    made = headline(team)
    assert (made.value, made.unit, made.band) == ("2", "days / week", Band.HIGH)
    assert made.was == "was 1 day / week"
    assert made.facts == ["26 deployments in 13 weeks", "median of deployment days a week", "1 unknown, not counted"]


def test_it_speaks_of_months_where_the_median_week_is_empty(team: Team, service: Service) -> None:
    for finish in ("2026-09-01", "2026-10-01", "2026-10-02", "2026-11-03"):
        DeploymentFactory(service=service, finished_at=at(f"{finish} 10:00"))
    made = headline(team)
    assert (made.value, made.unit, made.band) == ("1", "day / month", Band.MEDIUM)
    assert made.facts[:2] == ["4 deployments in 13 weeks", "median of deployment days a month"]


def test_a_median_of_zero_says_how_many_there_were(team: Team, service: Service) -> None:
    for day in range(1, 8):
        DeploymentFactory(service=service, finished_at=at(f"2026-09-0{day} 10:00"))
    made = headline(team)
    assert (made.value, made.told.numerator, made.facts[0]) == ("0", 7, "7 deployments in 13 weeks")


def test_no_data_is_not_zero(team: Team, service: Service) -> None:
    made = {each.id: each for each in headlines.of_board(board(team))}
    assert [each.id for each in made.values() if (each.value, each.band, each.told.number) != ("", None, None)] == []
    assert made["mttr"].facts == ["No incident was resolved."]
    assert made["change_failure_rate"].facts == ["No deployment was counted."]
    assert made["lead_time"].facts == ["No change is known to have been deployed."]
    assert made["recovery"].facts == ["No incident is attributed to a deployment of the period."]


def test_zero_is_zero_once_a_deployment_is_known(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-01-01 10:00"))
    made = headline(team)
    assert (made.value, made.unit, made.band) == ("0", "days / month", Band.LOW)
    assert made.facts[0] == "0 deployments in 13 weeks"


def test_mttr_shows_mean_median_resolved_and_open(team: Team, service: Service) -> None:
    for hours in (1.5, 24, 0.5):
        IncidentFactory(service=service, began_at=MONDAY, resolved_at=MONDAY + timedelta(hours=hours))
    IncidentFactory(service=service, began_at=MONDAY, resolved_at=None)
    IncidentFactory(service=service, began_at=MONDAY, resolved_at=NOW - timedelta(hours=1))  # of the present week
    made = headline(team, "mttr")
    assert (made.value, made.unit, made.band) == ("8.67", "h mean", Band.HIGH)
    assert made.facts == ["median 1.5 h", "3 incidents resolved", "1 open"]


def test_only_the_weeks_that_were_read_are_counted(team: Team, service: Service) -> None:
    service.since = (MONDAY + timedelta(weeks=10)).date()
    service.save()
    for week in (10, 11, 12):
        DeploymentFactory(service=service, finished_at=MONDAY + timedelta(weeks=week, hours=1))
    made = headline(team)
    assert (made.value, made.band, made.facts[0]) == ("1", Band.HIGH, "3 deployments in 3 weeks")


def test_a_band_that_looks_at_the_median_says_so(team: Team, service: Service) -> None:
    for hours in (0.5, 0.6, 100):
        IncidentFactory(service=service, began_at=MONDAY, resolved_at=MONDAY + timedelta(hours=hours))
    IncidentFactory(
        service=service, began_at=MONDAY - timedelta(days=9), resolved_at=MONDAY - timedelta(days=9, hours=-2)
    )
    made = headline(team, "mttr")
    assert (made.value, made.unit, made.band, made.band_reads) == ("33.7", "h mean", Band.ELITE, "by the median")
    assert made.was == "was 2 h mean"


def test_one_that_never_finished_stands_where_it_began(reader: Client, team: Team, service: Service) -> None:
    DeploymentFactory(service=service, title="New", finished_at=NOW - timedelta(hours=1))
    lost = DeploymentFactory(
        service=service, title="Lost", finished_at=None, created_at=NOW - timedelta(days=2), outcome="unknown"
    )
    DeploymentFactory(service=service, title="Old", finished_at=NOW - timedelta(days=9))
    assert [row.title for row in Deployment.objects.newest_first()] == ["New", "Lost", "Old"]
    page = reader.get(reverse("delivery", args=[team.pk])).text
    assert f"began {date_format(localtime(lost.created_at), 'DATETIME_FORMAT')}" in page


def test_what_is_not_read_is_said(team: Team) -> None:
    ServiceFactory(source__connection__team=team, deployment_source="none", incident_labels=[])
    assert headline(team).facts == ["Deployments are not read."]
    assert headline(team, "mttr").facts == headline(team, "recovery").facts == ["Incidents are not read."]


def test_a_sparkline_has_gaps_where_nothing_was() -> None:
    spark = sparks.line([1.0, 2.0, None, 4.0])
    assert spark.paths["dot"].count("M") == 3
    assert [part.count("L") for part in spark.paths["line"].split("M")[1:]] == [1, 0]
    assert sparks.line([None, None]).paths == {}
    bars = sparks.bars([0, 2, 1])
    assert {kind: path.split("v")[1] for kind, path in bars.paths.items()} == {
        "zero": "-1h16.1",
        "bar": "-13h16.1",
        "now": "-6.5h16.1",
    }
    assert [path.count("M") for path in sparks.bars([None, 0, 2, None]).paths.values()] == [1, 1]


@pytest.mark.parametrize("length", ["13w", "all"])
def test_after_the_newest_row_of_a_file_there_are_no_zeros(team: Team, length: Length) -> None:
    """Nothing is known after it: in the headline as in its drawing, in the charts and of many teams."""
    service = ServiceFactory(
        source__connection__team=team, source__connection__kind="imported", source__succeeded_at=at("2026-10-13 12:00")
    )
    for day in ("2026-10-01", "2026-10-07", "2026-10-12"):
        DeploymentFactory(service=service, finished_at=at(f"{day} 10:00"), created_at=at(f"{day} 10:00"))
    found = board(team, Choice(length)).five.frequency
    assert found is not None
    assert (found.count, found.weeks, found.per_week) == (3, 3, 1)
    known = [None] * 5 + [1, 1, 1] + [None] * 5
    drawn = [each.five.frequency and each.five.frequency.count for each in board(team).by_bucket]
    assert drawn == [*known, None]
    many = quarters.of_teams([team], reading.services_with_first([team]))[team.pk]
    assert (many.weekly["deployment_frequency"], many.now.frequency) == (known, found)
    assert headline(team).spark.paths.keys() == {"bar"}


def test_over_all_time_the_weeks_begin_with_the_first_deployment(team: Team, service: Service) -> None:
    IncidentFactory(service=service, began_at=at("2018-08-03 10:00"), resolved_at=at("2018-08-04 10:00"))
    for finish in ("2026-11-02", "2026-11-10", "2026-11-17"):
        DeploymentFactory(service=service, finished_at=at(f"{finish} 10:00"))
    made = headline(team, choice=Choice("all", "month"))
    assert made.facts[0] == "3 deployments in 4 weeks"
    assert made.value == "1"
    assert made.was == ""
    assert headline(team, "mttr", Choice("all", "month")).value == "24"


def test_only_what_is_in_scope_is_shown(team: Team, service: Service) -> None:
    """Another deployment source brought these before the rules were changed."""
    DeploymentFactory(service=service, finished_at=MONDAY)
    DeploymentFactory(service=service, finished_at=MONDAY, in_scope=False)
    DeploymentFactory(service=service, finished_at=None, created_at=MONDAY, outcome="unknown", in_scope=False)
    IncidentFactory(service=service, began_at=MONDAY, in_scope=False)
    IncidentFactory(service=service, began_at=MONDAY, resolved_at=None, in_scope=False)
    found = board(team)
    assert found.five.frequency
    assert (found.five.frequency.count, found.five.frequency.unknown, found.five.mttr.count) == (1, 0, 0)
    assert (len(found.resolved), found.five.mttr.still_open) == (0, 0)
    assert +found.outcomes == {"counted": 1}


def test_what_is_told_beside_the_figure_is_of_its_period(team: Team, service: Service) -> None:
    for finish in ("2026-08-23 23:00", "2026-08-24 00:00", "2026-11-22 23:00", "2026-11-23 00:00"):
        DeploymentFactory(service=service, finished_at=at(finish), outcome="failed")
    assert board(team).outcomes["failed"] == 2


def test_a_month_that_begins_before_the_period_shows_only_its_part(team: Team, service: Service) -> None:
    """13 weeks by month: of August only the days from the 24th."""
    for day in ("2026-08-10", "2026-08-25"):
        DeploymentFactory(service=service, finished_at=at(f"{day} 10:00"))
        DeploymentFactory(service=service, finished_at=None, created_at=at(f"{day} 10:00"), outcome="unknown")
        IncidentFactory(service=service, began_at=at(f"{day} 10:00"), resolved_at=at(f"{day} 11:00"))
    august = board(team, Choice("13w", "month")).by_bucket[0]
    assert august.five.frequency
    assert (august.five.frequency.count, august.unknown, august.five.mttr.count) == (1, 1, 1)


# -- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_figures_charts_lists_and_rules(reader: Client, team: Team, service: Service) -> None:
    for days in range(1, 10):
        DeploymentFactory(service=service, finished_at=NOW - timedelta(days=days * 7))
    DeploymentFactory(service=service, finished_at=NOW - timedelta(days=8), outcome="failed")
    DeploymentFactory(service=service, finished_at=NOW - timedelta(days=8), environment_class="staging")
    incident = IncidentFactory(service=service, title="Basket is empty")
    text = page(reader, team)
    for expected in (
        "High",
        "deployments in 13 weeks",
        "1 failed",
        "1 outside production",
        "Basket is empty",
        incident.url,
        "24 Aug – 22 Nov 2026",
        'data-chart="chart-mttr"',
        "The host&#x27;s deployments",
        "read 24 Nov 2026, 09:30",
    ):
        assert expected in text, expected
    assert "Connect a repository" not in text, "a reader cannot"


def test_nothing_connected_teaches_the_next_step(
    signed_in: SignIn, team: Team, team_admin: Person, editor: Person
) -> None:
    assert reverse("connect", args=[team.pk]) in page(signed_in(team_admin), team)
    text = page(signed_in(editor), team)
    assert reverse("connect", args=[team.pk]) not in text
    assert "A team admin can connect it." in text


@pytest.mark.parametrize(
    "query", ["?period=all", "?period=12m&by=week", "?period=all&by=week", "?period=nonsense&by=day"]
)
def test_every_period_works_empty_and_full(reader: Client, team: Team, service: Service, query: str) -> None:
    assert "data-figure" in page(reader, team, query)
    DeploymentFactory(service=service, finished_at=at("2019-05-05 10:00"))
    IncidentFactory(service=service, began_at=at("2018-05-05 10:00"))
    assert "data-figure" in page(reader, team, query)


def test_links_of_the_host_only_if_they_are_web_addresses(reader: Client, team: Team, service: Service) -> None:
    DeploymentFactory(service=service, url="javascript:alert(1)", title="<script>alert(1)</script>")
    text = page(reader, team)
    assert "javascript:" not in text
    assert "<script>alert(1)" not in text


def test_the_first_sync_says_that_figures_will_grow(reader: Client, team: Team, service: Service) -> None:
    assert "older weeks will still fill" not in page(reader, team)
    service.source.succeeded_at = None
    service.source.save()
    assert "older weeks will still fill" in page(reader, team)
    started = NOW - timedelta(minutes=2)
    counts = {"deployments": {"left": 300, "done": False}, "incidents": {"left": 7, "done": True}}
    SyncRun.objects.create(source=service.source, owner="x", started_at=started, counts=counts, requests=100)
    assert "About 300 requests left, about 6 minutes." in page(reader, team)


@pytest.mark.parametrize("kind", ["pushed", "imported", "sample"])
def test_what_people_and_programs_bring_is_not_being_read(reader: Client, team: Team, kind: str) -> None:
    ServiceFactory(source__connection__team=team, source__connection__kind=kind, source__succeeded_at=None)
    assert "older weeks will still fill" not in page(reader, team)


@pytest.mark.parametrize("query", ["", "?period=12m", "?period=all"])
def test_the_page_costs_the_same_for_few_and_many(reader: Client, team: Team, service: Service, query: str) -> None:
    def fill(count: int, into: Service) -> None:
        for number in range(count):
            DeploymentFactory(service=into, finished_at=NOW - timedelta(days=number))
            IncidentFactory(service=into, began_at=NOW - timedelta(days=number + 1))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(reader, team, query)
        return len(queries)

    fill(2, service)
    few = cost()
    fill(20, ServiceFactory(source__connection__team=team, source__succeeded_at=NOW))
    fill(20, ServiceFactory(source__connection__team=team, source__succeeded_at=NOW))
    assert cost() == few <= 26


def test_csv_of_what_the_charts_show(reader: Client, team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-11-22 10:00"))
    IncidentFactory(service=service, began_at=at("2026-11-20 10:00"), resolved_at=at("2026-11-20 12:15"))
    frequency = reader.get(reverse("delivery-chart", args=[team.pk, "deployment-frequency"])).text.splitlines()
    assert frequency[0].lstrip("\ufeff") == "Week,Deployments,Deployment days,Unknown"
    assert frequency[13] == '"2026-W47, 16 Nov – 22 Nov",1,1,0'
    assert frequency[1] == '"2026-W35, 24 Aug – 30 Aug",,,0', "no data is empty, not 0"
    mttr = reader.get(reverse("delivery-chart", args=[team.pk, "mttr"]) + "?period=12m&by=month").text.splitlines()
    assert mttr[-1] == "Nov 2026 (so far),1,2.25,2.25,2.25"
    assert reader.get(reverse("delivery-chart", args=[team.pk, "nonsense"])).status_code == 404


# -- The card of the team page ----------------------------------------------------------------------------------------


def test_the_card_has_four_figures_and_the_policy(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=MONDAY)
    summary = for_team(team)
    shown = ["deployment_frequency", "lead_time", "change_failure_rate", "recovery"]
    assert [each.id for each in summary.headlines] == shown
    assert summary.period == "24 Aug – 22 Nov 2026"
    text = render_to_string("delivery/_card.html", {"delivery": summary, "team": team})
    assert re.findall(r'data-figure="(\w+)"', text) == shown
    assert "look-back: 30 days" in text


def test_the_card_of_a_team_without_services(team: Team) -> None:
    summary = for_team(team)
    assert (list(summary.services), list(summary.charts), list(summary.headlines)) == ([], [], [])
    assert reverse("connections", args=[team.pk]) in render_to_string(
        "delivery/_card.html", {"delivery": summary, "team": team}
    )


def test_the_card_costs_the_same_for_few_and_many(team: Team, service: Service) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            for_team(team)
        return len(queries)

    DeploymentFactory(service=service)
    few = cost()
    for number in range(5):
        more = ServiceFactory(source__connection__team=team)
        DeploymentFactory(service=more, finished_at=NOW - timedelta(days=number))
        IncidentFactory(service=more)
    assert cost() == few <= 14
