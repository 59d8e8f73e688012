"""Rules of changes: what is kept, what is refused and with which words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db.models import ProtectedError

from core import clock
from core.append_only import AppendOnlyError
from core.edits import StaleEdit
from okrs import services
from okrs.models import Change, CheckIn, Cycle, KeyResult, Objective
from okrs.services import Frozen, OkrError, SameStartAndTarget
from teams.models import ApiToken, Person, Team, TokenScope
from tests.factories import MembershipFactory
from tests.okrs.factories import (
    MONDAY,
    checked_in,
    key_result_of,
    noon,
    objective_in,
    quarter,
    standing_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def edit(row: KeyResult, by: Person, **fields: tuple[Any, Any]) -> KeyResult:
    """edit(row, by, target=(seen, wanted))"""
    seen = {name: pair[0] for name, pair in fields.items()}
    return services.edit_key_result(key_result=row, by=by, seen=seen, wanted={n: pair[1] for n, pair in fields.items()})


# -- Cycles --


def test_the_same_days_twice_are_one_cycle(cycle: Cycle, team: Team, editor: Person) -> None:
    for own in (None, team):
        with pytest.raises(OkrError, match="already"):
            services.create_cycle(first_day=cycle.first_day, last_day=cycle.last_day, team=own, by=editor)


def test_a_cycle_ends_after_it_begins(editor: Person, organisation: object) -> None:
    with pytest.raises(OkrError, match="must come after") as told:
        services.create_cycle(first_day=MONDAY, last_day=MONDAY, by=editor)
    assert told.value.field == "last_day"


def test_a_cycle_keeps_the_days_of_what_is_in_it(cycle: Cycle, objective: Objective, editor: Person) -> None:
    row = key_result_of(objective, editor, noon(10, 20), phases=[("2026-11-15", 90)])
    key_result_of(objective, editor, noon(10, 20), title="Pipeline", kind="milestone", due_day=date(2026, 12, 20))
    checked_in(row, editor, noon(11, 23), 5, day=date(2026, 11, 20))

    def move(name: str, day: date) -> None:
        services.edit_cycle(cycle=cycle, by=editor, wanted={name: day}, seen={name: getattr(cycle, name)})

    for name, day, said in (
        ("first_day", date(2026, 10, 21), "“Test coverage” takes effect on 20 Oct 2026"),
        ("last_day", date(2026, 12, 19), "“Pipeline” is due on 20 Dec 2026"),
        ("last_day", date(2026, 11, 14), "“Test coverage” has a target for 15 Nov 2026"),
    ):
        with pytest.raises(OkrError, match=said) as told:
            move(name, day)
        assert told.value.field == name
    edit(row, editor, phases=([["2026-11-15", 90.0]], []))
    pipeline = KeyResult.objects.get(title="Pipeline")
    edit(pipeline, editor, due_day=(pipeline.due_day, None))
    with pytest.raises(OkrError, match="“Test coverage” has a check-in for 20 Nov 2026"):
        move("last_day", date(2026, 11, 19))
    move("last_day", date(2026, 11, 20))
    move("first_day", date(2026, 10, 20))


def test_a_cycle_is_not_moved_onto_the_days_of_another(cycle: Cycle, team: Team, editor: Person) -> None:
    own = quarter(editor, team, date(2027, 1, 1), date(2027, 3, 31))
    wanted = {"first_day": cycle.first_day, "last_day": cycle.last_day}
    with pytest.raises(OkrError, match="already"):
        services.edit_cycle(
            cycle=own, by=editor, wanted=wanted, seen={"first_day": own.first_day, "last_day": own.last_day}
        )


def test_the_cadence_of_a_cycle(team: Team, editor: Person) -> None:
    wednesdays = quarter(editor, team, weekday=2, every_weeks=2)
    row = key_result_of(objective_in(wednesdays, editor, team), editor)
    assert standing_of(row, date(2026, 10, 1)).due.on == date(2026, 10, 7)
    checked_in(row, editor, noon(10, 7), 1)
    assert standing_of(row, date(2026, 10, 8)).due.on == date(2026, 10, 21)


def test_closing_grades_and_freezes_after_the_grace(cycle: Cycle, key_result: KeyResult, editor: Person) -> None:
    other = key_result_of(key_result.objective, editor)
    checked_in(key_result, editor, noon(11, 23), 45)
    services.close_cycle(cycle=cycle, by=editor, grades={other.pk: 0.7})
    key_result.refresh_from_db()
    other.refresh_from_db()
    assert (key_result.grade, other.grade) == (pytest.approx(0.45), pytest.approx(0.7))
    with clock.at(noon(11, 30)):  # the last day of grace
        services.check_in(key_result=key_result, value=50, by=editor)
        services.set_grade(key_result=key_result, grade=0.5, seen=key_result.grade, by=editor)
    with clock.at(noon(12, 1)):
        for act in (
            lambda: services.check_in(key_result=key_result, value=60, by=editor),
            lambda: edit(key_result, editor, title=("Test coverage", "Coverage")),
            lambda: services.set_grade(key_result=key_result, grade=0.6, seen=0.5, by=editor),
            lambda: services.archive(row=key_result, by=editor),
            lambda: objective_late(cycle, editor),
            lambda: services.reopen_cycle(cycle=cycle, by=editor),
        ):
            with pytest.raises(Frozen, match="23 Nov 2026"):
                act()


def objective_late(cycle: Cycle, by: Person) -> Objective:
    return services.create_objective(cycle=cycle, title="Late", business_metric="x", by=by)


def test_a_closing_can_be_taken_back(cycle: Cycle, key_result: KeyResult, editor: Person) -> None:
    services.close_cycle(cycle=cycle, by=editor)
    services.close_cycle(cycle=cycle, by=editor)  # twice does nothing
    services.reopen_cycle(cycle=cycle, by=editor)
    cycle.refresh_from_db()
    assert not cycle.is_closed
    assert [each.field for each in cycle.changes.filter(objective=None)] == ["added", "closed", "reopened"]
    key_result.refresh_from_db()
    assert key_result.grade is None
    assert [(each.old, each.new) for each in key_result.changes.filter(field="grade")] == [("0", "")]


@pytest.mark.parametrize("grade", [-0.1, 1.1])
def test_a_grade_lies_between_0_and_1(cycle: Cycle, key_result: KeyResult, editor: Person, grade: float) -> None:
    with pytest.raises(OkrError, match=r"0.0 and 1.0"):
        services.close_cycle(cycle=cycle, by=editor, grades={key_result.pk: grade})


def test_open_key_results_are_carried_over_once(
    cycle: Cycle, objective: Objective, key_result: KeyResult, team: Team, editor: Person
) -> None:
    reached = key_result_of(objective, editor, title="Reached")
    kept = key_result_of(objective, editor, title="Kept", kind="at_most", high=12)
    listed = key_result_of(objective, editor, title="List", kind="checklist", entries=["A", "B"])
    checked_in(key_result, editor, noon(11, 20), 40)
    checked_in(reached, editor, noon(11, 20), 100)
    checked_in(listed, editor, noon(11, 20), done=[listed.entries.first().pk])
    following = quarter(editor, None, date(2027, 1, 1), date(2027, 3, 31))
    for _twice in range(2):
        services.carry_over(cycle=cycle, into=following, team=team, by=editor)
    copy = Objective.objects.get(cycle=following)
    assert (copy.title, copy.business_metric, copy.carried_from) == (
        objective.title,
        objective.business_metric,
        objective,
    )
    rows = {row.title: row for row in copy.key_results.all()}
    assert set(rows) == {"Test coverage", "Kept", "List"}
    assert (rows["Test coverage"].start, rows["Test coverage"].target) == (40, 100)
    assert rows["Test coverage"].effective_on == date(2027, 1, 1)
    assert [entry.title for entry in rows["List"].entries.all()] == ["B"]
    assert rows["Kept"].carried_from == kept
    key_result.refresh_from_db()
    assert key_result.start == 0


def test_an_emptied_checklist_is_not_carried_and_holds_nothing_up(
    cycle: Cycle, objective: Objective, key_result: KeyResult, team: Team, editor: Person
) -> None:
    emptied = key_result_of(objective, editor, title="List", kind="checklist", entries=["A", "B"])
    skipped = [f"skipped_{entry.pk}" for entry in emptied.entries.all()]
    wanted, seen = dict.fromkeys(skipped, True), dict.fromkeys(skipped, False)
    services.set_entries(key_result=emptied, wanted=wanted, seen=seen, added=[], by=editor)
    following = quarter(editor, None, date(2027, 1, 1), date(2027, 3, 31))
    (copy,) = services.carry_over(cycle=cycle, into=following, team=team, by=editor)
    assert copy.carried_from == key_result


def test_only_a_later_cycle_takes_them(cycle: Cycle, team: Team, editor: Person) -> None:
    with pytest.raises(OkrError, match="later"):
        services.carry_over(cycle=cycle, into=cycle, team=team, by=editor)


# -- Objectives --


def test_no_objective_without_a_business_metric(cycle: Cycle, team: Team, editor: Person) -> None:
    with pytest.raises(OkrError, match="business metric") as told:
        services.create_objective(cycle=cycle, team=team, title="Faster", business_metric="  ", by=editor)
    assert told.value.field == "business_metric"


def test_an_objective_of_another_teams_cycle_is_refused(outsider: Person, team: Team, editor: Person) -> None:
    theirs = quarter(outsider, outsider.memberships.get().team)
    with pytest.raises(OkrError, match="another team"):
        services.create_objective(cycle=theirs, team=team, title="x", business_metric="y", by=editor)


def test_a_stale_edit_of_the_same_field_is_refused_and_of_another_merged(objective: Objective, editor: Person) -> None:
    old = objective.title
    change = services.edit_objective
    change(objective=objective, by=editor, wanted={"title": "New"}, seen={"title": old})
    change(objective=objective, by=editor, wanted={"why": "So"}, seen={"why": ""})
    with pytest.raises(StaleEdit) as told:
        change(objective=objective, by=editor, wanted={"title": "Other"}, seen={"title": old})
    assert (told.value.theirs, told.value.yours) == ({"title": "New"}, {"title": "Other"})
    objective.refresh_from_db()
    assert (objective.title, objective.why) == ("New", "So")
    assert [(each.field, each.old, each.new) for each in objective.changes.all()][1:] == [
        ("title", old, "New"),
        ("why", "", "So"),
    ]


def test_archived_is_out_of_the_figures_and_comes_back(
    objective: Objective, key_result: KeyResult, editor: Person
) -> None:
    services.archive(row=key_result, by=editor)
    assert not KeyResult.objects.live().exists()
    with pytest.raises(OkrError, match="archived"):
        services.check_in(key_result=key_result, value=1, by=editor)
    services.restore(row=key_result, by=editor)
    services.archive(row=objective, by=editor)
    assert not KeyResult.objects.live().exists()
    assert KeyResult.objects.get() == key_result


def test_reorder(objective: Objective, key_result: KeyResult, editor: Person) -> None:
    two, three = (key_result_of(objective, editor, title=title) for title in ("Two", "Three"))
    services.reorder(row=three, to=0, by=editor)
    assert list(objective.key_results.order_by("position")) == [three, key_result, two]
    services.reorder(row=three, to=99, by=editor)
    assert list(objective.key_results.order_by("position")) == [key_result, two, three]
    other = objective_in(objective.cycle, editor, objective.team, title="Other")
    services.reorder(row=other, to=0, by=editor)
    assert list(Objective.objects.order_by("position")) == [other, objective]


# -- Key results --


def test_start_equal_to_target_is_told_apart(objective: Objective, editor: Person) -> None:
    with pytest.raises(SameStartAndTarget, match="where it is") as told:
        key_result_of(objective, editor, start=5, target=5)
    assert told.value.field == "target"


@pytest.mark.parametrize(
    ("kind", "start", "target", "said"),
    [("increase", 5, 1, "above its start, 5"), ("decrease", 1, 5, "below its start, 1")],
)
def test_a_target_on_the_wrong_side(
    objective: Objective, editor: Person, kind: str, start: float, target: float, said: str
) -> None:
    with pytest.raises(OkrError, match=said) as told:
        key_result_of(objective, editor, kind=kind, start=start, target=target)
    assert told.value.field == "target"


def test_days_outside_the_cycle_are_named(objective: Objective, editor: Person) -> None:
    for field in ("due_day", "effective_on"):
        with pytest.raises(OkrError, match="1 Jan 2027 lies outside the cycle, which lasts from 1 Oct 2026") as told:
            key_result_of(objective, editor, kind="milestone", **{field: date(2027, 1, 1)})
        assert told.value.field == field
    with pytest.raises(OkrError, match="outside"):
        key_result_of(objective, editor, phases=[("2027-02-01", 5.0)])


def test_the_kind_stays_once_there_are_check_ins(key_result: KeyResult, editor: Person) -> None:
    edit(key_result, editor, kind=("increase", "decrease"), start=(0.0, 9.0), target=(100.0, 1.0))
    checked_in(key_result, editor, noon(11, 23), 5)
    with pytest.raises(OkrError, match="there are check-ins"):
        edit(key_result, editor, kind=("decrease", "increase"), start=(9.0, 0.0), target=(1.0, 5.0))


def test_the_owner_belongs_to_the_team(objective: Objective, outsider: Person, editor: Person) -> None:
    with pytest.raises(OkrError, match="belongs to the team"):
        key_result_of(objective, editor, owner=outsider)


def test_whose_owner_left_is_listed(key_result: KeyResult, team: Team, editor: Person) -> None:
    from okrs.summary import to_reassign

    leaving = MembershipFactory(team=team)
    edit(key_result, editor, owner=(editor, leaving.person))
    assert to_reassign([team]) == []
    leaving.delete()
    assert to_reassign([team]) == [key_result]
    edit(key_result, editor, owner=(leaving.person, editor))
    editor.is_active = False
    editor.save()
    assert to_reassign([team]) == [key_result]


def test_the_guides_example(cycle: Cycle, team: Team, editor: Person) -> None:
    key = "okr.faster_deployment.test_coverage"
    made = services.take_example(cycle=cycle, team=team, business_metric="Churn", starts={key: 46}, by=editor)
    rows = list(made.key_results.order_by("position"))
    assert [(row.kind, row.start, row.target, row.due) for row in rows] == [
        ("milestone", None, None, date(2026, 12, 31)),
        ("increase", 46, 80, date(2026, 12, 31)),
        ("milestone", None, None, date(2026, 12, 31)),
    ]


def test_a_milestone_of_the_example_is_due_at_the_end_of_month_3(team: Team, editor: Person) -> None:
    year = quarter(editor, team, date(2026, 10, 1), date(2027, 9, 30))
    starts = {"okr.faster_deployment.test_coverage": 46.0}
    made = services.take_example(cycle=year, team=team, business_metric="Churn", starts=starts, by=editor)
    assert made.key_results.first().due == date(2026, 12, 31)


# -- Check-ins --


def test_a_check_in_keeps_the_numbers_as_they_were(key_result: KeyResult, editor: Person) -> None:
    one = services.check_in(key_result=key_result, value=45, confidence=7, comment=" Good ", by=editor)
    edit(key_result, editor, target=(100.0, 200.0))
    two = services.check_in(key_result=key_result, value=45, by=editor)
    kept = [(each.number, each.day, each.start, each.target) for each in CheckIn.objects.oldest_first()]
    assert kept == [(1, MONDAY, 0, 100), (2, MONDAY, 0, 200)]
    assert one.remark.comment == "Good"
    assert not hasattr(two, "remark")


def test_check_ins_are_never_changed_or_deleted(key_result: KeyResult, editor: Person) -> None:
    made = services.check_in(key_result=key_result, value=45, by=editor)
    made.value = 50
    for act in (made.save, made.delete, CheckIn.objects.all().delete, Change.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            act()
    with pytest.raises(ProtectedError):
        key_result.delete()


def test_a_repeated_request_is_one_check_in(key_result: KeyResult, editor: Person) -> None:
    for value in (45, 46):
        services.check_in(key_result=key_result, value=value, by=editor, request_id="once")
    assert [each.value for each in key_result.check_ins.all()] == [45]


def test_a_better_view_needs_a_reason(key_result: KeyResult, editor: Person) -> None:
    with pytest.raises(OkrError, match="better than the figures say") as told:
        services.check_in(key_result=key_result, value=45, status="on_track", by=editor)
    assert told.value.field == "reason"
    assert not key_result.check_ins.exists()
    made = services.check_in(key_result=key_result, value=45, status="on_track", reason="Merged soon", by=editor)
    assert made.remark.reason == "Merged soon"
    services.check_in(key_result=key_result, value=45, status="off_track", by=editor)  # a worse one needs none


@pytest.mark.parametrize(
    ("day", "said"),
    [(date(2026, 11, 24), "future"), (date(2026, 9, 30), "30 Sep 2026 lies outside the cycle")],
)
def test_days_that_cannot_be(key_result: KeyResult, editor: Person, day: date, said: str) -> None:
    with pytest.raises(OkrError, match=said) as told:
        services.check_in(key_result=key_result, value=1, day=day, by=editor)
    assert told.value.field == "day"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), 1e16])
def test_values_that_are_none(key_result: KeyResult, editor: Person, value: float | None) -> None:
    with pytest.raises(OkrError) as told:
        services.check_in(key_result=key_result, value=value, by=editor)
    assert told.value.field == "value"


def test_a_comment_of_10000_characters_is_refused_with_its_length(key_result: KeyResult, editor: Person) -> None:
    with pytest.raises(OkrError, match="at most 2000 characters; it has 10000") as told:
        services.check_in(key_result=key_result, value=1, comment="x" * 10_000, by=editor)
    assert told.value.field == "comment"
    services.check_in(key_result=key_result, value=1, comment="🚀" * 2000, by=editor)


def test_what_others_ticked_meanwhile_stays_ticked(objective: Objective, editor: Person, team_admin: Person) -> None:
    row = key_result_of(objective, editor, kind="checklist", entries=["A", "B", "C"])
    a, b, c = (entry.pk for entry in row.entries.all())
    services.check_in(key_result=row, done=[a], seen_done=[], by=editor)
    services.check_in(key_result=row, done=[b], seen_done=[], by=team_admin)  # loaded before A was ticked
    assert set(row.check_ins.last().done) == {a, b}
    services.check_in(key_result=row, done=[b, c], seen_done=[a, b], by=editor)
    made = row.check_ins.last()
    assert (set(made.done), made.value, made.target) == ({b, c}, 2, 3)
    with pytest.raises(OkrError, match="no such entry"):
        services.check_in(key_result=row, done=[10**9], by=editor)


def test_by_a_token_it_is_pushed(key_result: KeyResult, team: Team, editor: Person) -> None:
    editor.token = ApiToken.objects.create(
        team=team, maker=editor, name="CI", scope=TokenScope.WRITE, digest="x", hint="x"
    )
    made = services.check_in(key_result=key_result, value=45, by=editor)
    assert (made.source, made.token.name) == ("pushed", "CI")


def test_a_remark_can_be_blanked_and_stays_known(key_result: KeyResult, editor: Person) -> None:
    from teams.audit import AuditEvent

    made = services.check_in(key_result=key_result, value=45, comment="Secret", by=editor)
    services.blank_remark(remark=made.remark, by=editor)
    made.remark.refresh_from_db()
    assert (made.remark.comment, made.remark.blanked_by) == ("", editor)
    assert AuditEvent.objects.filter(action="okr.remark_blanked").exists()
