"""The days of phases: docs/definitions.md, Roadmap."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadmaps.dates import PHASES, month_number, months_after, phase_on, span_of_phase, span_of_roadmap


def test_a_start_at_a_months_end_is_clipped() -> None:
    assert [span_of_phase(date(2026, 11, 30), phase).first for phase in PHASES] == [
        date(2026, 11, 30),
        date(2027, 2, 28),
        date(2027, 5, 30),
        date(2027, 8, 30),
    ]


def test_a_phase_ends_the_day_before_the_next_begins() -> None:
    assert span_of_phase(date(2026, 11, 30), 1).last == date(2027, 2, 27)
    assert span_of_roadmap(date(2026, 4, 1)).last == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 4, 1), 0, date(2026, 4, 1)),
    ],
)
def test_months_after(day: date, months: int, wanted: date) -> None:
    assert months_after(day, months) == wanted


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_phases_have_neither_gaps_nor_overlaps(start: date) -> None:
    spans = [span_of_phase(start, phase) for phase in PHASES]
    assert spans[0].first == start
    assert spans[-1].last == span_of_roadmap(start).last
    for one, two in pairwise(spans):
        assert two.first - one.last == timedelta(days=1)
    assert sum(span.days for span in spans) == span_of_roadmap(start).days


def test_months_and_phases_of_days() -> None:
    start = date(2026, 4, 1)
    assert [month_number(start, day) for day in (date(2026, 3, 31), start, date(2026, 5, 1), date(2028, 1, 1))] == [
        0,
        1,
        2,
        12,
    ]
    assert [
        phase_on(start, day) for day in (date(2026, 3, 31), date(2026, 7, 1), date(2027, 3, 31), date(2027, 4, 1))
    ] == [
        None,
        2,
        4,
        None,
    ]
