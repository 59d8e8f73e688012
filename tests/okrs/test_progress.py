"""Progress and the expected line: the vectors of the specification as they stand, then properties."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okrs.progress import checklist_progress, clamp, expected, is_within, raw_progress, roll_up

FIRST, LAST, TODAY = date(2026, 10, 1), date(2026, 12, 31), date(2026, 11, 23)
SHARES = st.floats(0, 1)
VALUES = st.floats(-1e6, 1e6)
WEIGHTS = st.floats(0, 100)
DAYS = st.integers(-30, 130).map(lambda number: FIRST + timedelta(days=number))


@pytest.mark.parametrize(
    ("start", "target", "current", "raw", "rolled"),
    [
        (100, 60, 80, 0.5, 0.5),
        (100, 60, 70, 0.75, 0.75),
        (100, 60, 50, 1.25, 1),
        (2, 0, 0.5, 0.75, 0.75),
        (0, 100, -10, -0.1, 0),
    ],
)
def test_progress(start: float, target: float, current: float, raw: float, rolled: float) -> None:
    assert raw_progress(start, target, current) == pytest.approx(raw)
    assert roll_up([(1, raw_progress(start, target, current))]) == pytest.approx(rolled)


def test_start_equal_to_target_has_no_progress() -> None:
    with pytest.raises(ValueError, match="equal"):
        raw_progress(5, 5, 5)


def test_expected_of_a_cycle() -> None:
    assert expected(TODAY, first=FIRST, last=LAST, effective=FIRST) == pytest.approx(53 / 91)
    assert round(100 * expected(TODAY, first=FIRST, last=LAST, effective=FIRST), 1) == 58.2


def test_expected_of_a_key_result_that_began_late() -> None:
    assert expected(TODAY, first=FIRST, last=LAST, effective=date(2026, 11, 9)) == pytest.approx(14 / 52)
    assert round(100 * expected(TODAY, first=FIRST, last=LAST, effective=date(2026, 11, 9)), 1) == 26.9


def test_effective_on_the_last_day_expects_everything() -> None:
    assert expected(LAST, first=FIRST, last=LAST, effective=LAST) == 1


def test_phased_targets_bend_the_line() -> None:
    phases = [(date(2026, 10, 31), 0.1), (date(2026, 11, 30), 0.4)]

    def at(day: date) -> float:
        return expected(day, first=FIRST, last=LAST, effective=FIRST, phases=phases)

    assert at(date(2026, 10, 16)) == pytest.approx(0.05)
    assert at(date(2026, 10, 31)) == pytest.approx(0.1)
    assert at(date(2026, 11, 15)) == pytest.approx(0.25)
    assert at(LAST) == 1


def test_a_checklist_leaves_out_what_was_skipped() -> None:
    assert checklist_progress(3, 5, 1) == 0.75
    assert checklist_progress(0, 4) == 0
    assert checklist_progress(0, 2, 2) is None


def test_bounds_are_inclusive() -> None:
    assert is_within(12, None, 12)
    assert is_within(12, 12, None)
    assert is_within(12, 10, 12)
    assert not is_within(12.1, 10, 12)
    assert not is_within(9.9, 10, 12)


def test_no_weight_is_no_progress_and_no_check_in_counts_nothing() -> None:
    assert roll_up([]) is None
    assert roll_up([(0, 0.5), (0, 1)]) is None
    assert roll_up([(1, None), (1, 1), (2, 0.5)]) == pytest.approx(0.5)


def test_what_goes_beyond_its_target_does_not_make_up_for_others() -> None:
    assert roll_up([(1, 1.25), (1, 0)]) == 0.5
    assert roll_up([(1, -1), (1, 1)]) == 0.5


@given(st.lists(st.tuples(WEIGHTS, st.none() | VALUES), max_size=8))
def test_a_roll_up_lies_between_nothing_and_everything(parts: list[tuple[float, float | None]]) -> None:
    found = roll_up(parts)
    assert found is None or 0 <= found <= 1


@given(st.lists(st.tuples(WEIGHTS, SHARES), min_size=1, max_size=6), st.randoms())
def test_the_order_of_key_results_does_not_matter(parts: list[tuple[float, float]], random: object) -> None:
    shuffled = list(parts)
    random.shuffle(shuffled)
    assert roll_up(shuffled) == (None if roll_up(parts) is None else pytest.approx(roll_up(parts)))


@given(st.lists(st.tuples(WEIGHTS, SHARES), min_size=1, max_size=6), SHARES)
def test_more_of_one_key_result_is_never_less_of_the_objective(parts: list[tuple[float, float]], more: float) -> None:
    weight, progress = parts[0]
    raised = [(weight, clamp(progress + more)), *parts[1:]]
    if roll_up(parts) is not None:
        assert roll_up(raised) >= roll_up(parts) - 1e-9


@given(st.lists(st.tuples(WEIGHTS.filter(lambda weight: weight > 0.01), SHARES), min_size=1), st.floats(0.1, 10))
def test_only_the_relation_of_weights_counts(parts: list[tuple[float, float]], factor: float) -> None:
    assert roll_up([(weight * factor, each) for weight, each in parts]) == pytest.approx(roll_up(parts))


@given(VALUES, VALUES, VALUES, st.floats(0, 1e6))
def test_towards_the_target_is_never_back(start: float, target: float, current: float, step: float) -> None:
    if abs(target - start) < 1e-3:
        return
    further = current + step if target > start else current - step
    assert raw_progress(start, target, further) >= raw_progress(start, target, current)


@given(DAYS, DAYS, st.lists(st.tuples(DAYS, SHARES), max_size=3))
def test_the_expected_line_lies_between_nothing_and_everything(
    today: date, effective: date, phases: list[tuple[date, float]]
) -> None:
    found = expected(today, first=FIRST, last=LAST, effective=effective, phases=sorted(dict(phases).items()))
    assert 0 <= found <= 1


@given(DAYS)
def test_the_expected_line_never_falls(effective: date) -> None:
    days = [FIRST + timedelta(days=number) for number in range(-3, 95)]
    line = [expected(day, first=FIRST, last=LAST, effective=effective) for day in days]
    assert all(before <= after for before, after in pairwise(line))
