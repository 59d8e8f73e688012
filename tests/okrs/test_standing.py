"""Where key results of every kind stand, from their check-ins."""

from datetime import date

import pytest

from okrs import services
from okrs.kinds import Status
from okrs.models import CheckIn, Cycle, KeyResult, Objective
from okrs.rows import objective_rows
from teams.models import Person
from tests.okrs.factories import TODAY, checked_in, key_result_of, noon, standing_of

pytestmark = pytest.mark.django_db
MONDAYS = [(10, 5), (10, 12), (10, 19), (10, 26), (11, 2), (11, 9), (11, 16)]


def test_a_key_result_at_45_percent_is_at_risk(key_result: KeyResult, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 23), 45)
    found = standing_of(key_result)
    assert found.raw == pytest.approx(0.45)
    assert found.expected == pytest.approx(53 / 91)
    assert found.status == found.automatic == Status.AT_RISK


def test_without_a_check_in_nothing_is_said_and_then_it_is_outdated(key_result: KeyResult) -> None:
    assert standing_of(key_result, date(2026, 10, 8)).status == Status.NO_STATUS
    assert standing_of(key_result, date(2026, 10, 9)).status == Status.OUTDATED
    assert standing_of(key_result).automatic is None


def test_it_is_outdated_more_than_three_days_after_it_was_due(key_result: KeyResult, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 9), 90)
    assert standing_of(key_result, date(2026, 11, 19)).status == Status.ON_TRACK
    assert standing_of(key_result, date(2026, 11, 20)).status == Status.OUTDATED


def test_a_decrease_beyond_its_target_is_shown_and_rolled_up_as_done(objective: Objective, editor: Person) -> None:
    found = key_result_of(objective, editor, kind="decrease", start=100, target=60)
    checked_in(found, editor, noon(11, 23), 50)
    assert standing_of(found).raw == pytest.approx(1.25)
    assert standing_of(found).progress == 1


def test_six_of_seven_periods_are_at_risk_and_seven_on_track(objective: Objective, editor: Person) -> None:
    good = key_result_of(objective, editor, kind="at_most", high=12, unit="%")
    bad = key_result_of(objective, editor, kind="between", low=10, high=12)
    for number, (month, day) in enumerate(MONDAYS):
        checked_in(good, editor, noon(month, day), 12)
        checked_in(bad, editor, noon(month, day), 12.6 if number == 2 else 11)
    assert (standing_of(good).periods_met, standing_of(good).periods_elapsed) == (7, 7)
    assert standing_of(good).status == Status.ON_TRACK
    assert (standing_of(bad).periods_met, standing_of(bad).periods_elapsed) == (6, 7)
    assert round(standing_of(bad).raw or 0, 2) == 0.86
    assert standing_of(bad).status == Status.AT_RISK


def test_the_newest_value_of_a_period_decides_and_a_missing_one_is_not_met(
    objective: Objective, editor: Person
) -> None:
    found = key_result_of(objective, editor, kind="at_least", low=5)
    checked_in(found, editor, noon(10, 6), 4)
    checked_in(found, editor, noon(10, 12), 5)
    assert standing_of(found, date(2026, 10, 13)).periods_met == 1
    assert standing_of(found, date(2026, 10, 13)).periods_elapsed == 2
    checked_in(found, editor, noon(10, 13), 4, day=date(2026, 10, 12))
    assert standing_of(found, date(2026, 10, 13)).periods_met == 0


def test_changed_bounds_do_not_rewrite_the_periods_before(objective: Objective, editor: Person) -> None:
    found = key_result_of(objective, editor, kind="at_most", high=12)
    checked_in(found, editor, noon(10, 5), 12)
    with_seen = {"high": 12.0}
    services.edit_key_result(key_result=found, by=editor, wanted={"high": 10.0}, seen=with_seen)
    assert standing_of(found, date(2026, 10, 6)).periods_met == 1


def test_a_milestone(objective: Objective, editor: Person) -> None:
    found = key_result_of(objective, editor, kind="milestone", due_day=date(2026, 11, 20))
    checked_in(found, editor, noon(11, 16), 0)
    assert standing_of(found, date(2026, 11, 20)).automatic is None
    assert standing_of(found, date(2026, 11, 21)).status == Status.OFF_TRACK
    checked_in(found, editor, noon(11, 22), 1)
    done = standing_of(found, date(2026, 12, 24))
    assert done.status == Status.ON_TRACK
    assert done.due.on is None  # nobody is asked about it any more


