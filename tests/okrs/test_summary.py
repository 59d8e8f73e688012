"""What other rooms read of OKRs: summary, figures, charts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from core import charts as core_charts
from core import figures
from okrs import charts, services, summary
from okrs.board import row_of
from okrs.kinds import Status
from okrs.models import Cycle, KeyResult, Objective
from okrs.rows import current
from teams.models import Person, Team
from tests.factories import MembershipFactory, TeamFactory
from tests.okrs.factories import FIRST, LAST, MONDAY, checked_in, key_result_of, noon, objective_in, quarter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def busy(objective: Objective, key_result: KeyResult, editor: Person) -> KeyResult:
    """Beside the fixture's key result, at 45 % and at risk, one on track and one that nobody checks in."""
    checked_in(key_result, editor, noon(11, 23), 45)
    good = key_result_of(objective, editor, title="Good")
    checked_in(good, editor, noon(11, 23), 60)
    key_result_of(objective, editor, title="Silent")
    return key_result


def test_a_team_in_one_glance(team: Team, busy: KeyResult) -> None:
    found = summary.for_teams([team])[team.pk]
    assert found.status == Status.AT_RISK
    assert (found.status.label, found.status.icon, found.status.css) == ("At risk", "alert-triangle", "is-risk")
    assert found.statuses == [Status.AT_RISK, Status.OUTDATED, Status.ON_TRACK]
    assert found.counts == {Status.AT_RISK: 1, Status.OUTDATED: 1, Status.ON_TRACK: 1}
    assert (found.on_track, found.total, found.reporting, found.due) == (1, 3, 2, 1)
    assert found.progress == pytest.approx((0.45 + 0.6 + 0) / 3)
    assert (found.cycle_title, found.day_of_cycle) == ("Oct – Dec 2026", (53, 91))
    assert found.url == f"/teams/{team.pk}/okrs/"


def test_a_team_without_okrs(team: Team) -> None:
    found = summary.for_teams([team])[team.pk]
    assert (found.status, found.progress, found.total, found.cycle_title) == (None, None, 0, "")


def test_the_cycle_that_runs_else_the_last_else_the_next() -> None:
    autumn, winter = (
        Cycle(first_day=FIRST, last_day=LAST),
        Cycle(first_day=date(2027, 1, 1), last_day=date(2027, 3, 31)),
    )
    cycles = [winter, autumn]
    assert current(cycles, MONDAY) == [autumn]
    assert current(cycles, date(2026, 9, 1)) == [autumn]
    assert current(cycles, date(2027, 5, 1)) == [winter]
    assert current([], MONDAY) == []


def test_the_card(team: Team, busy: KeyResult) -> None:
    page = render_to_string("okrs/_card.html", {"okrs": summary.for_team(team), "team": team, "can_edit": True})
    for said in ("Objectives, Oct – Dec 2026", "Halve the lead time", "45%", "1 check-in due", "Cycle day 53 of 91."):
        assert said in page
    other = TeamFactory()
    empty = render_to_string("okrs/_card.html", {"okrs": summary.for_team(other), "team": other, "can_edit": True})
    assert "Set objectives" in empty


def test_due_check_ins_of_a_person(busy: KeyResult, editor: Person, outsider: Person) -> None:
    (due,) = summary.due_of(editor)
    assert (due.title, due.team, due.on) == ("Silent", busy.objective.team, FIRST + timedelta(days=4))
    assert due.days_late == 49
    assert summary.due_of(outsider) == []


def test_recent_check_ins(team: Team, busy: KeyResult, editor: Person) -> None:
    newest, *_rest = found = summary.recent_check_ins([team], noon(11, 20))
    assert len(found) == 2
    assert summary.said_of(newest) == "60%"
    assert summary.recent_check_ins([team], noon(11, 24)) == []


def test_the_summary_asks_a_constant_number_of_queries(cycle: Cycle, editor: Person) -> None:
    teams: list[Team] = []

    def more(number: int) -> None:
        for _each in range(number):
            member = MembershipFactory()
            objective = objective_in(cycle, editor, member.team)
            for kind in ({}, {"kind": "checklist", "entries": ["A"]}):
                key_result_of(objective, member.person, **kind)
            teams.append(member.team)

    def queries() -> list[int]:
        counts = []
        for act in (
            lambda: summary.for_teams(teams),
            lambda: figures.get("okr_progress").values(teams, [MONDAY, FIRST]),
            lambda: figures.get("okr_on_track").pooled(teams, MONDAY),
            lambda: summary.to_reassign(teams),
        ):
            with CaptureQueriesContext(connection) as captured:
                act()
            counts.append(len(captured))
        return counts

    more(3)
    before = queries()
    assert max(before) <= 6
    more(3)
    assert queries() == before


# -- Figures --


