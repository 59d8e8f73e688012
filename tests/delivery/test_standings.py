"""Two cells a team for the manager's pages: value, band, what it was counted from, and the rows behind it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from delivery import refresh
from delivery.models import Deployment, Incident
from delivery.standings import for_teams, short_hours
from delivery.summary import for_team
from teams.models import Team
from tests.delivery.factories import NOW, DeploymentFactory, IncidentFactory, ServiceFactory
from tests.factories import TeamFactory

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_the_cells_say_what_the_team_page_says(team: Team) -> None:
    service = ServiceFactory(source__connection__team=team, incident_labels=["incident"])
    for number in range(1, 14):
        DeploymentFactory(service=service, finished_at=NOW - number * WEEK)
    IncidentFactory(service=service, began_at=NOW - 2 * WEEK, resolved_at=NOW - 2 * WEEK + timedelta(hours=3))
    IncidentFactory(service=service, began_at=NOW - WEEK, resolved_at=None)
    standing = for_teams([team])[team.pk]
    frequency, mttr = standing.frequency, standing.mttr
    assert (frequency.value, frequency.unit, frequency.band, frequency.count) == ("1", "/wk", "H", 13)
    assert (mttr.value, mttr.unit, mttr.band, mttr.still_open) == ("3", "h", "H", 1)
    shown = for_team(team).headlines
    assert [each.told for each in shown] == [cell.told for cell in standing.cells]
    assert "".join(frequency.spark.paths.values()).count("M") == 13


def test_every_cell_leads_to_the_rows_that_made_it(team: Team, signed_in, editor) -> None:  # type: ignore[no-untyped-def]
    service = ServiceFactory(source__connection__team=team, incident_labels=["incident"])
    for days in (10, 11, 200):
        DeploymentFactory(service=service, finished_at=NOW - timedelta(days=days))
        IncidentFactory(
            service=service, began_at=NOW - timedelta(days=days + 1), resolved_at=NOW - timedelta(days=days)
        )
    DeploymentFactory(service=service, finished_at=NOW - timedelta(days=12), outcome="failed")
    cells = for_teams([team])[team.pk].all_cells
    client = signed_in(editor)
    for cell in cells:
        assert client.get(cell.url).context["point"].headlines[0].told == cell.told
    assert [cell.count for cell in cells if cell.id in ("deployment_frequency", "mttr")] == [2, 2]


def test_no_data_is_not_zero(team: Team) -> None:
    other = TeamFactory()
    ServiceFactory(source__connection__team=other, incident_labels=["incident"])
    nothing, quiet = (for_teams([team, other])[each.pk] for each in (team, other))
    assert nothing.is_empty
    assert [(cell.value, cell.number, cell.said) for cell in nothing.all_cells] == [("", None, "no data")] * 6
    assert quiet.mttr.said == "no incident"
    assert quiet.mttr.band is None


def test_a_figure_gets_worse_when_its_band_falls(team: Team) -> None:
    service = ServiceFactory(source__connection__team=team)
    for number in range(1, 27):
        DeploymentFactory(service=service, finished_at=NOW - number * WEEK)
    assert not for_teams([team])[team.pk].frequency.got_worse
    Deployment.objects.filter(finished_at__gt=NOW - 13 * WEEK).delete()
    refresh.everything(team.pk)
    frequency = for_teams([team])[team.pk].frequency
    assert (frequency.was, frequency.band, frequency.got_worse) == ("H", "L", True)
    Deployment.objects.all().delete()
    refresh.everything(team.pk)
    assert not for_teams([team])[team.pk].frequency.got_worse, "no data says nothing"


def test_the_number_of_queries_is_that_of_one_team() -> None:
    def queries(teams: list[Team]) -> int:
        with CaptureQueriesContext(connection) as seen:
            for_teams(teams)
        return len(seen)

    teams = TeamFactory.create_batch(6)
    for team in teams:
        service = ServiceFactory(source__connection__team=team, incident_labels=["incident"])
        DeploymentFactory(service=service)
        IncidentFactory(service=service)
    assert Incident.objects.count() == 6
    assert queries(teams[:3]) == queries(teams)
    assert for_teams([]) == {}


@pytest.mark.parametrize(
    ("hours", "said"), [(0.2, ("12", "min")), (1, ("1", "h")), (47.9, ("47.9", "h")), (96, ("4", "d"))]
)
def test_short_durations(hours: float, said: tuple[str, str]) -> None:
    assert short_hours(hours) == said