def test_a_day_that_passes_tells_without_any_check_in(objective: Objective, editor: Person) -> None:
    found = key_result_of(objective, editor, kind="milestone", due_day=date(2026, 10, 2))
    assert standing_of(found, date(2026, 10, 2)).status == Status.NO_STATUS
    assert standing_of(found, date(2026, 10, 3)).status == Status.OFF_TRACK
    assert standing_of(found, date(2026, 10, 9)).status == Status.OUTDATED


def test_a_period_that_passes_without_a_value_is_not_met(objective: Objective, editor: Person) -> None:
    found = key_result_of(objective, editor, kind="at_most", high=12)
    assert standing_of(found, date(2026, 10, 5)).status == Status.NO_STATUS
    assert standing_of(found, date(2026, 10, 6)).status == Status.OFF_TRACK
    assert standing_of(found, date(2026, 10, 9)).status == Status.OUTDATED


def test_a_checklist_counts_what_is_not_skipped(objective: Objective, editor: Person) -> None:
    found = key_result_of(objective, editor, kind="checklist", entries=["A", "B", "C", "D", "E"])
    entries = list(found.entries.all())
    checked_in(found, editor, noon(11, 20), done=[each.pk for each in entries[:3]])
    assert standing_of(found).raw == pytest.approx(0.6)
    skipped = f"skipped_{entries[4].pk}"
    services.set_entries(key_result=found, wanted={skipped: True}, seen={skipped: False}, added=[], by=editor)
    row = KeyResult.objects.get(pk=found.pk)
    assert standing_of(found, max(row.defined_on, TODAY.date())).raw == pytest.approx(0.75)


def test_an_edit_of_the_target_leaves_the_days_before_as_they_were(
    key_result: KeyResult, editor: Person, today: None
) -> None:
    checked_in(key_result, editor, noon(11, 9), 50)
    services.edit_key_result(key_result=key_result, by=editor, wanted={"target": 200.0}, seen={"target": 100.0})
    assert standing_of(key_result, date(2026, 11, 22)).raw == pytest.approx(0.5)
    assert standing_of(key_result, date(2026, 11, 23)).raw == pytest.approx(0.25)
    assert CheckIn.objects.get(key_result=key_result).target == 100


def test_a_correction_of_the_same_day_is_current_and_a_later_day_wins(key_result: KeyResult, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 16), 40)
    checked_in(key_result, editor, noon(11, 17), 44, day=date(2026, 11, 16))
    assert standing_of(key_result).value == 44
    checked_in(key_result, editor, noon(11, 20), 60)
    checked_in(key_result, editor, noon(11, 21), 45, day=date(2026, 11, 16))
    assert standing_of(key_result).value == 60
    assert key_result.check_ins.count() == 4


def test_a_worse_view_of_a_person_is_shown_and_a_better_one_beside(key_result: KeyResult, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 23), 58, status="off_track")
    assert standing_of(key_result).status == Status.OFF_TRACK
    checked_in(key_result, editor, noon(11, 23), 45, status="on_track", reason="Merged tomorrow")
    found = standing_of(key_result)
    assert found.status == Status.AT_RISK
    assert found.human_is_better


def test_phased_targets_bend_what_is_expected(objective: Objective, editor: Person) -> None:
    found = key_result_of(objective, editor, phases=[("2026-11-23", 20.0)])
    checked_in(found, editor, noon(11, 23), 19)
    assert standing_of(found).expected == pytest.approx(0.2)
    assert standing_of(found).status == Status.ON_TRACK


def test_an_objective_weighs_its_key_results_and_is_as_good_as_the_worst(
    objective: Objective, key_result: KeyResult, editor: Person
) -> None:
    other = key_result_of(objective, editor, title="Other", weight=3)
    checked_in(key_result, editor, noon(11, 23), 100)
    (row,) = objective_rows([objective], lambda _team: TODAY.date())
    assert row.progress == pytest.approx(0.25)
    assert (row.reporting, len(row.rows)) == (1, 2)
    assert row.status == Status.OUTDATED
    checked_in(other, editor, noon(11, 23), 10)
    (row,) = objective_rows([objective], lambda _team: TODAY.date())
    assert row.status == Status.OFF_TRACK


def test_closed_shows_closed_and_what_stood_on_the_last_day(
    cycle: Cycle, key_result: KeyResult, editor: Person
) -> None:
    checked_in(key_result, editor, noon(12, 30), 80)
    from core import clock

    with clock.at(noon(1, 5, 2027)):
        services.close_cycle(cycle=cycle, by=editor)
    found = standing_of(key_result, date(2027, 1, 6))
    assert found.status == Status.CLOSED
    assert found.expected == 1
    assert KeyResult.objects.get(pk=key_result.pk).grade == pytest.approx(0.8)
