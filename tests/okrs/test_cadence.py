"""When check-ins are due: Monday 9 November 2026 and the days after it."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from okrs.cadence import Cadence, Due

FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)
CYCLE = Cadence(FIRST, LAST)


def nov(day: int) -> date:
    return date(2026, 11, day)


def test_first_due_on_the_first_monday_after_it_takes_effect() -> None:
    assert CYCLE.first_due == date(2026, 10, 5)
    assert Cadence(nov(9), LAST).first_due == nov(16)
    assert Cadence(nov(9), LAST, weekday=2).first_due == nov(11)


def test_due_overdue_outdated() -> None:
    due = CYCLE.next_due(nov(9))
    assert due == nov(16)
    assert not Due(due, nov(9)).is_listed
    assert Due(due, nov(10)).is_listed
    assert not Due(due, nov(16)).is_overdue
    assert Due(due, nov(19)).is_overdue
    assert not Due(due, nov(19)).is_outdated
    assert Due(due, nov(20)).is_outdated
    assert Due(due, nov(20)).days_late == 4


def test_a_check_in_counts_from_the_tuesday_before() -> None:
    assert CYCLE.next_due(nov(9)) == nov(16)
    assert CYCLE.next_due(nov(10)) == nov(23)
    assert CYCLE.next_due(nov(16)) == nov(23)
    assert CYCLE.next_due(None) == date(2026, 10, 5)


def test_every_two_weeks() -> None:
    twice = Cadence(nov(10), LAST, weeks=2)
    assert list(twice.due_days())[:3] == [nov(16), nov(30), date(2026, 12, 14)]
    assert twice.next_due(nov(16)) == nov(30)
    assert twice.next_due(nov(18)) == nov(30)
    assert not Due(nov(30), nov(23)).is_listed
    assert Due(nov(30), nov(24)).is_listed


def test_nothing_is_due_after_the_last_monday_of_the_cycle() -> None:
    assert CYCLE.next_due(date(2026, 12, 28)) is None
    assert not Due(None, LAST).is_listed
    assert Due(None, LAST).days_late == 0


def test_periods_elapse_when_their_due_day_has_passed() -> None:
    periods = CYCLE.periods(nov(23))
    assert len(periods) == 7
    assert periods[0] == (date(2026, 9, 29), date(2026, 10, 5))
    assert len(CYCLE.periods(nov(24))) == 8


@given(st.integers(0, 80), st.integers(0, 6), st.integers(1, 4), st.integers(0, 100))
def test_a_check_in_on_the_due_day_moves_it_on(begins: int, weekday: int, weeks: int, last: int) -> None:
    cadence = Cadence(FIRST + timedelta(days=begins), LAST, weekday, weeks)
    due = cadence.next_due(FIRST + timedelta(days=last))
    if due is not None:
        following = cadence.next_due(due)
        assert following is None or following == due + timedelta(weeks=weeks)
        assert due.weekday() == weekday
        assert due > cadence.effective
