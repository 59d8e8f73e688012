"""The vectors of docs/definitions.md, Delivery, as they stand, and what lies at their edges."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.figures import Band, Recovery, Spread, days_per_week, frequency, median
from delivery.periods import Bucket, Period, buckets, complete_months_before, weeks_before

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
# A 03-02 10:00, B 03-02 18:00, C 03-12 09:00; the failed one and the one to staging do not count.
COUNTED = [date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 12)]


def test_the_vector_of_deployment_frequency() -> None:
    figure = frequency(COUNTED, MARCH)
    assert figure.count == 3
    assert MARCH.weeks == [date(2026, 2, 23), *(date(2026, 3, day) for day in (2, 9, 16, 23, 30))]
    assert figure.week_days == [0, 1, 1, 0, 0, 0]
    assert figure.per_week == 0
    assert figure.deployment_days == 2


def test_the_headline_speaks_of_months_where_the_median_week_is_empty() -> None:
    figure = frequency(COUNTED, MARCH)
    assert not figure.is_weekly
    assert (figure.value, figure.band) == (2, Band.MEDIUM)


def test_the_vector_of_mttr() -> None:
    """x 19:30 - 18:00, y a day, w half an hour; z is open."""
    figure = Recovery(Spread.of([1.5, 24, 0.5]), still_open=1)
    assert figure.count == 3
    assert figure.mean == pytest.approx(8.67, abs=0.005)
    assert figure.median == 1.5


def test_no_incident_is_no_data() -> None:
    figure = Recovery(Spread.of([]), still_open=2)
    assert (figure.mean, figure.median, figure.band) == (None, None, None)


@pytest.mark.parametrize(
    ("values", "expected"), [([], None), ([3], 3), ([1, 2], 1.5), ([9.5, 193.5, 28], 28), ([9.5, 28], 18.75)]
)
def test_the_median_is_the_interpolated_one(values: list[float], expected: float | None) -> None:
    assert median(values) == expected


@pytest.mark.parametrize(
    ("week", "month", "band"),
    [
        ([5, 5, 5], [20], Band.ELITE),
        ([4, 5, 5, 4], [20], Band.HIGH),  # median 4.5
        ([1, 1, 0], [2], Band.HIGH),
        ([0, 1], [1], Band.MEDIUM),  # median 0.5 a week
        ([0, 0, 1], [1], Band.MEDIUM),
        ([0, 0, 1], [0, 1], Band.LOW),  # median 0.5 a month
        ([0], [0], Band.LOW),
    ],
)
def test_bands_of_frequency_read_the_medians(week: list[int], month: list[int], band: Band) -> None:
    from delivery.figures import Frequency

    assert Frequency(1, 0, week, month).band is band


@pytest.mark.parametrize(
    ("hours", "band"),
    [
        (0.99, Band.ELITE),
        (1, Band.HIGH),
        (23.9, Band.HIGH),
        (24, Band.MEDIUM),
        (167.9, Band.MEDIUM),
        (168, Band.LOW),
    ],
)
def test_bands_of_mttr_begin_where_the_edition_says(hours: float, band: Band) -> None:
    assert Recovery(Spread.of([hours]), 0).band is band


def test_the_band_reads_the_median_not_the_mean() -> None:
    assert Recovery(Spread.of([0.5, 0.5, 500]), 0).band is Band.ELITE


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 11, 23), date(2026, 8, 24), date(2026, 11, 22)),  # a Monday: last week is complete
        (date(2026, 11, 29), date(2026, 8, 24), date(2026, 11, 22)),  # the Sunday of the same week
        (date(2026, 11, 30), date(2026, 8, 31), date(2026, 11, 29)),
    ],
)
def test_the_usual_period_is_13_complete_weeks(day: date, first: date, last: date) -> None:
    period = weeks_before(day)
    assert (period.first, period.last) == (first, last)
    assert len(period.weeks) == 13


def test_twelve_complete_months() -> None:
    assert complete_months_before(date(2026, 3, 15)) == Period(date(2025, 3, 1), date(2026, 2, 28))
    assert len(complete_months_before(date(2026, 1, 1)).months) == 12


def test_buckets_at_the_edges_are_partial() -> None:
    weeks = buckets(MARCH, "week")
    assert weeks[0] == Bucket(date(2026, 2, 23), date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1))
    assert [bucket.whole for bucket in weeks] == [False, True, True, True, True, False]
    assert [bucket.whole for bucket in buckets(MARCH, "month")] == [True]


def test_weeks_of_years_that_have_53() -> None:
    period = Period(date(2026, 12, 28), date(2027, 1, 10))
    assert [week.isocalendar()[1] for week in period.weeks] == [53, 1]


days = st.dates(date(2015, 1, 1), date(2035, 1, 1))


@given(st.lists(days, max_size=60), days, st.integers(0, 500))
def test_every_counted_day_is_in_exactly_one_week_and_month(found: list[date], first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    inside = {day for day in found if day in period}
    assert sum(days_per_week(found, period)) == len(inside)
    assert sum(frequency(found, period).month_days) == len(inside)
    assert all(0 <= count <= 7 for count in days_per_week(found, period))


@given(days, st.integers(0, 800), st.sampled_from(["week", "month"]))
def test_buckets_cover_the_period_without_gap_or_overlap(first: date, length: int, by: str) -> None:
    period = Period(first, first + timedelta(days=length))
    found = buckets(period, by)  # type: ignore[arg-type]
    assert (found[0].first, found[-1].last) == (period.first, period.last)
    for before, after in itertools.pairwise(found):
        assert after.first == before.last + timedelta(days=1)
        assert before.start < after.start
