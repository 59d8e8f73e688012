"""Twelve months of every figure: pooled over raw rows for several teams, compared with what was expected."""

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from assessments import services as assessments
from assessments import snapshots
from core import clock, figures
from insights import charts, trends
from teams.models import Person, Team
from tests.insights.conftest import NOW, MakeTeam
from tests.okrs.factories import key_result_of, objective_in, quarter

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]


@pytest.fixture
def two(make_team: MakeTeam) -> list[Team]:
    return [
        make_team("Pricing", group="Commerce", ticked=[1, 4, 7], weekly=(1, 1)),
        make_team("Fraud", group="Payments", ticked=[2, 3, 20], weekly=(3, 3)),
    ]


def _of(found: trends.Trends, figure_id: str) -> trends.Trend:
    return next(trend for trend in found.of_figures if trend.figure.id == figure_id)


def test_the_days_are_month_ends_and_today() -> None:
    days = trends.month_ends(date(2026, 3, 31))
    assert (len(days), days[0], days[-2:]) == (13, date(2025, 3, 31), [date(2026, 2, 28), date(2026, 3, 31)])


def test_several_teams_are_pooled_and_never_averaged(two: list[Team], manager: Person) -> None:
    found = _of(trends.read(manager, ""), "deployment_frequency")
    # Both deploy from Monday on: a day counts once, so 3 days a week, not the mean 2 of the teams' 1 and 3.
    assert found.now == 3
    assert found.now == figures.get("deployment_frequency").pooled(two, clock.day_of(NOW, two[0].zone))
    progress = _of(trends.read(manager, ""), "roadmap_progress")
    assert progress.now == pytest.approx(6 / 24)


def test_a_group_and_a_team_have_their_own(two: list[Team], manager: Person) -> None:
    by_team, by_group = f"team-{two[0].pk}", f"group-{two[0].group_id}"
    for key in (by_team, by_group):
        found = trends.read(manager, key)
        assert found.scope.key == key
        assert _of(found, "deployment_frequency").now == 1
    assert trends.read(manager, "team-0").scope.key == "", "nothing of that name: all teams"
    assert trends.read(manager, "nonsense").scope.key == ""


def test_levels_are_counted_and_never_averaged(make_team: MakeTeam, manager: Person) -> None:
    one = make_team("One", before="1110", levels="3110")
    make_team("Two", levels="1332")
    make_team("Never")
    snapshots.rebuild()
    data, _model, _deploy, monitor = trends.read(manager, "").of_levels
    assert data.counts[-1] == [0, 1, 0, 1]
    assert monitor.counts[-1] == [1, 0, 1, 0]
    assert (data.assessed, data.high, data.change) == (2, 1, 1)
    assert data.counts[0] == [0, 0, 0, 0]
    alone = trends.read(manager, f"team-{one.pk}").of_levels[0]
    assert (alone.levels[-1], alone.levels[-2], alone.levels[0]) == (3, 1, None)


def test_a_team_is_compared_with_its_target(make_team: MakeTeam, manager: Person) -> None:
    team = make_team("One", levels="1111")
    owner = team.memberships.get().person
    assessments.set_target(team=team, area="data", level=3, due=date(2027, 3, 31), by=owner)
    data, model, *_ = trends.read(manager, f"team-{team.pk}").of_levels
    assert (data.target, model.target) == (3, None)
    panel = charts.level_panel(data)
    assert [trace.line.dash for trace in panel.figure.data] == ["dot", None]
    assert list(panel.figure.data[0].y) == [3] * 13


def test_a_figure_is_compared_with_the_key_result_it_feeds(make_team: MakeTeam, manager: Person) -> None:
    team = make_team("One", weekly=(1, 1))
    owner = team.memberships.get().person
    objective = objective_in(quarter(owner), owner, team)
    key_result_of(objective, owner, title="Deploy", start=1, target=4, unit="", figure="deployment_frequency")
    found = _of(trends.read(manager, f"team-{team.pk}"), "deployment_frequency")
    at = dict(zip(found.days, found.expected, strict=True))
    assert (at[date(2026, 9, 30)], at[date(2026, 10, 31)], at[date(2026, 11, 25)]) == (None, 4, 4)
    assert list(_of(trends.read(manager, ""), "deployment_frequency").expected) == [], "a team's is not everybody's"


def test_no_data_is_a_gap(two: list[Team], manager: Person) -> None:
    found = _of(trends.read(manager, ""), "mttr")
    assert found.values[0] is None
    assert found.before is None
    chart = charts.trend_chart(found, export_url="")
    assert chart.rows[0][1] == "no data"
    assert chart.figure.data[-1].y[0] is None


def test_the_roadmap_is_compared_with_its_due_dates(two: list[Team], manager: Person) -> None:
    found = _of(trends.read(manager, f"team-{two[0].pk}"), "roadmap_progress")
    # Started on 1 April: three items each are due at the end of June and of September.
    at = dict(zip(found.days, found.expected, strict=True))
    assert (at[date(2026, 5, 31)], at[date(2026, 6, 30)], at[date(2026, 9, 30)]) == (0, 0.25, 0.5)
    assert at[date(2026, 3, 31)] is None
    chart = charts.trend_chart(found, export_url="")
    assert [trace.line.dash for trace in chart.figure.data] == ["dot", None]


def test_the_page_and_its_csv(two: list[Team], manager: Person, signed_in: SignIn) -> None:
    client = signed_in(manager)
    page = client.get("/trends/").content.decode()
    for figure_id in ("roadmap_progress", "deployment_frequency", "mttr"):
        assert f'data-chart="chart-{figure_id.replace("_", "-")}"' in page
    text = client.get(f"/trends/?of=team-{two[0].pk}&format=csv").content.decode().lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (len(rows), rows[-1]["Teams"], rows[-1]["Deployment frequency"]) == (13, "Pricing", "1")
    assert rows[0]["Deployment frequency"] == ""


def test_without_teams_there_is_no_data(organisation: object, manager: Person, signed_in: SignIn) -> None:
    assert signed_in(manager).get("/trends/").content.decode().count("no data") >= len(trends.SHOWN)


def test_the_api_has_the_same_values(two: list[Team], manager: Person, signed_in: SignIn) -> None:
    found = {each["figure"]: each for each in signed_in(manager).get("/api/v1/trends/").json()["figures"]}
    assert found["deployment_frequency"]["values"][-1] == 3
    assert found["deployment_frequency"]["days"][-1] == "2026-11-25"
    assert len(found["roadmap_progress"]["expected"]) == 13
