"""Deployments, incidents and figures over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from core.crypto import digest
from delivery.models import Incident, Service
from teams.models import ApiToken, Person, Team
from tests.delivery.factories import NOW, DeploymentFactory, IncidentFactory, ServiceFactory, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]


@pytest.fixture
def service(team: Team) -> Service:
    return ServiceFactory(source__connection__team=team, name="acme/shop")


@pytest.fixture
def reader(signed_in: SignIn, outsider: Person) -> Client:
    return signed_in(outsider)


def get(client: Client, team: Team, rest: str, status: int = 200) -> Any:
    response = client.get(f"/api/v1/teams/{team.pk}/{rest}")
    assert response.status_code == status, response.content
    return response.json()


def test_deployments_with_the_filter_of_the_page(reader: Client, team: Team, service: Service) -> None:
    DeploymentFactory(service=service, key="deployment:1", finished_at=at("2026-10-01 10:00"))
    DeploymentFactory(service=service, finished_at=at("2026-10-02 10:00"), outcome="failed")
    DeploymentFactory(finished_at=at("2026-10-02 10:00"))
    found = get(reader, team, "deployments/?show=counted")
    assert found["count"] == 1
    row = found["results"][0]
    assert (row["key"], row["service"], row["counts"], row["finished_at"]) == (
        "deployment:1",
        "acme/shop",
        True,
        "2026-10-01T10:00:00Z",
    )
    assert get(reader, team, "deployments/?from=2026-10-02&to=2026-10-02")["results"][0]["outcome"] == "failed"


def test_the_list_says_why_a_row_does_not_count(reader: Client, team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-10-01 10:00"), gone_at=NOW)
    DeploymentFactory(service=service, finished_at=at("2026-10-02 10:00"), excluded=True)
    drill = IncidentFactory(service=service, began_at=at("2026-10-03 10:00"))
    Incident.objects.filter(pk=drill.pk).update(dismissed=True)
    found = get(reader, team, "deployments/")["results"]
    assert [(row["counts"], row["why"]) for row in found] == [
        (False, ["Excluded by hand."]),
        (False, ["The host has it no more."]),
    ]
    assert get(reader, team, "incidents/")["results"][0]["why"] == ["Not an incident, as somebody said by hand."]


@pytest.mark.parametrize("kind", ["deployments", "incidents"])
def test_a_push_takes_none_of_the_lists_filters(kind: str) -> None:
    told = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    routes = told["paths"][f"/api/v1/teams/{{team_id}}/{kind}/"]
    named = {method: {each["name"] for each in route["parameters"]} for method, route in routes.items()}
    assert named["post"] == {"team_id", "Idempotency-Key"}
    assert named["get"] >= {"from", "to", "q", "show", "sort"}


def test_incidents_with_hours(reader: Client, team: Team, service: Service) -> None:
    IncidentFactory(service=service, began_at=at("2026-10-01 10:00"), resolved_at=at("2026-10-01 11:30"))
    IncidentFactory(service=service, began_at=at("2026-10-02 10:00"), resolved_at=None)
    assert [row["hours"] for row in get(reader, team, "incidents/")["results"]] == [None, 1.5]


@pytest.mark.parametrize(
    "query",
    ["deployments/?from=x", "deployments/?show=x", "incidents/?from=2026-01-02&to=2026-01-01", "figures/mttr/?from=x",
     "figures/mttr/?from=2026-01-02&to=2026-01-01", "figures/mttr/?from=2020-01-01&to=2026-01-01"],
)  # fmt: skip
def test_what_cannot_be_understood_is_a_400_that_names_the_field(reader: Client, team: Team, query: str) -> None:
    assert set(get(reader, team, query, 400)) <= {"from", "to", "show"}


def test_figures_are_those_of_the_registry(reader: Client, team: Team) -> None:
    found = {row["id"]: row for row in get(reader, team, "figures/")}
    assert found["mttr"] == {"id": "mttr", "title": "Time to restore (MTTR)", "unit": "hours", "better": "less"}
    assert "deployment_frequency" in found


def test_a_figure_by_day_with_null_for_no_data(reader: Client, team: Team, service: Service) -> None:
    IncidentFactory(service=service, began_at=at("2026-03-02 18:00"), resolved_at=at("2026-03-02 19:30"))
    found = get(reader, team, "figures/mttr/?from=2026-03-08&to=2026-03-09")
    assert found["unit"] == "hours"
    assert found["values"] == [{"day": "2026-03-08", "value": None}, {"day": "2026-03-09", "value": 1.5}]
    usual = get(reader, team, "figures/mttr/")["values"]
    assert (len(usual), usual[-1]["day"]) == (91, "2026-11-24")


def test_an_unknown_figure_is_not_there(reader: Client, team: Team) -> None:
    assert reader.get(f"/api/v1/teams/{team.pk}/figures/luck/").status_code == 404


def test_a_teams_token_reads_its_team_only(team: Team, team_admin: Person, service: Service) -> None:
    ApiToken.objects.create(team=team, maker=team_admin, name="t", scope="read", digest=digest("token"), hint="to")
    client = Client(headers={"Authorization": "Bearer token"})
    assert get(client, team, "deployments/")["count"] == 0
    other = ServiceFactory().team
    for rest in ("deployments/", "incidents/", "figures/", "figures/mttr/"):
        get(client, other, rest, 404)


def test_nothing_can_be_written(reader: Client, team: Team) -> None:
    """But what programs push, which whoever only reads may not."""
    for method in ("put", "patch", "delete"):
        assert getattr(reader, method)(f"/api/v1/teams/{team.pk}/deployments/").status_code == 405
    assert reader.post(f"/api/v1/teams/{team.pk}/deployments/").status_code == 403


@pytest.mark.parametrize("rest", ["deployments/", "incidents/", "figures/deployment_frequency/"])
def test_it_costs_the_same_for_few_and_many(reader: Client, team: Team, service: Service, rest: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            get(reader, team, rest)
        return len(queries)

    for number in range(2):
        DeploymentFactory(service=service, finished_at=NOW - timedelta(days=number))
        IncidentFactory(service=service)
    few = cost()
    for number in range(20):
        DeploymentFactory(service=service, finished_at=NOW - timedelta(days=number))
        IncidentFactory(service=service)
    assert cost() == few
