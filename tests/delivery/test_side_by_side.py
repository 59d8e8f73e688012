"""All teams' figures on one page: the address is the state, constant queries, every cell leads to what is behind it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from delivery.models import Policy
from delivery.views import teams as views
from teams.models import Person, Team, TeamGroup
from tests.delivery.factories import NOW, ChangeFactory, DeploymentFactory, IncidentFactory, ServiceFactory, together
from tests.factories import TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]
WEEK = timedelta(weeks=1)


def delivering(name: str, weekly: int, failing: int = 0) -> Team:
    """Deploys so often in each of six weeks; so many of them fail."""
    team = TeamFactory(name=name)
    service = ServiceFactory(source__connection__team=team, source__succeeded_at=NOW)
    with together():
        for number in range(6):
            for nth in range(weekly):
                finished = NOW - (number + 1) * WEEK - timedelta(days=nth % 2, hours=nth)
                ChangeFactory(service=service, merged_at=finished - timedelta(hours=2 + weekly))
                DeploymentFactory(service=service, finished_at=finished)
                if number * weekly + nth < failing:
                    began = finished + timedelta(minutes=5)
                    IncidentFactory(service=service, began_at=began, resolved_at=began + timedelta(hours=1))
    return team


@pytest.fixture
def three() -> list[Team]:
    return [delivering("Busy", 2), delivering("Failing", 1, failing=3), TeamFactory(name="Silent")]


@pytest.fixture
def client(signed_in: SignIn, outsider: Person) -> Client:
    return signed_in(outsider)


def names(client: Client, query: str = "") -> list[str]:
    response = client.get(reverse("delivery-teams") + query)
    assert response.status_code == 200
    return re.findall(r'class="p-team" href="[^"]*"><bdi>([^<]*)<', response.text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Busy", "Failing", "Outside", "Silent"]),
        ("?q=fail", ["Failing"]),
        ("?show=none", ["Outside", "Silent"]),
        ("?show=low", ["Failing"]),
        ("?sort=change_failure_rate&show=data", ["Failing", "Busy"]),
        ("?sort=deployment_frequency&show=data", ["Busy", "Failing"]),
        ("?sort=x&show=x&edition=x&group=x", ["Busy", "Failing", "Outside", "Silent"]),
    ],
)
def test_the_address_is_the_state(client: Client, three: list[Team], query: str, expected: list[str]) -> None:
    Team.objects.exclude(name__in=["Busy", "Failing", "Silent"]).update(name="Outside")
    assert [name for name in names(client, query) if name in expected] == expected
    assert set(names(client, query)) - {"Outside"} == set(expected) - {"Outside"}


def test_every_cell_leads_to_a_point_that_says_the_same(client: Client, three: list[Team]) -> None:
    rows = client.get(reverse("delivery-teams")).context["found"].rows
    seen = 0
    for row in rows:
        for cell in row.cells:
            (first, *_others) = client.get(cell.url).context["point"].headlines
            assert first.told == cell.told
            seen += cell.number is not None
    assert seen == 10


def test_no_data_is_said_and_never_zero(client: Client, three: list[Team]) -> None:
    body = client.get(reverse("delivery-teams") + "?q=Silent").text.split("<tbody>")[1].split("</tbody>")[0]
    assert body.count("no data") == 6
    assert "data-value" not in body


def test_the_edition_of_the_address_goes_before_each_teams_own(client: Client, three: list[Team]) -> None:
    Policy.objects.filter(team=three[0]).update(edition="2025")

    def cell(query: str) -> tuple[str | None, float | None]:
        row = client.get(reverse("delivery-teams") + query).context["found"].rows[0]
        judged = row.standing.by_id["change_failure_rate"].told.judged
        return judged.band, judged.score

    assert cell("?q=Busy") == (None, 10.0)
    assert cell("?q=Busy&edition=2021") == ("E", None)


def test_as_a_file_it_has_numerators_and_denominators(client: Client, three: list[Team]) -> None:
    text = client.get(reverse("delivery-teams") + "?format=csv&q=Failing").content.decode("utf-8-sig")
    header, row = list(csv.reader(io.StringIO(text)))
    at = header.index("Change failure rate (share of deployments)")
    assert row[at : at + 4] == ["0.5", "3", "6", "Low"]


def test_the_number_of_queries_is_that_of_one_team(client: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("delivery-teams"))
        return len(queries)

    delivering("First", 1, failing=1)
    few = cost()
    for number in range(3):
        delivering(f"More {number}", 2, failing=1)
    assert cost() == few <= 24


# -- Rows are drawn once ----------------------------------------------------------------------------------------------


def rows_drawn(client: Client, query: str = "") -> str:
    return client.get(reverse("delivery-teams") + query).text.split("<tbody>")[1].split("</tbody>")[0]


def one_more_deployment(team: Team) -> None:
    DeploymentFactory(service=team.services.get(), finished_at=NOW - 2 * WEEK - timedelta(days=3))


def an_open_incident(team: Team) -> None:
    IncidentFactory(service=team.services.get(), began_at=NOW - timedelta(hours=1), resolved_at=None)


def another_edition(team: Team) -> None:
    Policy.objects.update_or_create(team=team, defaults={"edition": "2025"})


def no_more_incidents_read(team: Team) -> None:
    team.services.update(incident_labels=[], deployment_source="none")


@pytest.mark.parametrize(
    "change",
    [
        lambda team: Team.objects.filter(pk=team.pk).update(name="<Renamed>"),
        lambda team: Team.objects.filter(pk=team.pk).update(group=TeamGroup.objects.create(name="Commerce")),
        lambda team: Team.objects.filter(pk=team.pk).update(is_sample=True),
        one_more_deployment,
        an_open_incident,
        another_edition,
        no_more_incidents_read,
    ],
    ids=["name", "group", "sample", "deployment", "open", "edition", "reads"],
)
def test_a_row_that_would_be_drawn_in_another_way_is(client: Client, change: Callable[[Team], None]) -> None:
    team = delivering("Busy", 2)
    before = rows_drawn(client)
    change(team)
    after = rows_drawn(client)
    caches["drawn"].clear()
    assert after == rows_drawn(client) != before


def test_a_row_speaks_the_language_of_its_reader(client: Client) -> None:
    delivering("Busy", 2)
    english = rows_drawn(client)
    Person.objects.update(language="ja")
    assert "デプロイ" in rows_drawn(client)
    assert "デプロイ" not in english


def test_what_was_drawn_is_not_drawn_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    delivering("Busy", 2)
    drawn: list[object] = []
    real = views.render_to_string
    monkeypatch.setattr(views, "render_to_string", lambda name, context: drawn.append(context) or real(name, context))
    caches["drawn"].clear()
    first = rows_drawn(client)
    count = len(drawn)
    assert rows_drawn(client) == first
    assert len(drawn) == count > 0
