"""The numbers of a roadmap as pages, figures and other rooms get them, and what its pictures are made of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from core import clock, figures
from core.charts import to_json
from roadmaps import charts, services, summary
from roadmaps.models import Roadmap, State
from roadmaps.overview import Overview, overviews
from roadmaps.timeline import ROWS, Timeline
from teams.models import Person, Team
from tests.factories import MembershipFactory, TeamFactory
from tests.roadmaps.factories import TODAY, item_of, noon, started, ticked

pytestmark = pytest.mark.django_db


def seen(roadmap: Roadmap, at: datetime = TODAY) -> Overview:
    with clock.at(at):
        (found,) = overviews([Roadmap.objects.select_related("team").get(pk=roadmap.pk)])
        assert found.roadmap.start_date
        return found


def test_the_phases(roadmap: Roadmap, editor: Person) -> None:
    ticked(item_of(roadmap, "foundation.basic_cicd"), editor, noon(5, 5))
    found = seen(roadmap, noon(7, 2))
    assert [(phase.n, phase.progress.done, phase.progress.total, phase.late) for phase in found.phases] == [
        (1, 1, 3, 2),
        (2, 0, 3, 0),
        (3, 0, 3, 0),
        (4, 0, 3, 0),
    ]
    assert [phase.is_current for phase in found.phases] == [False, True, False, False]
    assert (found.phases[1].days, found.phases[1].months) == ("1 Jul – 30 Sep", "Jul – Sep")
    with translation.override("ja"):
        assert (found.phases[1].days, found.phases[1].months) == ("7月1日～9月30日", "7月～9月")
    assert [phase.is_past for phase in found.phases] == [True, False, False, False]
    assert (found.month, found.done, found.scope, found.left, found.late) == (4, 1, 12, 11, 2)
    assert [item.template_key for item in found.late_items] == [
        "foundation.git_repository",
        "foundation.experiment_tracking",
    ]
    assert [item.template_key for item in found.next_due[:2]] == [
        "foundation.git_repository",
        "foundation.experiment_tracking",
    ]


def test_due_today_is_not_late(roadmap: Roadmap) -> None:
    assert (seen(roadmap, noon(6, 30)).late, seen(roadmap, noon(7, 1)).late) == (0, 3)


def test_before_the_start_and_after_the_end(roadmap: Roadmap) -> None:
    before, after = seen(roadmap, noon(3, 1)), seen(roadmap, noon(6, 1, 2027))
    assert (before.month, before.current_phase, before.has_ended) == (0, 1, False)
    assert (after.month, after.current_phase, after.has_ended) == (12, 4, True)
    assert not any(phase.is_current for phase in after.phases)
    assert before.burn_up[-1].day == date(2027, 3, 31)
    assert after.burn_up[-1].day == date(2027, 6, 1)


def test_the_burn_up_covers_every_day_of_the_twelve_months(roadmap: Roadmap) -> None:
    days = seen(roadmap).burn_up
    assert [days[0].day, days[-1].day, len(days)] == [date(2026, 4, 1), date(2027, 3, 31), 365]
    expected = {day.day: day.expected for day in days}
    assert [expected[day] for day in (date(2026, 6, 29), date(2026, 6, 30), date(2027, 3, 31))] == [0, 3, 12]


def paced(roadmap: Roadmap, editor: Person) -> Overview:
    """Ten complete weeks of which six saw one item done each: six are left."""
    items = roadmap.items.of_phases().order_by("pk")[:6]
    for number, item in enumerate(items):
        ticked(item, editor, datetime(2026, 4, 7, 12, tzinfo=UTC) + timedelta(weeks=number))
    return seen(roadmap, noon(6, 17))


def test_the_forecast_is_told_in_days(roadmap: Roadmap, editor: Person) -> None:
    found = paced(roadmap, editor)
    assert found.history == [1] * 6 + [0] * 4
    assert (found.forecast.kind, found.forecast.p50, found.forecast.p85) == ("weeks", 10, 13)
    assert found.p50 == date(2026, 6, 21) + timedelta(weeks=9)
    assert found.p85 == date(2026, 6, 21) + timedelta(weeks=12)


def test_overviews_ask_a_constant_number_of_queries(roadmap: Roadmap, editor: Person, outsider: Person) -> None:
    others = [started(outsider.memberships.get().team, outsider)]
    for _number in range(3):
        others.append(started(MembershipFactory(team=TeamFactory(), person=outsider).team, outsider))

    def queries(wanted: list[Roadmap]) -> int:
        found = Roadmap.objects.filter(pk__in=[each.pk for each in wanted]).select_related("team")
        with clock.at(TODAY), CaptureQueriesContext(connection) as captured:
            for each in overviews(list(found)):
                assert each.phases
                assert each.burn_up
                assert [item.shown_title for item in each.items]
        return len(captured)

    assert queries([roadmap]) == queries([roadmap, *others]) == 5


# -- The chart --


def test_the_chart_holds_done_to_today_scope_and_expected(roadmap: Roadmap, editor: Person) -> None:
    ticked(item_of(roadmap, "foundation.basic_cicd"), editor, noon(5, 5))
    chart = charts.burn_up(seen(roadmap))
    made = to_json(chart)
    lines = {trace["name"]: trace for trace in made["data"] if trace.get("name")}
    assert set(lines) == {"done", "scope", "expected"}
    assert (lines["done"]["x"][-1], lines["done"]["y"][-1]) == ("2026-05-20", 1)
    assert lines["done"]["line"]["color"] == "$accent"
    assert lines["scope"]["line"]["color"] == "$context"
    assert (lines["expected"]["line"]["dash"], lines["expected"]["x"][-1]) == ("dot", "2027-03-31")
    assert [(each.mark, each.text) for each in chart.key] == [
        ("is-line", "1 done"),
        ("is-context", "scope 12"),
        ("is-dotted", "expected"),
    ]
    assert made["layout"]["shapes"][0]["x0"] == "2026-05-20"
    assert chart.alt.startswith("Burn-up: 1 of 12 items done on 20 May 2026; 0 were expected by then.")


def test_the_table_is_weekly_and_has_today(roadmap: Roadmap) -> None:
    rows = charts.table(seen(roadmap))
    assert [row[0] for row in rows][:3] == [date(2026, 4, 1), date(2026, 4, 8), date(2026, 4, 15)]
    assert (date(2026, 5, 20), 0, 12, 0) in rows
    assert rows[-1] == (date(2027, 3, 31), None, 12, 12)


def test_the_forecast_is_drawn_from_today_to_the_scope(roadmap: Roadmap, editor: Person) -> None:
    found = paced(roadmap, editor)
    chart = charts.burn_up(found)
    band = to_json(chart)["data"][0]
    assert (band["fillcolor"], band["y"]) == ("$accent-band", [6, 12, 12, 6])
    assert "by 23 Aug 2026 with 50 percent and by 13 Sep 2026 with 85 percent" in chart.alt
    assert [each.text for each in chart.key][-2:] == ["P50 23 Aug", "P85 13 Sep"]


@pytest.mark.parametrize("on", [noon(4, 3), noon(6, 17), noon(3, 20, 2027), noon(6, 1, 2027)])
def test_no_words_inside_the_picture_but_today_above_it(roadmap: Roadmap, editor: Person, on: datetime) -> None:
    """Names on the lines met the lines and each other, whatever their side."""
    paced(roadmap, editor)
    chart = charts.burn_up(seen(roadmap, on))
    made = to_json(chart)
    assert [(note["text"], note["yref"], note["y"], note["yanchor"]) for note in made["layout"]["annotations"]] == [
        ("today", "paper", 1, "bottom")
    ]
    assert "annotations" not in made["narrow"]
    assert len({each.mark for each in chart.key}) == len(chart.key)


def test_the_chart_speaks_japanese_dates(roadmap: Roadmap) -> None:
    with translation.override("ja"):
        made = to_json(charts.burn_up(seen(roadmap)))
    assert made["layout"]["xaxis"]["ticktext"] == ["2026年4月", "7月", "10月", "2027年1月"]


def test_a_roadmap_that_has_not_begun_is_drawn_without_done(roadmap: Roadmap) -> None:
    chart = charts.burn_up(seen(roadmap, noon(3, 1)))
    assert "has not started yet" in chart.alt
    assert not to_json(chart)["layout"].get("shapes")


def test_a_roadmap_without_open_items_is_drawn(roadmap: Roadmap, editor: Person) -> None:
    for item in roadmap.items.all():
        with clock.at(noon(5, 5)):
            services.drop(item=item, reason="no", seen_version=0, by=editor)
    found = seen(roadmap)
    assert found.progress.share is None
    assert charts.burn_up(found).rows
    assert Timeline(found).dots == []


# -- The timeline --


def test_the_timeline_is_in_proportion(roadmap: Roadmap, editor: Person) -> None:
    ticked(item_of(roadmap, "foundation.basic_cicd"), editor, noon(5, 5))
    found = Timeline(seen(roadmap))
    assert [mark.name for mark in found.months[:3]] == ["Apr", "May", "Jun"]
    assert found.months[1].x == f"{100 * 30 / 365:.2f}%"
    assert found.today_x == f"{100 * 49 / 365:.2f}%"
    assert found.bars[0].width == f"{100 * 91 / 365 - 0.5:.2f}%"
    assert found.bars[0].done == f"{(100 * 91 / 365 - 0.5) / 3:.2f}%"


def test_dots_never_lie_on_each_other(roadmap: Roadmap, editor: Person) -> None:
    for number in range(12):
        with clock.at(TODAY):
            services.add_item(roadmap=roadmap, title=f"More {number}", phase=4, by=editor)
    dots = Timeline(seen(roadmap)).dots
    assert len(dots) == 24
    assert len({(dot.x, dot.y) for dot in dots}) == 24
    assert {dot.y for dot in dots} == set(ROWS)
    assert all(0 <= float(dot.x.rstrip("%")) <= 100 for dot in dots)


def test_dots_tell_the_state(roadmap: Roadmap, editor: Person) -> None:
    keys = ["foundation.git_repository", "foundation.basic_cicd"]
    for key, state in zip(keys, (State.DONE, State.IN_PROGRESS), strict=True):
        ticked(item_of(roadmap, key), editor, noon(5, 5), state)
    kinds = [dot.kind for dot in Timeline(seen(roadmap)).dots]
    assert (kinds.count("done"), kinds.count("wip"), kinds.count("todo")) == (1, 1, 10)
    assert [dot.kind for dot in Timeline(seen(roadmap, noon(7, 1))).dots].count("late") == 2


# -- The figure --


def test_the_figure_of_teams_and_days(roadmap: Roadmap, editor: Person, outsider: Person) -> None:
    ticked(item_of(roadmap, "foundation.basic_cicd"), editor, noon(5, 5))
    ours, theirs, none = roadmap.team, outsider.memberships.get().team, TeamFactory()
    other = started(theirs, outsider, date(2026, 5, 1))
    for item in other.items.of_phases()[:6]:
        ticked(item, outsider, noon(5, 5))
    figure = figures.get("roadmap_progress")
    days = [date(2026, 4, 30), date(2026, 5, 4), date(2026, 5, 5)]

    values = figure.values([ours, theirs, none], days)
    assert [values[(ours.pk, day)] for day in days] == [0, 0, pytest.approx(1 / 12)]
    assert [values[(theirs.pk, day)] for day in days] == [None, 0, 0.5]
    assert [values[(none.pk, day)] for day in days] == [None] * 3
    assert figure.pooled([ours, theirs, none], days[2]) == pytest.approx(7 / 24)
    assert figure.pooled([none], days[2]) is None


def test_the_figure_has_no_value_before_the_start(roadmap: Roadmap, editor: Person) -> None:
    with clock.at(noon(4, 10)):
        services.add_item(roadmap=roadmap, title="Early", phase=1, by=editor)
    with clock.at(TODAY):
        services.change_start_date(roadmap=roadmap, start_date=date(2026, 5, 1), seen=date(2026, 4, 1), by=editor)
    values = figures.get("roadmap_progress").values([roadmap.team], [date(2026, 4, 20), date(2026, 5, 1)])
    assert list(values.values()) == [None, 0]


def test_the_figure_asks_a_constant_number_of_queries(roadmap: Roadmap, outsider: Person) -> None:
    started(outsider.memberships.get().team, outsider)
    figure = figures.get("roadmap_progress")
    counts = []
    for teams in ([roadmap.team], list(Team.objects.all())):
        with CaptureQueriesContext(connection) as captured:
            figure.values(teams, [date(2026, 5, day) for day in range(1, 20)])
        counts.append(len(captured))
    assert counts == [4, 4]


# -- What other rooms get --


def test_the_summary_for_the_team_page(roadmap: Roadmap, team: Team) -> None:
    with clock.at(TODAY), CaptureQueriesContext(connection) as captured:
        found = summary.for_team(team)
        assert found is not None
        assert found.overview.phases
    assert len(captured) == 5
    assert found.burn_up.export_url.endswith("/roadmap/burn-up.csv")
    assert summary.for_team(TeamFactory()) is None


def test_open_items_of_a_person(roadmap: Roadmap, editor: Person, team_admin: Person) -> None:
    keys = [
        "automation.model_registry",
        "foundation.basic_cicd",
        "foundation.git_repository",
        "technical.documentation",
    ]
    for key in keys:
        services.set_owner(item=item_of(roadmap, key), owner=editor, seen=None, by=editor)
    ticked(item_of(roadmap, "foundation.git_repository"), editor, noon(5, 5))
    with CaptureQueriesContext(connection) as captured:
        found = summary.open_items_of(editor)
        assert [(item.template_key, item.roadmap.team.name) for item in found] == [
            ("foundation.basic_cicd", "Forecasting"),
            ("automation.model_registry", "Forecasting"),
            ("technical.documentation", "Forecasting"),
        ]
    assert len(captured) == 1
    assert summary.open_items_of(team_admin) == []
    roadmap.team.archived_at = TODAY
    roadmap.team.save()
    assert summary.open_items_of(editor) == []


def test_recent_ticks(roadmap: Roadmap, editor: Person) -> None:
    for key, day in (("foundation.basic_cicd", 5), ("foundation.git_repository", 12)):
        ticked(item_of(roadmap, key), editor, noon(5, day))
    with CaptureQueriesContext(connection) as captured:
        found = summary.recent_ticks([roadmap.team], noon(5, 10))
        assert [(tick.person.name, tick.item.shown_title, tick.item.roadmap.team.name) for tick in found] == [
            ("Emma Editor", "Set up the Git repository", "Forecasting")
        ]
    assert len(captured) == 1
    assert summary.recent_ticks([TeamFactory()], noon(5, 1)) == []
