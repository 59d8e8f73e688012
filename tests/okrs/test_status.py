"""The status: vectors, thresholds, precedence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okrs import status
from okrs.kinds import HUMAN, Status

HUMANS = st.sampled_from([None, *HUMAN])


def test_45_percent_where_58_are_expected_is_at_risk() -> None:
    assert round(0.45 / (53 / 91), 2) == 0.77
    assert status.of_a_way(0.45, 53 / 91) == Status.AT_RISK


@pytest.mark.parametrize(
    ("progress", "expected", "found"),
    [
        (0, 0.099, None),
        (0, 0.10, Status.OFF_TRACK),
        (0.63, 0.7, Status.ON_TRACK),
        (0.62, 0.7, Status.AT_RISK),
        (0.49, 0.7, Status.AT_RISK),
        (0.48, 0.7, Status.OFF_TRACK),
    ],
)
def test_thresholds(progress: float, expected: float, found: Status | None) -> None:
    assert status.of_a_way(progress, expected) == found


def test_maintained_periods() -> None:
    assert round(6 / 7, 2) == 0.86
    assert status.of_a_maintained(6, 7) == Status.AT_RISK
    assert status.of_a_maintained(7, 7) == Status.ON_TRACK
    assert status.of_a_maintained(0, 1) == Status.OFF_TRACK
    assert status.of_a_maintained(0, 0) is None


def test_a_milestone_is_late_from_the_day_after() -> None:
    due = date(2026, 12, 31)
    assert status.of_a_milestone(False, due, due) is None
    assert status.of_a_milestone(False, due, date(2027, 1, 1)) == Status.OFF_TRACK
    assert status.of_a_milestone(True, due, date(2027, 1, 1)) == Status.ON_TRACK


def test_precedence() -> None:
    def shown(
        automatic: Status | None, human: Status | None, *, outdated: bool = False, closed: bool = False
    ) -> Status:
        return status.shown(automatic=automatic, human=human, outdated=outdated, closed=closed)

    assert shown(Status.ON_TRACK, Status.ON_TRACK, outdated=True, closed=True) == Status.CLOSED
    assert shown(Status.ON_TRACK, Status.ON_TRACK, outdated=True) == Status.OUTDATED
    assert shown(Status.ON_TRACK, Status.AT_RISK) == Status.AT_RISK
    assert shown(Status.OFF_TRACK, Status.ON_TRACK) == Status.OFF_TRACK
    assert shown(None, Status.ON_TRACK) == Status.ON_TRACK
    assert shown(Status.AT_RISK, None) == Status.AT_RISK
    assert shown(None, None) == Status.NO_STATUS


def test_an_objective_is_as_good_as_its_worst_key_result() -> None:
    assert status.worst([Status.ON_TRACK, Status.OUTDATED, Status.NO_STATUS]) == Status.OUTDATED
    assert status.worst([Status.ON_TRACK, Status.AT_RISK, Status.OUTDATED]) == Status.AT_RISK
    assert status.worst([Status.ON_TRACK, Status.NO_STATUS]) == Status.NO_STATUS
    assert status.worst([]) is None


@given(HUMANS, HUMANS)
def test_a_person_never_makes_it_look_better(automatic: Status | None, human: Status | None) -> None:
    found = status.shown(automatic=automatic, human=human, outdated=False, closed=False)
    if automatic is not None:
        assert HUMAN.index(found) >= HUMAN.index(automatic)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 1))
def test_more_progress_is_never_a_worse_status(progress: float, more: float, expected: float) -> None:
    before, after = status.of_a_way(progress, expected), status.of_a_way(progress + more, expected)
    assert before is not None
    assert after is not None
    assert HUMAN.index(after) <= HUMAN.index(before)


@given(st.permutations([Status.ON_TRACK, Status.AT_RISK, Status.NO_STATUS, Status.ON_TRACK]))
def test_the_worst_does_not_depend_on_the_order(statuses: list[Status]) -> None:
    assert status.worst(statuses) == Status.AT_RISK
