"""Progress, burn-up and forecast: the vectors of docs/definitions.md, Roadmap."""

import math
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadmaps.models import State
from roadmaps.progress import (
    BurnUpDay,
    Event,
    Facts,
    burn_up,
    end_of_week,
    forecast,
    paced_done,
    progress,
    state_on,
    throughput,
    weeks_until,
)

START = date(2026, 4, 1)
DONE, TO_DO, SKIPPED, IN_PROGRESS = State.DONE, State.TO_DO, State.SKIPPED, State.IN_PROGRESS


def item(*events: Event, added: date = START, due: date | None = None, phase: int = 1) -> Facts:
    return Facts(phase, added, due, events)


def day(number: int) -> date:
    """The number-th day of the roadmap, from 0."""
    return START + timedelta(days=number)


# -- Progress --


def test_progress_leaves_dropped_items_out() -> None:
    made = progress([DONE, TO_DO, IN_PROGRESS, SKIPPED])
    assert (made.done, made.total, made.skipped, made.share) == (1, 3, 1, pytest.approx(1 / 3))


def test_progress_of_nothing_is_none() -> None:
    assert progress([SKIPPED, SKIPPED]).share is None
    assert progress([]).share is None
    assert not progress([SKIPPED]).is_complete
    assert progress([DONE, SKIPPED]).is_complete


# -- Burn-up --


def counted(items: list[Facts], *numbers: int) -> list[tuple[int, int, int]]:
    return [(each.done, each.scope, each.expected) for each in burn_up(items, [day(number) for number in numbers])]


def test_done_counts_at_the_end_of_the_day_it_was_ticked() -> None:
    items = [item(Event(1, day(5), DONE)), item()]
    assert counted(items, 4, 5, 6) == [(0, 2, 0), (1, 2, 0), (1, 2, 0)]


def test_the_scope_of_a_past_day_is_the_scope_of_that_day() -> None:
    items = [item(), item(added=day(3)), item(Event(1, day(6), SKIPPED))]
    assert [scope for _done, scope, _expected in counted(items, 0, 2, 3, 5, 6)] == [2, 2, 3, 3, 2]


def test_expected_are_the_items_in_that_days_scope_that_are_due() -> None:
    items = [
        item(due=day(2)),
        item(due=day(2), added=day(4)),
        item(Event(1, day(6), SKIPPED), due=day(3)),
        item(due=None),
    ]
    assert [expected for _done, _scope, expected in counted(items, 1, 2, 3, 4, 6)] == [0, 1, 2, 3, 2]


def test_unticked_counts_until_it_was_taken_back() -> None:
    assert [done for done, *_ in counted([item(Event(1, day(2), DONE), Event(2, day(4), TO_DO))], 1, 2, 3, 4)] == [
        0,
        1,
        1,
        0,
    ]


def test_a_tick_recorded_later_with_an_earlier_day_overrides_what_came_between() -> None:
    back_dated = item(Event(1, day(10), DONE), Event(2, day(12), TO_DO), Event(3, day(2), DONE))
    assert [state_on(back_dated, day(number)) for number in (1, 2, 11, 12)] == [TO_DO, DONE, DONE, DONE]


def test_an_item_has_no_state_before_it_was_added() -> None:
    assert state_on(item(added=day(5)), day(4)) is None
    # Ticks from before the first day count from the first day on.
    assert counted([item(Event(1, day(1), DONE), added=day(5))], 4, 5) == [(0, 0, 0), (1, 1, 0)]


def test_days_may_come_in_any_order() -> None:
    days = burn_up([item(Event(1, day(5), DONE))], [day(6), day(1)])
    assert days == [BurnUpDay(day(6), 1, 1, 0), BurnUpDay(day(1), 0, 1, 0)]
    assert burn_up([], [day(1)]) == [BurnUpDay(day(1), 0, 0, 0)]


states = st.sampled_from([TO_DO, IN_PROGRESS, DONE, SKIPPED])
events = st.lists(st.tuples(st.integers(-3, 20), states), max_size=5)
some_items = st.lists(st.tuples(events, st.integers(0, 10), st.none() | st.integers(0, 20)), max_size=5)


@given(some_items)
def test_burn_up_is_what_counting_each_item_on_each_day_gives(drawn: list) -> None:
    items = [
        item(
            *(Event(number, day(when), state) for number, (when, state) in enumerate(ticks, start=1)),
            added=day(added),
            due=None if due is None else day(due),
        )
        for ticks, added, due in drawn
    ]
    for counted_day in burn_up(items, [day(number) for number in range(22)]):
        now = [state_on(each, counted_day.day) for each in items]
        in_scope = [each for each, state in zip(items, now, strict=True) if state not in (None, SKIPPED)]
        assert counted_day.done == now.count(DONE)
        assert counted_day.scope == len(in_scope)
        assert counted_day.expected == sum(1 for each in in_scope if each.due and each.due <= counted_day.day)


