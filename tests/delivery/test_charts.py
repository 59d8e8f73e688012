"""What the charts draw: the figure's data, not its pixels."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.utils import translation

from core import charts as core_charts
from core import clock
from delivery import charts
from delivery.board import Choice, board
from delivery.models import Service
from teams.models import Team
from tests.delivery.factories import NOW, ChangeFactory, DeploymentFactory, IncidentFactory, ServiceFactory, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
ALL = Choice("all", "month")


@pytest.fixture
def service(team: Team) -> Service:
    return ServiceFactory(source__connection__team=team)


def column(chart: core_charts.Chart, number: int) -> list[object]:
    return [row[number] for row in chart.rows]


def test_13_weeks_and_the_one_that_is_not_over(team: Team, service: Service) -> None:
    """NOW is Tuesday 24 November 2026."""
    DeploymentFactory(service=service, finished_at=at("2026-08-01 10:00"))
    for finish in ("2026-08-24 00:00", "2026-11-22 23:59", "2026-11-23 10:00", "2026-11-23 12:00"):
        DeploymentFactory(service=service, finished_at=at(finish))
    chart = charts.frequency_chart(board(team))
    assert column(chart, 1) == [1, *[0] * 11, 1, 2]
    assert column(chart, 2)[-1] == 1, "two deployments on one day"
    bar = chart.figure.data[0]
    assert list(bar.y) == [1, *[0] * 11, 1, 2]
    assert list(bar.marker.color)[-2:] == [core_charts.ACCENT, core_charts.ACCENT_BAND]
    assert str(chart.rows[0][0]) == "2026-W35, 24 Aug – 30 Aug"
    assert str(chart.rows[-1][0]) == "2026-W48, 23 Nov – 29 Nov (so far)"
    assert "24 Aug – 24 Nov 2026" in chart.caption
    assert "days of UTC" in chart.caption


def test_before_anything_is_known_there_is_a_gap_and_not_a_zero(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-10-01 10:00"))
    chart = charts.frequency_chart(board(team))
    counts = column(chart, 1)
    assert counts[:5] == [None] * 5
    assert counts[5:] == [1, *[0] * 8]
    assert list(chart.figure.data[0].y)[:6] == [None] * 5 + [1]
    [shade] = chart.figure.layout.shapes
    assert (shade.x0, shade.x1) == ("2026-08-24", "2026-09-28")
    assert chart.figure.layout.annotations[0].text == "no data"


def test_the_caption_names_every_way_in(team: Team, service: Service) -> None:
    assert "pushed" not in charts.frequency_chart(board(team)).caption
    ServiceFactory(source__connection__team=team, source__connection__kind="pushed", deployment_source="pushed")
    assert ", 1 repository, pushed ·" in charts.frequency_chart(board(team)).caption


def test_nothing_at_all_is_no_data_everywhere(team: Team, service: Service) -> None:
    found = board(team)
    assert set(column(charts.frequency_chart(found), 1)) == {None}
    assert "no data" in charts.frequency_chart(found).alt
    mttr = charts.mttr_chart(found)
    assert set(column(mttr, 1)) == {0}
    assert set(column(mttr, 2)) == {None}
    assert "no incident was resolved" in mttr.alt


def test_a_chart_without_anything_to_draw_says_so(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-01-01 10:00"))
    found = board(team)
    for chart, text in (
        (charts.frequency_chart(found), "no deployment"),
        (charts.mttr_chart(found), "no incident resolved"),
    ):
        assert [note.text for note in chart.figure.layout.annotations] == [text]
        assert chart.figure.layout.yaxis.visible is False
        assert chart.figure.layout.showlegend is False


def test_unknown_ones_stand_apart(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-10-01 10:00"))
    DeploymentFactory(service=service, finished_at=None, created_at=at("2026-10-02 10:00"), outcome="unknown")
    DeploymentFactory(
        service=service,
        finished_at=None,
        created_at=at("2026-10-02 10:00"),
        outcome="unknown",
        environment_class="staging",
    )
    chart = charts.frequency_chart(board(team))
    row = chart.rows[5]
    assert list(row[1:]) == [1, 1, 1]
    assert [trace.name for trace in chart.figure.data] == ["counted", "unknown"]
    assert sum(chart.figure.data[1].y) == 1


def test_all_time_over_years_with_every_month_in_between(team: Team, service: Service) -> None:
    for finish in ("2018-08-04 10:00", "2022-06-25 10:00", "2022-09-03 05:16"):
        DeploymentFactory(service=service, finished_at=at(finish))
    chart = charts.frequency_chart(board(team, ALL))
    counts = column(chart, 1)
    assert len(counts) == 8 * 12 + 4, "August 2018 to November 2026"
    assert (counts[0], sum(count or 0 for count in counts)) == (1, 3)
    assert None not in counts
    assert str(chart.rows[0][0]) == "Aug 2018"
    assert len(chart.figure.layout.xaxis.tickvals) <= 8
    assert len(chart.narrow["xaxis"]["tickvals"]) <= 4


def test_a_table_cell_leads_to_what_stands_behind_it(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-10-01 10:00"))
    found = board(team)
    point = f"/teams/{team.pk}/delivery/point/?figure="
    week, last = "from=2026-09-28&to=2026-10-04", "from=2026-11-23&to=2026-11-24"
    for name, draw in charts.OF_FIGURE.items():
        chart = draw(found)
        assert chart.rows[5][0].url == f"{point}{name}&{week}&period=13w&by=week"
        assert chart.rows[-1][0].url == f"{point}{name}&{last}&period=13w&by=week"
        assert chart.figure.data[-1].customdata[5] == chart.rows[5][0].url, "the point leads where its row does"


def test_mttr_by_the_period_of_the_resolution(team: Team, service: Service) -> None:
    """The vector: mean 8.67 h, median 1.5 h; two weeks with, gaps elsewhere."""
    for began, resolved in [
        ("2026-03-02 18:00", "2026-03-02 19:30"),
        ("2026-03-12 13:00", "2026-03-13 13:00"),
        ("2026-03-20 10:00", "2026-03-20 10:30"),
    ]:
        IncidentFactory(service=service, began_at=at(began), resolved_at=at(resolved))
    IncidentFactory(service=service, began_at=at("2026-03-12 15:00"), resolved_at=None)
    found = board(team, ALL)
    month = charts.mttr_chart(found).rows[0]
    assert list(month[1:]) == [3, 8.67, 1.5, 24.0]
    weeks = charts.mttr_chart(board(team, Choice("all", "week")))
    assert [list(row[1:]) for row in weeks.rows[:4]] == [
        [1, 1.5, 1.5, 1.5],
        [1, 24.0, 24.0, 24.0],
        [1, 0.5, 0.5, 0.5],
        [0, None, None, None],
    ]
    points, median, mean = weeks.figure.data
    assert list(points.y) == [1.5, 24.0, 0.5]
    assert list(mean.y)[:4] == [1.5, 24.0, 0.5, None]
    assert not mean.connectgaps
    assert not median.connectgaps
    assert "3 incidents resolved, mean 8.67 h, median 1.5 h" in weeks.alt


def test_what_a_host_wrote_is_escaped(team: Team, service: Service) -> None:
    IncidentFactory(
        service=service, title='<a href="javascript:alert(1)">x</a> & more', began_at=NOW - timedelta(days=3)
    )
    points = charts.mttr_chart(board(team)).figure.data[0]
    assert points.hovertext[0].startswith('&lt;a href="javascript:alert(1)"&gt;x&lt;/a&gt; &amp; more<br>')


def test_the_axis_speaks_the_readers_language(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-10-01 10:00"))
    with translation.override("ja"):
        ticks = charts.frequency_chart(board(team)).figure.layout.xaxis.ticktext
        months = charts.frequency_chart(board(team, Choice("12m", "month"))).figure.layout.xaxis.ticktext
    assert ticks[0] == "8月24日"
    assert months[0] == "2025年11月"


def test_12_months_and_the_present_one(team: Team, service: Service) -> None:
    found = board(team, Choice("12m", "month"))
    assert (found.period.first, found.period.last, found.shown.last) == (
        date(2025, 11, 1),
        date(2026, 10, 31),
        date(2026, 11, 24),
    )
    assert len(found.buckets) == 13


def test_a_chart_is_plain_json_with_tokens(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-10-01 10:00"))
    IncidentFactory(service=service)
    for draw in charts.BY_ID.values():
        chart = draw(board(team))
        text = json.dumps(core_charts.to_json(chart))
        assert "$accent" in text
        assert core_charts.ACCENT not in text


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (36.575277, "36.58 h"),
        (1.5, "1.5 h"),
        (0.004, "0 h"),
        (24, "24 h"),
        (193.5, "193.5 h"),
        (100, "100 h"),
        (1234.56, "1,234.6 h"),
        (1000, "1,000 h"),
    ],
)
def test_hours_as_text(hours: float, text: str) -> None:
    assert charts.hours_text(hours) == text


def test_today_is_that_of_the_team(team: Team, service: Service) -> None:
    """Sunday 23:30 in UTC: in Tokyo a new week has begun."""
    with clock.at(at("2026-11-22 23:30")):
        assert board(team).period.last == date(2026, 11, 15)
        team.time_zone = "Asia/Tokyo"
        assert board(team).period.last == date(2026, 11, 22)


# -- Lead time, failures, recovery, rework, and the stages --------------------------------------------------------------


def test_rates_have_gaps_where_nothing_was_deployed_and_zero_where_nothing_failed(team: Team, service: Service) -> None:
    DeploymentFactory(service=service, finished_at=at("2026-10-01 10:00"))
    DeploymentFactory(service=service, finished_at=at("2026-10-13 10:00"), branch="hotfix/a")
    DeploymentFactory(service=service, finished_at=at("2026-10-14 10:00"))
    IncidentFactory(service=service, began_at=at("2026-10-14 11:00"), resolved_at=at("2026-10-14 13:30"))
    found = board(team)
    failures, rework = charts.failure_rate_chart(found), charts.rework_chart(found)
    assert list(failures.figure.data[0].y)[5:8] == [0.0, None, 0.5]
    assert [list(row[1:]) for row in failures.rows[5:8]] == [[0, 1, "0%"], [None, 0, None], [1, 2, "50%"]]
    assert list(rework.figure.data[0].y)[5:8] == [0.0, None, 0.5]
    assert failures.alt.endswith("from 0% to 50%.")
    recovery = charts.recovery_chart(found)
    assert list(recovery.figure.data[0].y)[7] == 3.5
    assert list(recovery.rows[7][1:]) == [1, 1, 3.5, 3.5]


def test_no_data_is_a_sentence_and_no_line(team: Team, service: Service) -> None:
    found = board(team)
    for draw, said in (
        (charts.lead_time_chart, "no data"),
        (charts.failure_rate_chart, "no deployment"),
        (charts.recovery_chart, "no attributed incident resolved"),
    ):
        assert draw(found).figure.layout.annotations[0].text == said


def test_the_bottleneck_is_the_longest_stage_and_the_one_that_grew(team: Team, service: Service) -> None:
    """Review takes 2 h in the 13 weeks before and 30 h now; pickup stays the longest before."""
    DeploymentFactory(service=service, finished_at=at("2026-06-01 10:00"))
    for merged, review in (("2026-07-01 10:00", 2), ("2026-10-01 10:00", 30)):
        end = at(merged)
        ChangeFactory(
            service=service,
            first_commit_at=end - timedelta(hours=review + 8),
            opened_at=end - timedelta(hours=review + 5),
            first_review_at=end - timedelta(hours=review),
            merged_at=end,
        )
        DeploymentFactory(service=service, finished_at=end + timedelta(hours=1))
    lead_time, recovery = charts.bottlenecks(board(team))
    assert lead_time.said == (
        "Longest: Review, median 30 h. Grew most against the 13 weeks before: Review, 2 h → 30 h."
    )
    assert list(lead_time.chart.rows[5][1:]) == [3.0, 5.0, 30.0, 1.0]
    assert recovery.said == "No data in this period, so no stage can be told."
    chart = charts.lead_time_chart(board(team))
    assert list(chart.rows[5][1:]) == [1, 39.0, 39.0]
