"""Key results and check-ins as tables: brought, brought again, and back as they were. docs/definitions.md, Files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from core import clock
from core.imports import Importer
from core.refusals import Refused
from okrs import feed, services
from okrs.importing import CheckIns, KeyResults
from okrs.kinds import Kind, Source
from okrs.models import CheckIn, Cycle, KeyResult, Objective
from teams.models import Person, Team
from tests.factories import MembershipFactory
from tests.importing import brought, csv_of, file_of, planned, states
from tests.okrs.factories import FIRST, LAST, TODAY, checked_in, key_result_of, noon, objective_in, quarter, standing_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

COVERAGE = {"objective": "Halve the lead time", "title": "Test coverage", "kind": "increase"}


def reasons(importer: Importer, rows: list[dict[str, Any]], team: Team, by: Person) -> list[str]:
    return [each.reason for each in planned(importer, csv_of(rows), team, by)]


# -- Key results


def test_a_new_objective_with_its_key_results(cycle: Cycle, team: Team, editor: Person) -> None:
    row = {"objective": "Ship faster", "business_metric": "Time to market", "owner": editor.email}
    file = csv_of(
        [
            row
            | {"title": "Lead time", "kind": "Decrease to a target", "start": "１２,5", "target": "6", "unit": "days"},
            row | {"title": "Uptime", "kind": "at_least", "low": "99.9", "unit": "%", "owner": ""},
            row | {"title": "Launch", "kind": "マイルストーン", "due_day": "2026/12/15", "weight": "2"},
            row | {"title": "Steps", "kind": "checklist", "entries": "One\nTwo"},
        ]
    )
    assert states(brought(KeyResults(), file, team, editor)) == ["new"] * 4
    objective = Objective.objects.get()
    assert (objective.title, objective.business_metric, objective.cycle) == ("Ship faster", "Time to market", cycle)
    lead, uptime, launch, steps = objective.key_results.order_by("position")
    assert (lead.kind, lead.start, lead.target, lead.unit, lead.owner) == ("decrease", 12.5, 6, "days", editor)
    assert (uptime.low, uptime.owner, uptime.effective_on) == (99.9, None, TODAY.date())
    assert (launch.kind, launch.due_day, launch.weight) == (Kind.MILESTONE, date(2026, 12, 15), 2)
    assert [entry.title for entry in steps.entries.all()] == ["One", "Two"]
    assert states(brought(KeyResults(), file, team, editor)) == ["same"] * 4
    assert KeyResult.objects.count() == 4


def test_a_key_result_that_is_there_changes_where_the_file_says_something_else(
    key_result: KeyResult, team: Team, editor: Person
) -> None:
    row = COVERAGE | {"id": key_result.pk, "title": "Coverage of tests", "target": "80", "start": "", "unit": "%"}
    (found,) = brought(KeyResults(), csv_of([row]), team, editor)
    assert [(each.name, each.old, each.new) for each in found.differences] == [
        ("Key result", "Test coverage", "Coverage of tests"),
        ("Target value", "100", "80"),
    ]
    key_result.refresh_from_db()
    assert (key_result.title, key_result.start, key_result.target) == ("Coverage of tests", 0, 80)
    assert key_result.changes.filter(field="target", old="100", new="80", person=editor).exists()
    assert states(planned(KeyResults(), csv_of([row]), team, editor)) == ["same"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "sideways"}, "“sideways” is none of: "),
        ({"title": "New", "kind": ""}, "Say of which kind it is."),
        ({"title": "New"}, "Write a number."),
        ({"title": "New", "start": "5", "target": "5"}, "Start and target are the same"),
        ({"title": "New", "start": "1,234", "target": "9"}, "“1,234” can be read in two ways"),
        ({"objective": "Other", "title": "New", "start": "0", "target": "9"}, "Name the business metric"),
        ({"owner": "Nobody"}, "“Nobody” is nobody of the team."),
        ({"owner": "Twin"}, "Several people of the team are called “Twin”."),
        ({"id": "999999"}, "No key result here has the id 999999."),
        ({"id": "x"}, "No key result here has the id x."),
        ({"cycle_begins": "2025-01-01"}, "No cycle has these days."),
        ({"effective_on": "2027-01-01"}, "lies outside the cycle"),
        ({"kind": "decrease"}, "A decrease needs a target below its start"),
        ({"business_metric": "Revenue"}, "The objective serves “Churn: 2.4 % a month”."),
        ({"title": "Uptime", "kind": "at_least", "low": "9", "due_day": "soon"}, "“soon” is no day."),
        ({"title": "Steps", "kind": "checklist"}, "A checklist needs at least one entry"),
        ({"title": "Fed", "start": "0", "target": "1", "figure": "no_such"}, "“no_such” is none of"),
    ],
)
def test_why_a_row_is_refused(
    change: dict[str, str], reason: str, key_result: KeyResult, team: Team, editor: Person
) -> None:
    for _number in range(2):
        MembershipFactory(team=team, person__name="Twin")
    (said,) = reasons(KeyResults(), [COVERAGE | change], team, editor)
    assert reason in said


def test_a_kind_with_check_ins_and_a_checklist_stay(key_result: KeyResult, team: Team, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 2), 5)
    steps = key_result_of(key_result.objective, editor, title="Steps", kind="checklist", entries=["One", "Two"])
    rows = [
        COVERAGE | {"kind": "at_least", "low": "50"},
        {"objective": "Halve the lead time", "title": steps.title, "kind": "checklist", "entries": "One"},
    ]
    kind, entries = reasons(KeyResults(), rows, team, editor)
    assert kind == "The kind stays as it is, since there are check-ins."
    assert entries.startswith("The checklist is not the one that is there.")


def test_all_or_nothing_and_one_row_of_each(key_result: KeyResult, team: Team, editor: Person) -> None:
    row = {"objective": "Halve the lead time", "title": "New", "kind": "at_least", "low": "1"}
    found = brought(KeyResults(), csv_of([row, row | {"title": "NEW "}]), team, editor)
    assert states(found) == ["new", "refused"]
    assert found[1].reason == "Row 2 is about the same already."
    assert KeyResult.objects.count() == 1


def test_a_frozen_cycle_is_left_alone_but_its_rows_are_the_same(
    key_result: KeyResult, team: Team, editor: Person
) -> None:
    file = file_of(KeyResults(), team, "csv")
    with clock.at(noon(12, 31)):
        services.close_cycle(cycle=key_result.cycle, by=editor)
    with clock.at(noon(2, 1, 2027)):
        assert states(planned(KeyResults(), file, team, editor)) == ["same"]
        change = COVERAGE | {"id": key_result.pk, "target": "70"}
        assert "can no longer be changed" in reasons(KeyResults(), [change], team, editor)[0]


def test_what_others_have_is_not_found(key_result: KeyResult, outsider: Person) -> None:
    theirs = outsider.memberships.get().team
    assert reasons(KeyResults(), [COVERAGE | {"id": key_result.pk}], theirs, outsider) == [
        f"No key result here has the id {key_result.pk}."
    ]


def test_too_many_rows_are_refused_whole(team: Team, editor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("okrs.importing.key_results.MOST", 1)
    with pytest.raises(Refused, match="At most 1 key results"):
        planned(KeyResults(), csv_of([COVERAGE, COVERAGE | {"title": "Other"}]), team, editor)


# -- Check-ins


def test_past_check_ins_keep_their_days(key_result: KeyResult, team: Team, editor: Person) -> None:
    row = {"key_result": "test  COVERAGE"}
    file = csv_of(
        [
            row | {"day": "2026-10-05", "value": "10", "confidence": "7", "comment": "=begun", "status": "On track"},
            row | {"day": "2026/10/12", "value": "12,5 %", "confidence": "", "comment": "", "status": ""},
        ]
    )
    assert states(brought(CheckIns(), file, team, editor)) == ["new", "new"]
    first, second = key_result.check_ins.order_by("day")
    assert (first.day, first.value, first.confidence, first.status) == (date(2026, 10, 5), 10, 7, "on_track")
    assert (first.remark.comment, first.person, first.source) == ("=begun", editor, Source.PERSON)
    assert (first.start, first.target, first.recorded_at) == (0, 100, TODAY)
    assert (second.value, second.number, hasattr(second, "remark")) == (12.5, 2, False)
    assert standing_of(key_result, date(2026, 10, 6)).value == 10
    assert standing_of(key_result).value == 12.5
    assert states(brought(CheckIns(), file, team, editor)) == ["same", "same"]
    assert key_result.check_ins.count() == 2


def test_another_value_for_a_day_is_a_newer_check_in(key_result: KeyResult, team: Team, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 2), 5)
    file = csv_of([{"key_result_id": key_result.pk, "day": "2026-11-02", "value": "8"}])
    (found,) = brought(CheckIns(), file, team, editor)
    assert [(each.name, each.old, each.new) for each in found.differences] == [("Value", "5", "8")]
    assert [(each.day, each.value, each.number) for each in key_result.check_ins.order_by("number")] == [
        (date(2026, 11, 2), 5, 1),
        (date(2026, 11, 2), 8, 2),
    ]
    assert standing_of(key_result).value == 8
    old = csv_of([{"key_result_id": key_result.pk, "day": "2026-11-02", "value": "5"}])
    assert states(brought(CheckIns(), old, team, editor)) == ["same"]
    assert standing_of(key_result).value == 8


def test_a_row_that_stands_twice_is_one_check_in_and_one_that_comes_back_is_a_correction(
    key_result: KeyResult, team: Team, editor: Person
) -> None:
    row = {"key_result_id": key_result.pk, "day": "2026-11-02"}
    file = csv_of([row | {"value": value} for value in (8, 8, 9, 8)])
    assert states(brought(CheckIns(), file, team, editor)) == ["new", "same", "changed", "changed"]
    assert [each.value for each in key_result.check_ins.order_by("number")] == [8, 9, 8]
    assert states(brought(CheckIns(), file, team, editor)) == ["same"] * 4
    checked_in(key_result, editor, noon(11, 3), 8)
    row["day"] = "2026-11-03"
    file = csv_of([row | {"value": value} for value in (8, 9, 8)])
    assert states(brought(CheckIns(), file, team, editor)) == ["same", "changed", "changed"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"day": "2026-11-24"}, "This day lies in the future."),
        ({"day": "2026-09-30", "key_result_id": "{pk}"}, "lies outside the cycle"),
        ({"day": "2026-09-30"}, "No key result here is called “Test coverage” in a cycle that holds"),
        ({"value": ""}, "Write a number."),
        ({"value": "1,234"}, "“1,234” can be read in two ways"),
        ({"confidence": "11"}, "Confidence is a whole number from 0 to 10."),
        ({"status": "on_track"}, "say why."),
        ({"status": "outdated"}, "“outdated” is none of"),
        ({"key_result": ""}, "Name the key result by its id or its title."),
        ({"key_result_id": "0"}, "No key result here has the id 0."),
        ({"source": "Fed by a figure"}, "What a figure feeds comes from the figure"),
        ({"comment": "x" * 2001}, "This may have at most 2000 characters; it has 2001."),
    ],
)
def test_why_a_check_in_is_refused(
    change: dict[str, str], reason: str, key_result: KeyResult, team: Team, editor: Person
) -> None:
    row = {"key_result": "Test coverage", "day": "2026-11-20", "value": "1"} | change
    row = {name: str(value).replace("{pk}", str(key_result.pk)) for name, value in row.items()}
    (said,) = reasons(CheckIns(), [row], team, editor)
    assert reason in said


def test_two_of_one_title_are_told_apart_by_the_objective_or_the_id(
    key_result: KeyResult, cycle: Cycle, team: Team, editor: Person
) -> None:
    other = key_result_of(objective_in(cycle, editor, team, title="Other"), editor)
    row = {"key_result": "Test coverage", "day": "2026-11-02", "value": "1"}
    assert "There are several key results “Test coverage”." in reasons(CheckIns(), [row], team, editor)[0]
    assert states(brought(CheckIns(), csv_of([row | {"objective": "other"}]), team, editor)) == ["new"]
    assert other.check_ins.get().value == 1


def test_the_entries_of_a_checklist(objective: Objective, team: Team, editor: Person) -> None:
    steps = key_result_of(objective, editor, title="Steps", kind="checklist", entries=["One", "Two", "Three"])
    rows = [
        {"key_result": "Steps", "day": "2026-11-02", "done": "two\nOne"},
        {"key_result": "Steps", "day": "2026-11-03", "done": "x"},
    ]
    assert reasons(CheckIns(), rows, team, editor) == ["", "The checklist has no entry “x”."]
    brought(CheckIns(), csv_of(rows[:1]), team, editor)
    made = steps.check_ins.get()
    titles = {entry.pk: entry.title for entry in steps.entries.all()}
    assert ([titles[pk] for pk in made.done], made.value, made.target) == (["One", "Two"], 2, 3)
    assert states(brought(CheckIns(), csv_of(rows[:1]), team, editor)) == ["same"]


def test_what_a_figure_fed_and_words_that_were_removed_are_the_same(
    key_result: KeyResult, team: Team, editor: Person
) -> None:
    feed.append(key_result, day=date(2026, 11, 2), value=1 / 3, source=Source.FIGURE, figure="mttr")
    said = checked_in(key_result, editor, noon(11, 3), 5, comment="too much")
    file = file_of(CheckIns(), team, "xlsx")
    services.blank_remark(remark=said.remark, by=editor)
    assert states(brought(CheckIns(), file, team, editor)) == ["same", "same"]
    assert CheckIn.objects.count() == 2


def test_as_many_queries_for_many_rows_as_for_few(
    key_result: KeyResult, team: Team, editor: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def bring(count: int, value: int) -> None:
        days = [FIRST + timedelta(days=number) for number in range(count)]
        rows = [{"key_result_id": key_result.pk, "day": day, "value": value, "comment": "x"} for day in days]
        assert states(brought(CheckIns(), csv_of(rows), team, editor))[0] in ("new", "changed")

    with clock.at(TODAY):
        with django_assert_num_queries(18, exact=False):
            bring(4, 1)
        with django_assert_num_queries(18, exact=False):
            bring(50, 2)


# -- There and back

TEXT = st.text(st.characters(exclude_categories=["C"]), max_size=12) | st.sampled_from(
    ["=1+1", "'=x", "-5", "a\r\nb", "“”", "データ", "1,234", '"a";b', "\n=x", " x"]
)
NUMBER = st.floats(-1e9, 1e9, allow_nan=False) | st.integers(-100, 100).map(float)
DAY = st.dates(FIRST, TODAY.date())


@st.composite
def key_results(draw: Callable[..., Any]) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(Kind)))
    low, high = sorted(draw(st.lists(NUMBER, min_size=2, max_size=2, unique=True)))
    numbers: dict[str, Any] = {
        Kind.INCREASE: {"start": low, "target": high},
        Kind.DECREASE: {"start": high, "target": low},
        Kind.AT_LEAST: {"low": low},
        Kind.AT_MOST: {"high": high},
        Kind.BETWEEN: {"low": low, "high": high},
        Kind.MILESTONE: {"due_day": draw(st.none() | DAY)},
        Kind.CHECKLIST: {"entries": draw(st.lists(TEXT.filter(str.strip), min_size=1, max_size=3))},
    }[kind]
    if kind in (Kind.INCREASE, Kind.DECREASE):
        numbers["phases"] = draw(st.lists(st.tuples(DAY.map(str), NUMBER), max_size=2, unique_by=lambda each: each[0]))
    more = {"unit": TEXT, "done_when": TEXT, "weight": st.floats(0, 10), "effective_on": DAY}
    return {
        "title": draw(TEXT.filter(str.strip)), "kind": kind, **numbers, **{name: draw(of) for name, of in more.items()},
    }  # fmt: skip


def value_for(row: KeyResult, value: float) -> dict[str, Any]:
    """A value that a key result of this kind can have."""
    if row.kind == Kind.CHECKLIST:
        return {"value": None, "done": [entry.pk for entry in row.entries.all()[:1]]}
    return {"value": float(value > 0) if row.kind == Kind.MILESTONE else value}


CHECK_INS = st.lists(
    st.fixed_dictionaries(
        {
            "value": NUMBER,
            "day": DAY,
            "confidence": st.none() | st.integers(0, 10),
            "comment": TEXT,
            "status": st.just(""),
        }
    ),
    max_size=4,
)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@settings(
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    made=st.lists(st.tuples(key_results(), CHECK_INS), min_size=1, max_size=3), language=st.sampled_from(["en", "ja"])
)
def test_what_is_taken_comes_back_the_same(
    kind: str, made: list[tuple[dict[str, Any], list[dict[str, Any]]]], language: str, team: Team, editor: Person
) -> None:
    with transaction.atomic():
        cycle = quarter(editor, team)
        for number, (fields, said) in enumerate(made):
            objective = objective_in(cycle, editor, team, title=f"={fields['title']} {number}"[:200])
            row = key_result_of(
                objective, editor, **({"start": None, "target": None, "unit": "", "owner": editor} | fields)
            )
            for each in said:
                services.check_in(key_result=row, by=editor, **(each | value_for(row, each["value"])))
        with translation.override(language):
            files = [(importer, file_of(importer, team, kind)) for importer in (KeyResults(), CheckIns())]
        rows = [len(made), sum(len(said) for _fields, said in made)]
        for (importer, file), count in zip(files, rows, strict=True):
            if count:
                assert states(planned(importer, file, team, editor)) == ["same"] * count
        transaction.set_rollback(True)


def test_the_last_day_of_the_quarter_is_known() -> None:
    assert timedelta(days=91) == LAST - FIRST