@given(events)
def test_the_state_of_a_day_is_that_of_the_newest_event_until_then(ticks: list) -> None:
    made = [Event(number, day(when), state) for number, (when, state) in enumerate(ticks, start=1)]
    for number in range(22):
        until = [event for event in made if event.day <= day(number)]
        assert state_on(item(*made), day(number)) == (
            max(until, key=lambda each: each.version).to_state if until else TO_DO
        )


# -- Pace --

MONDAY = date(2026, 4, 6)  # the first complete week of a roadmap that starts on Wednesday 1 April


def test_throughput_of_complete_weeks_only() -> None:
    items = [
        item(Event(1, date(2026, 4, 2), DONE)),  # before the first complete week
        item(Event(1, MONDAY, DONE)),
        item(Event(1, MONDAY + timedelta(days=6), DONE)),
        item(Event(1, MONDAY + timedelta(days=14), DONE)),
        item(Event(1, MONDAY + timedelta(days=21), DONE)),  # in the present week
    ]
    assert throughput(items, START, MONDAY + timedelta(days=23)) == [2, 0, 1]


def test_throughput_is_never_less_than_nothing() -> None:
    items = [item(Event(1, date(2026, 4, 2), DONE), Event(2, MONDAY, TO_DO))]
    assert throughput(items, START, MONDAY + timedelta(days=7)) == [0]


def test_already_had_leaves_the_pace_alone() -> None:
    items = [item(Event(1, START, DONE, in_pace=False)), item(Event(1, MONDAY, DONE))]
    assert throughput(items, START, MONDAY + timedelta(days=7)) == [1]
    assert paced_done(items, MONDAY) == 1
    # Taking an "already had it" back undoes no work.
    taken_back = item(Event(1, START, DONE, in_pace=False), Event(2, MONDAY, TO_DO))
    assert throughput([taken_back, items[1]], START, MONDAY + timedelta(days=7)) == [1]


def test_only_the_last_26_weeks_count() -> None:
    assert len(throughput([], START, START + timedelta(days=300))) == 26
    assert len(throughput([], START, MONDAY + timedelta(days=7 * 5))) == 5


# -- Forecast --

TWELVE = [3, 1, 2, 0, 4, 2, 3, 1, 0, 5, 2, 3]


@pytest.mark.parametrize(("left", "wanted"), [(40, (19, 22)), (12, (6, 8))])
def test_forecast_of_twelve_weeks(left: int, wanted: tuple[int, int]) -> None:
    assert weeks_until(TWELVE, left) == wanted


def test_forecast_of_single_items_in_26_weeks() -> None:
    assert weeks_until([1] * 6 + [0] * 20, 6) == (25, 35)


def test_forecast_of_a_constant_pace() -> None:
    assert weeks_until([2] * 8, 5) == (3, 3)


@given(st.integers(1, 6), st.integers(1, 30), st.integers(6, 26))
def test_a_constant_pace_is_a_division(pace: int, left: int, weeks: int) -> None:
    assert weeks_until([pace] * weeks, left) == (math.ceil(left / pace),) * 2


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=6, max_size=26).filter(any), st.integers(1, 20))
def test_p50_is_never_after_p85(history: list[int], left: int) -> None:
    p50, p85 = weeks_until(history, left)
    assert 1 <= p50 <= p85


@pytest.mark.parametrize(("history", "left"), [([0, 1, 2], 3), ([1, 0], 1), ([3, 0, 1], 4)])
def test_forecast_is_what_every_course_of_weeks_gives(history: list[int], left: int) -> None:
    def chance(weeks: int) -> float:
        courses = list(product(history, repeat=weeks))
        return sum(1 for course in courses if sum(course) >= left) / len(courses)

    p50, p85 = weeks_until(history, left)
    assert chance(p50) >= 0.5 - 1e-9 > chance(p50 - 1)
    assert chance(p85) >= 0.85 - 1e-9 > chance(p85 - 1)


def test_forecast_says_why_there_is_none() -> None:
    assert forecast([1] * 5, left=3, done=5).kind == "needs_more_data"
    assert forecast([1] * 6, left=3, done=3).kind == "needs_more_data"
    assert forecast([0] * 6, left=3, done=4).kind == "stalled"
    assert forecast([0] * 6, left=0, done=4).kind == "finished"
    made = forecast([1] * 6, left=3, done=6)
    assert (made.kind, made.p50, made.p85, made.weeks) == ("weeks", 3, 3, 6)


def test_the_present_week_is_the_first() -> None:
    wednesday = date(2026, 5, 20)
    assert end_of_week(wednesday, 1) == date(2026, 5, 24)
    assert end_of_week(wednesday, 3) == date(2026, 6, 7)
    assert end_of_week(date(2026, 5, 24), 1) == date(2026, 5, 24)
