"""The deployments and incidents behind the figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from delivery.models import Deployment, Incident, Service
from teams.models import Person, Team
from tests.delivery.factories import NOW, DeploymentFactory, IncidentFactory, ServiceFactory, at, together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]


@pytest.fixture
def service(team: Team) -> Service:
    return ServiceFactory(source__connection__team=team, name="acme/shop")


@pytest.fixture
def reader(signed_in: SignIn, outsider: Person) -> Client:
    return signed_in(outsider)


@pytest.fixture
def _rows(service: Service) -> None:
    DeploymentFactory(service=service, title="First", finished_at=at("2026-10-01 23:30"), sha="abcdef0123")
    DeploymentFactory(service=service, title="Broken", finished_at=at("2026-10-02 00:00"), outcome="failed")
    DeploymentFactory(
        service=service,
        title="Trial",
        finished_at=at("2026-10-02 09:00"),
        environment="staging",
        environment_class="staging",
    )
    DeploymentFactory(
        service=service, title="Lost", finished_at=None, created_at=at("2026-10-02 10:00"), outcome="unknown"
    )
    DeploymentFactory(service=service, title="Old way", finished_at=at("2026-10-02 11:00"), in_scope=False)
    DeploymentFactory(title="Theirs", finished_at=at("2026-10-02 12:00"))
    IncidentFactory(service=service, title="Slow", began_at=at("2026-09-30 10:00"), resolved_at=at("2026-10-01 23:59"))
    IncidentFactory(service=service, title="Quick", began_at=at("2026-10-02 10:00"), resolved_at=at("2026-10-02 10:30"))
    IncidentFactory(service=service, title="Ongoing", began_at=at("2026-10-03 10:00"), resolved_at=None)
    IncidentFactory(service=service, title="No incident", in_scope=False)
    IncidentFactory(title="Theirs")


@pytest.mark.parametrize("page", ["deployments", "delivery", "delivery-point"])
def test_what_counts_no_more_is_marked(reader: Client, team: Team, service: Service, page: str) -> None:
    marks = ">excluded<", ">gone<", ">hotfix<"
    days = {"from": "2026-10-26", "to": "2026-11-01"}
    DeploymentFactory(service=service, finished_at=at("2026-10-27 10:00"))
    url = reverse(page, args=[team.pk])
    assert not [mark for mark in marks if mark in reader.get(url, days).text]
    told = DeploymentFactory(service=service, finished_at=at("2026-10-28 10:00"))
    for fields in ({"excluded": True}, {"gone_at": NOW}, {"hotfix": True}):
        Deployment.objects.filter(pk=told.pk).update(**{"excluded": False, "gone_at": None, "hotfix": False} | fields)
        shown = [mark for mark in marks if mark in reader.get(url, days).text]
        assert shown == [marks[("excluded", "gone_at", "hotfix").index(*fields)]]


@pytest.mark.parametrize("page", ["deployments", "delivery"])
def test_what_failed_is_marked(reader: Client, team: Team, service: Service, page: str) -> None:
    """However that is known; among what counts behind a figure a column says more."""
    row, url = DeploymentFactory(service=service), reverse(page, args=[team.pk])
    assert ">with a failure</span>" not in reader.get(url).text
    Deployment.objects.filter(pk=row.pk).update(failures=1)
    assert ">with a failure</span>" in reader.get(url).text


def test_incidents_that_count_no_more_are_marked(reader: Client, team: Team, service: Service) -> None:
    drill = IncidentFactory(service=service, title="A drill")
    IncidentFactory(service=service, title="Deleted", gone_at=NOW)
    Incident.objects.filter(pk=drill.pk).update(dismissed=True)
    text = reader.get(reverse("incidents", args=[team.pk])).text
    assert (text.count(">no incident<"), text.count(">gone<")) == (1, 1)


def test_what_was_pushed_is_found_by_its_id(reader: Client, team: Team, service: Service) -> None:
    DeploymentFactory(service=service, title="One", key="push:id1")
    DeploymentFactory(service=service, title="Another", key="push:id11")
    IncidentFactory(service=service, title="Down", key="push:id1")
    assert titles(reader, "deployments", team, "?q=id1") == ["One"]
    assert titles(reader, "incidents", team, "?q=ID1") == ["Down"]
    assert titles(reader, "deployments", team, "?q=push") == []


def titles(client: Client, name: str, team: Team, query: str = "") -> list[str]:
    response = client.get(reverse(name, args=[team.pk]) + query)
    assert response.status_code == 200, response.context["form"].errors
    return [str(row) for row in response.context["rows"]]


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Trial", "Broken", "First", "Lost"]),
        ("?show=counted", ["First"]),
        ("?show=unknown", ["Lost"]),
        ("?environment=staging", ["Trial"]),
        ("?from=2026-10-02", ["Trial", "Broken", "Lost"]),
        ("?to=2026-10-01", ["First"]),
        ("?from=2026-10-01&to=2026-10-01&show=counted", ["First"]),
        ("?q=abcdef", ["First"]),
        ("?q=BROKEN", ["Broken"]),
        ("?q=acme%20trial", ["Trial"]),
        ("?sort=title", ["Broken", "First", "Lost", "Trial"]),
        ("?sort=-title", ["Trial", "Lost", "First", "Broken"]),
        ("?sort=finished", ["First", "Broken", "Trial", "Lost"]),
        ("?sort=password", ["Trial", "Broken", "First", "Lost"]),
    ],
)
def test_deployments_are_filtered_and_sorted(reader: Client, team: Team, query: str, expected: list[str]) -> None:
    assert titles(reader, "deployments", team, query) == expected


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ongoing", "Quick", "Slow"]),
        ("?show=open", ["Ongoing"]),
        ("?show=resolved", ["Quick", "Slow"]),
        ("?from=2026-10-01&to=2026-10-01", ["Slow"]),
        ("?from=2026-10-02", ["Quick"]),
        ("?sort=hours", ["Quick", "Slow", "Ongoing"]),
        ("?sort=-hours", ["Slow", "Quick", "Ongoing"]),
        ("?q=ongo", ["Ongoing"]),
    ],
)
def test_incidents_are_filtered_and_sorted(reader: Client, team: Team, query: str, expected: list[str]) -> None:
    assert titles(reader, "incidents", team, query) == expected


@pytest.mark.usefixtures("_rows")
def test_days_of_the_filter_are_those_of_the_team(reader: Client, team: Team) -> None:
    team.time_zone = "Asia/Tokyo"
    team.save()
    assert titles(reader, "deployments", team, "?from=2026-10-02&to=2026-10-02&sort=finished") == [
        "First",
        "Broken",
        "Trial",
        "Lost",
    ]


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize(
    ("name", "query", "text"),
    [
        ("deployments", "?from=yesterday", "Enter a valid date."),
        ("deployments", "?from=2026-10-02&to=2026-10-01", "This day lies before the first one."),
        ("deployments", "?show=perfect", "Select a valid choice."),
        ("incidents", "?to=2026-02-30", "Enter a valid date."),
    ],
)
def test_a_filter_that_cannot_be_understood_says_so_and_shows_nothing_else(
    reader: Client, team: Team, name: str, query: str, text: str
) -> None:
    for address in (query, query + "&format=csv"):
        response = reader.get(reverse(name, args=[team.pk]) + address)
        assert response.status_code == 422
        assert text in response.text
        assert list(response.context["rows"]) == []


def test_long_lists_are_paged_and_keep_their_filter(reader: Client, team: Team, service: Service) -> None:
    with together():
        for number in range(120):
            DeploymentFactory(service=service, finished_at=NOW - timedelta(hours=number))
    text = reader.get(reverse("deployments", args=[team.pk]) + "?show=counted&page=2").text
    assert "Page 2 of 3" in text
    assert "?show=counted&amp;page=3" in text
    assert "120 found" in text


@pytest.mark.usefixtures("_rows")
def test_a_click_on_a_heading_turns_the_order(reader: Client, team: Team) -> None:
    text = reader.get(reverse("deployments", args=[team.pk]) + "?page=2").text
    assert 'aria-sort="descending"' in text
    assert 'href="?sort=finished"' in text, "and leaves the page number out"
    assert 'href="?sort=-title"' in reader.get(reverse("deployments", args=[team.pk]) + "?sort=title").text


def table_of(response: Any) -> list[dict[str, str]]:
    """The rows of a CSV that is sent as it comes."""
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


@pytest.mark.usefixtures("_rows")
def test_csv_holds_what_the_filter_shows_and_no_formula(reader: Client, team: Team, service: Service) -> None:
    DeploymentFactory(service=service, title="=cmd()", finished_at=at("2026-10-05 10:00"), workflow_name="@x")
    rows = table_of(reader.get(reverse("deployments", args=[team.pk]) + "?format=csv&from=2026-10-02"))
    assert len(rows) == 4
    assert (rows[0]["Title"], rows[0]["Workflow"], rows[0]["Outcome"]) == ("'=cmd()", "'@x", "Succeeded")
    incidents = table_of(reader.get(reverse("incidents", args=[team.pk]) + "?format=csv"))
    assert (incidents[1]["Title"], incidents[1]["Began"], incidents[1]["Hours"]) == (
        "Quick", "2026-10-02T10:00:00+00:00", "0.5",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["deployments", "incidents"])
def test_a_list_costs_the_same_for_few_and_many(reader: Client, team: Team, service: Service, name: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            titles(reader, name, team)
        return len(queries)

    def fill(count: int) -> None:
        for _ in range(count):
            DeploymentFactory(service=service)
            IncidentFactory(service=service)

    fill(2)
    few = cost()
    fill(20)
    assert cost() == few


def test_an_empty_list_says_so(reader: Client, team: Team) -> None:
    assert "None." in reader.get(reverse("deployments", args=[team.pk])).text
    assert "None." in reader.get(reverse("incidents", args=[team.pk])).text


def test_a_row_leads_to_what_counts_and_why_and_beside_it_to_the_host(
    reader: Client, team: Team, service: Service
) -> None:
    rows = (DeploymentFactory(service=service), IncidentFactory(service=service))
    for kind, row in zip(("deployment", "incident"), rows, strict=True):
        text = reader.get(reverse(f"{kind}s", args=[team.pk])).text
        assert f'<a href="{reverse(kind, args=[team.pk, row.pk])}">{row}</a>' in text
        assert f'href="{row.url}" rel="noreferrer" title="At the host"' in text


@pytest.mark.parametrize(
    ("key", "sha", "name"),
    [("push:512", "4f2c9ab", "512"), ("hand:6b1f", "v2.1", "v2.1"), ("hand:6b1f", "", "production")],
)
def test_what_has_no_title_is_called_as_people_know_it(service: Service, key: str, sha: str, name: str) -> None:
    assert str(DeploymentFactory(service=service, title="", key=key, sha=sha)) == name
