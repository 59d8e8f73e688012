"""From a point to its cause: the page with what is behind a figure, and why each row counts or does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from delivery import correcting, why
from delivery.models import Deployment, Incident, Policy, Service
from teams.models import Person, Team
from tests.delivery.factories import (
    NOW,
    ChangeFactory,
    DeploymentFactory,
    IncidentFactory,
    ServiceFactory,
    at,
    refreshed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]
WEEK = "from=2026-11-02&to=2026-11-08"


@pytest.fixture
def service(team: Team) -> Service:
    return ServiceFactory(source__connection__team=team, source__succeeded_at=NOW, name="acme/shop")


@pytest.fixture
def reader(signed_in: SignIn, outsider: Person) -> Client:
    return signed_in(outsider)


def point(client: Client, team: Team, query: str = WEEK) -> Any:
    response = client.get(f"{reverse('delivery-point', args=[team.pk])}?{query}")
    assert response.status_code == 200
    return response


@pytest.fixture
def cause(service: Service) -> tuple[Deployment, Incident]:
    """A week with a deployment that failed, one that did not, one that never succeeded, and a change."""
    DeploymentFactory(service=service, title="Earlier", finished_at=at("2026-10-30 10:00"))
    ChangeFactory(service=service, title="Cache it", merged_at=at("2026-11-03 08:00"))
    bad = DeploymentFactory(service=service, title="Bad one", finished_at=at("2026-11-03 10:00"))
    incident = IncidentFactory(
        service=service, title="Basket empty", began_at=at("2026-11-03 11:00"), resolved_at=at("2026-11-03 14:00")
    )
    DeploymentFactory(service=service, title="Good one", finished_at=at("2026-11-05 10:00"))
    DeploymentFactory(service=service, title="Broken off", finished_at=at("2026-11-06 10:00"), outcome="failed")
    DeploymentFactory(service=service, title="Next week", finished_at=at("2026-11-09 10:00"))
    return bad, incident


def test_a_point_shows_what_is_behind_it(reader: Client, team: Team, cause: tuple[Deployment, Incident]) -> None:
    response = point(reader, team, f"figure=change_failure_rate&{WEEK}")
    found, bad, incident = response.context["point"], *cause
    assert [(str(each.row), each.why.counts) for each in found.deployments] == [
        ("Bad one", True), ("Broken off", False), ("Good one", True),
    ]  # fmt: skip
    assert [(str(each.row), str(each.deployment), each.recovery) for each in found.incidents] == [
        ("Basket empty", "Bad one", 4.0)
    ]
    assert [(str(each.row), str(each.row.deployment), each.hours) for each in found.changes] == [
        ("Cache it", "Bad one", 32.0)
    ]
    (first, *_others) = found.headlines
    assert (first.id, first.told.number, first.told.numerator, first.told.denominator) == (
        "change_failure_rate", 0.5, 1, 2,
    )  # fmt: skip
    for link in (bad.url, incident.url, reverse("deployment", args=[team.pk, bad.pk])):
        assert f'href="{link}"' in response.text


def test_what_the_chart_draws_is_what_its_point_says(
    reader: Client, team: Team, cause: tuple[Deployment, Incident]
) -> None:
    board = reader.get(reverse("delivery", args=[team.pk])).context["board"]
    bucket = next(row for row in board.by_bucket if row.bucket.first.isoformat() == "2026-11-02")
    of_point = point(reader, team).context["point"].board.five
    assert of_point == bucket.five


def test_every_point_of_every_chart_can_be_reached_without_javascript(
    reader: Client, team: Team, cause: tuple[Deployment, Incident]
) -> None:
    text = reader.get(reverse("delivery", args=[team.pk])).text.replace("&amp;", "&")
    for figure in ("deployment_frequency", "lead_time", "change_failure_rate", "recovery", "mttr", "rework_rate"):
        link = f"{reverse('delivery-point', args=[team.pk])}?figure={figure}&{WEEK}&period=13w&by=week"
        assert f'<a href="{link}"' in text, figure
        assert reader.get(link).status_code == 200


def test_nonsense_is_the_last_whole_week(reader: Client, team: Team, service: Service) -> None:
    for query in ("", "figure=x&from=x&to=y", "from=2026-11-08&to=2026-11-02", "from=2020-01-01&to=2026-01-01"):
        asked = point(reader, team, query).context["point"].asked
        assert (asked.figure, asked.period.first.isoformat(), asked.period.last.isoformat()) == (
            "deployment_frequency", "2026-11-16", "2026-11-22",
        )  # fmt: skip


def test_one_goes_from_week_to_week(reader: Client, team: Team, service: Service) -> None:
    found = point(reader, team, f"figure=mttr&{WEEK}&period=13w&by=week").context["point"]
    assert "from=2026-10-26&to=2026-11-01" in found.previous
    assert "from=2026-11-09&to=2026-11-15" in found.next
    last = point(reader, team, "figure=mttr&from=2026-11-23&to=2026-11-24&period=13w&by=week").context["point"]
    assert last.next == ""
    assert last.so_far


def test_a_whole_list_is_had_as_a_file(reader: Client, team: Team, cause: tuple[Deployment, Incident]) -> None:
    for table, expected in (("deployments", "Bad one"), ("incidents", "Basket empty"), ("changes", "Cache it")):
        response = reader.get(f"{reverse('delivery-point', args=[team.pk])}?{WEEK}&format=csv&table={table}")
        assert expected in b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def test_a_point_costs_the_same_for_few_and_many(reader: Client, team: Team, service: Service) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            point(reader, team)
        return len(queries)

    def fill(count: int) -> None:
        for number in range(count):
            instant = at("2026-11-03 10:00") + timedelta(hours=number)
            ChangeFactory(service=service, merged_at=instant - timedelta(hours=1))
            DeploymentFactory(service=service, finished_at=instant)
            IncidentFactory(service=service, began_at=instant + timedelta(minutes=5))

    fill(2)
    few = cost()
    fill(6)
    assert cost() == few <= 30


# -- Why ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Succeeded in production"),
        ({"outcome": "failed"}, "It failed"),
        ({"outcome": "cancelled"}, "Cancelled: neither"),
        ({"outcome": "skipped"}, "Skipped: neither"),
        ({"outcome": "running", "finished_at": None}, "still running"),
        ({"outcome": "unknown", "finished_at": None}, "Nobody knows"),
        ({"environment_class": "staging"}, "no production"),
        ({"in_scope": False}, "Another deployment source"),
        ({"gone_at": NOW}, "The host has it no more"),
        ({"excluded": True}, "Excluded by hand"),
        ({"finished_at": None}, "no finish time"),
    ],
)
def test_why_a_deployment_counts_or_not(changed: dict[str, Any], said: str) -> None:
    row = Deployment(**{"outcome": "succeeded", "environment_class": "production", "finished_at": NOW} | changed)
    found = why.of_deployment(row)
    assert said in found.first
    assert found.counts is (not changed) is row.counts


def test_why_an_incident_belongs_to_a_deployment_or_to_none(team: Team, service: Service, editor: Person) -> None:
    lone = IncidentFactory(service=service, began_at=at("2026-09-01 10:00"))
    bad = DeploymentFactory(service=service, finished_at=at("2026-11-03 10:00"))
    row = IncidentFactory(service=service, began_at=at("2026-11-03 11:00"), resolved_at=None)
    policy = Policy(team=team)
    assert (
        "No counted deployment of its service finished in the 30 days before"
        in why.of_incident(lone, None, policy).more[0]
    )
    policy.look_back_days, policy.scope = None, "team"
    assert why.of_incident(lone, None, policy).more == ["No counted deployment of the team finished before it began."]
    row.refresh_from_db()
    found = why.of_incident(row, row.failure, policy)
    assert found.counts
    assert found.first.startswith("Still open: it is in the change failure rate")
    alone = why.of_incident(row, None, policy)
    assert (alone.counts, alone.first) == (False, "Still open: left out of the times, counted beside.")
    assert "the latest counted deployment that finished before it began: 3 Nov 2026" in found.more[0]
    correcting.correct(team=team, kind="attribute", incident=row, target=bad, reason="It was", by=editor)
    row = Incident.objects.get(pk=row.pk)
    assert why.of_incident(row, row.failure, policy).more == ["Attributed by hand."]
    correcting.correct(team=team, kind="not_incident", incident=row, reason="A drill", by=editor)
    assert why.of_incident(Incident.objects.get(pk=row.pk), None, policy).first.startswith("Not an incident")


def test_why_a_change_counts_or_not(service: Service) -> None:
    waiting = ChangeFactory(service=service, merged_at=at("2026-11-04 10:00"))
    assert "in no counted deployment yet" in why.of_change(waiting).first
    DeploymentFactory(service=service, finished_at=at("2026-11-03 10:00"), sha="a" * 40)
    DeploymentFactory(service=service, finished_at=at("2026-11-05 10:00"), sha="b" * 40)
    waiting.refresh_from_db()
    assert why.of_change(waiting).first.startswith("By time")
    waiting.first_commit_at = None
    waiting.save()
    refreshed(waiting)
    assert why.of_change(waiting).first == "Its first commit is not known."