def test_figures_of_each_day(team: Team, busy: KeyResult) -> None:
    progress, on_track = figures.get("okr_progress"), figures.get("okr_on_track")
    days = [FIRST - timedelta(days=1), FIRST, MONDAY - timedelta(days=1), MONDAY]
    assert [progress.values([team], days)[team.pk, day] for day in days] == [None, 0, 0, pytest.approx(0.35)]
    assert [on_track.values([team], days)[team.pk, day] for day in days] == [None, 0, 0, pytest.approx(1 / 3)]
    assert progress.is_share
    assert on_track.better == "more"


def test_the_past_stays_when_something_is_archived_or_redefined(team: Team, busy: KeyResult, editor: Person) -> None:
    from core import clock

    progress = figures.get("okr_progress")
    with clock.at(noon(11, 25)):
        services.edit_key_result(key_result=busy, by=editor, wanted={"target": 450.0}, seen={"target": 100.0})
        services.archive(row=KeyResult.objects.get(title="Silent"), by=editor)
    days = [MONDAY, MONDAY + timedelta(days=2)]
    found = progress.values([team], days)
    assert found[team.pk, days[0]] == pytest.approx(0.35)
    assert found[team.pk, days[1]] == pytest.approx((0.1 + 0.6) / 2)


def test_objectives_weigh_and_teams_are_pooled_over_their_rows(
    team: Team, cycle: Cycle, busy: KeyResult, editor: Person, outsider: Person
) -> None:
    heavy = objective_in(cycle, editor, team, weight=3)
    checked_in(key_result_of(heavy, editor), editor, noon(11, 23), 100)
    progress, on_track = figures.get("okr_progress"), figures.get("okr_on_track")
    assert progress.values([team], [MONDAY])[team.pk, MONDAY] == pytest.approx((0.35 + 3) / 4)
    theirs = outsider.memberships.get().team
    key_result_of(objective_in(cycle, outsider, theirs), outsider)
    assert progress.pooled([team, theirs], MONDAY) == pytest.approx((0.35 + 3 + 0) / 5)
    assert on_track.pooled([team, theirs], MONDAY) == pytest.approx(2 / 5)
    assert progress.pooled([], MONDAY) is None


# -- Charts --


def chart_of(row: KeyResult) -> core_charts.Chart:
    found = row_of(row)
    return charts.key_result_chart(found.facts, found.standing, list(row.check_ins.with_words().newest_first()))


def test_the_chart_spans_the_cycle_with_start_expected_and_target(key_result: KeyResult, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 16), 40, comment="<b>bold</b>")
    checked_in(key_result, editor, noon(11, 16), 41)
    made = chart_of(key_result)
    target, expected, done, fed, human = made.figure.data
    assert list(target.y) == [100, 100]
    assert list(zip(expected.x, expected.y, strict=True)) == [(FIRST, 0), (LAST, 100)]
    assert list(zip(done.x, done.y, strict=True)) == [(FIRST, 0), (date(2026, 11, 16), 41)]
    assert (list(human.y), list(fed.y)) == ([41, 40], [])  # a corrected one is still there
    assert human.text[1].endswith("<br>&lt;b&gt;bold&lt;/b&gt;")
    assert made.figure.layout.xaxis.range == ("2026-09-30", "2027-01-01")
    assert [row[1] for row in made.rows] == ["41", "40"]


def test_bounds_are_drawn_for_what_is_maintained(objective: Objective, editor: Person) -> None:
    row = key_result_of(objective, editor, kind="between", low=1, high=5)
    low, high, *_dots = chart_of(row).figure.data
    assert (list(low.y), list(high.y), high.fill) == ([1, 1], [5, 5], "tonexty")


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"kind": "at_most", "high": 3},
        {"kind": "checklist", "entries": ["A"]},
        {"kind": "decrease", "start": 9, "target": 0},
    ],
)
def test_the_small_line_stays_in_its_picture(objective: Objective, editor: Person, kind: dict[str, object]) -> None:
    row = key_result_of(objective, editor, **kind)
    empty = row_of(row)
    assert charts.spark(empty.facts, empty.standing).line == ""
    for day, value in ((5, -50), (12, 4), (19, 999)):
        done = {"done": []} if "entries" in kind else {"value": value}
        checked_in(row, editor, noon(10, day), **done)
    found = row_of(row)
    line = charts.spark(found.facts, found.standing)
    for x, y in line.dots:
        assert 3 <= float(x) <= 202
        assert 5 <= float(y) <= 43
    assert len(line.dots) == 3


def test_phased_targets_bend_the_chart_too(objective: Objective, editor: Person) -> None:
    row = key_result_of(objective, editor, phases=[("2026-11-15", 20.0)])
    _target, expected, *_dots = chart_of(row).figure.data
    assert list(expected.y) == [0, 20, 100]


def test_quarter_ends_are_all_cycles(organisation: object, editor: Person) -> None:
    from okrs.spans import next_quarter, quarter_of

    assert quarter_of(MONDAY) == (FIRST, LAST)
    assert next_quarter(MONDAY) == (date(2027, 1, 1), date(2027, 3, 31))
    assert quarter(editor, None, *next_quarter(MONDAY)).shown_title == "Jan – Mar 2027"
