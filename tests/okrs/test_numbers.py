"""Numbers as people type them."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okrs import words
from okrs.numbers import Ambiguous, NotANumber, parse, written


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("１２．５", 12.5),
        ("１２，５", 12.5),
        ("-10", -10),
        ("−10", -10),
        ("－１０", -10),
        ("+3", 3),
        (" 63 % ", 63),
        ("６３％", 63),
        ("1 234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1'234.50", 1234.5),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("0,234", 0.234),
        ("1234,567", 1234.567),
        ("1.234", 1.234),
        (".5", 0.5),
        ("-0", 0),
    ],
)
def test_what_people_type(typed: str, meant: float) -> None:
    assert parse(typed) == meant


@pytest.mark.parametrize(
    ("typed", "readings"),
    [
        ("1,234", (1.234, 1234)),
        ("-12,345", (-12.345, -12345)),
        ("１，２３４", (1.234, 1234)),
        ("1,234%", (1.234, 1234)),
    ],
)
def test_what_is_asked_back(typed: str, readings: tuple[float, float]) -> None:
    with pytest.raises(Ambiguous) as told:
        parse(typed)
    assert told.value.readings == readings


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "about 5",
        "5 or 6",
        "1e5",
        "nan",
        "inf",
        "1,23.4",
        "1.23,4,5",
        "1..5",
        "--5",
        "٣" * 3 + "x",
        "9" * 20,
        "5 days",
        ".",
    ],
)
def test_what_is_no_number(typed: str) -> None:
    with pytest.raises(NotANumber):
        parse(typed)


@given(st.floats(-1e9, 1e9).map(lambda value: round(value, 6)))
def test_what_the_portal_writes_it_reads_as_the_same(value: float) -> None:
    assert parse(written(value)) == pytest.approx(value, abs=1e-6)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else is ever raised, and what is read is a number."""
    with contextlib.suppress(NotANumber, Ambiguous):
        assert math.isfinite(parse(text))


@pytest.mark.parametrize(
    ("value", "shown"), [(15.625, "15.63"), (-15.625, "-15.63"), (1.005, "1.01"), (0.1234, "0.1234")]
)
def test_a_half_is_rounded_away_from_zero(value: float, shown: str) -> None:
    assert words.number(value) == shown
