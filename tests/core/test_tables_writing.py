"""Tables as files: nothing becomes a formula, and whatever is written comes back as it was (core/tables/)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tables import writing
from core.tables.cells import day, harmless, instant
from core.tables.reading import Column, read_table
from core.tables.writing import Table, answer, kept

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")


def file_of(kind: str, rows: Sequence[Sequence[Any]], header: Sequence[str] = ("a", "b"), **more: Any) -> bytes:
    request = RequestFactory().get("/", {"format": kind})
    response = answer(request, Table("items", header, rows, **more))
    return b"".join(response) if response.streaming else response.content


def sheet_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).active


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1", "=HYPERLINK(1)", "'=1"])
def test_text_cannot_become_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["a=b", "基盤", "'tis", "", "1-1"])
def test_other_text_stays(text: str) -> None:
    assert harmless(text) == text


def test_a_csv_has_a_name_a_mark_for_japanese_and_quotes_what_needs_it() -> None:
    response = answer(RequestFactory().get("/"), Table("items", ["Item", "Note"], [["a,b", 'say "x"'], ["=cmd", None]]))
    assert response["Content-Disposition"] == 'attachment; filename="items.csv"'
    assert response.content.decode() == '\ufeffItem,Note\r\n"a,b","say ""x"""\r\n\'=cmd,\r\n'


def test_what_is_in_a_csv_cell() -> None:
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    cells = [date(2026, 3, 1), at, 3.0, -1.5, 1e-07, 1e16, True, 7]
    text = file_of("csv", [cells], header=["x"] * len(cells)).decode()
    wanted = "2026-03-01,2026-03-01T09:30:00+00:00,3,-1.5,0.0000001,10000000000000000,1,7"
    assert text.splitlines()[1] == wanted


def test_a_workbook_has_days_instants_and_numbers_as_such_and_its_heading_stays_in_sight() -> None:
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    content = file_of(
        "xlsx", [["=1+1", date(2026, 3, 1), at, 2.5, 7, None, "データ"]], header=list("abcdefg"), zone=TOKYO
    )
    sheet = sheet_of(content)
    text, day_, instant_, half, seven, nothing, japanese = sheet[2]
    assert (text.data_type, text.value) == ("s", "'=1+1")
    assert (day_.is_date, day_.value.date()) == (True, date(2026, 3, 1))
    assert (instant_.value, instant_.number_format) == (
        datetime(2026, 3, 1, 18, 30),
        'yyyy-mm-dd hh:mm:ss" Asia/Tokyo"',
    )
    assert [(each.data_type, each.value) for each in (half, seven)] == [("n", 2.5), ("n", 7)]
    assert (nothing.value, japanese.value) == (None, "データ")
    assert (sheet.title, sheet.freeze_panes, sheet["A1"].font.b) == ("items", "A2", True)


def test_text_that_looks_like_an_error_or_a_formula_is_text() -> None:
    sheet = sheet_of(file_of("xlsx", [["#N/A", "=cmd|' /C calc'!A0"], ["#REF!", "1"]]))
    assert [cell.data_type for row in sheet["A2:B3"] for cell in row] == ["s"] * 4
    assert sheet["A2"].value == "#N/A"


def test_columns_are_as_wide_as_what_stands_in_them_and_japanese_counts_twice() -> None:
    sheet = sheet_of(file_of("xlsx", [["x" * 30, "あ" * 15], ["y", "z" * 500]]))
    assert [sheet.column_dimensions[name].width for name in "AB"] == [32, 60]
    alone = sheet_of(file_of("xlsx", [["あ" * 15, "y"]]))
    assert [alone.column_dimensions[name].width for name in "AB"] == [32, 9]


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # the two 2:30 of that night: read back, either is refused
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 1, 9, 30, 0, 1, tzinfo=UTC),  # a microsecond
        datetime(1850, 3, 1, tzinfo=UTC),
    ],
)
def test_an_instant_that_a_workbook_would_change_is_text_with_its_offset(at: datetime) -> None:
    cell = sheet_of(file_of("xlsx", [[at, "x"]], zone=BERLIN))["A2"]
    assert cell.data_type == "s"
    assert datetime.fromisoformat(cell.value) == at


def test_long_lists_are_sent_as_they_come_in_csv() -> None:
    taken = []

    def rows() -> Any:
        for number in range(3):
            taken.append(number)
            yield [number, "x"]

    response = answer(RequestFactory().get("/"), Table("items", ["a", "b"], rows(), streamed=True))
    assert taken == []
    lines = iter(response)
    assert [next(lines).decode() for _ in range(3)] == ["\ufeff", "a,b\r\n", "0,x\r\n"]
    assert taken == [0]


def test_a_workbook_that_would_be_too_long_leads_back_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_ROWS", 3)
    request = RequestFactory().get("/list/", {"format": "xlsx", "q": "x"})
    request.session, request._messages = {}, None  # type: ignore[attr-defined]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    response = answer(request, Table("items", ["a"], [[number] for number in range(4)]))
    assert (response.status_code, response["Location"]) == (302, "/list/?q=x")
    (told,) = request._messages  # type: ignore[attr-defined]
    assert str(told) == "This list has more than 3 rows, too many for an XLSX file. Take the CSV."
    assert answer(request, Table("items", ["a"], [[1], [2], [3]])).status_code == 200


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "=1",
        "'=1",
        "''=1",
        " =1",
        "'' -x",
        "a\r\nb",
        "\n",
        "\x00",
        "#N/A",
        "_x0041_",
        " x ",
        "１，２",
        "\ufeff",
        '"',
        "\ud7ff\uffff",
    ]
)
COLUMNS = [Column(key, key) for key in ("text", "number", "day", "instant")]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@settings(max_examples=50)
@given(
    rows=st.lists(
        st.tuples(
            TEXT,
            st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
            | st.integers(-(10**9), 10**9),
            st.dates(date(1901, 1, 1), date(9000, 1, 1)),
            st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, TOKYO, BERLIN])),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_written_is_read_as_it_was(kind: str, rows: list[tuple[str, float, date, datetime]]) -> None:
    content = file_of(kind, rows, header=[column.key for column in COLUMNS], zone=BERLIN)
    table = read_table(content, COLUMNS)
    found = [
        (row["text"], f"{float(row['number']):.15g}", day(row["day"]), instant(row["instant"], BERLIN))
        for row in table.rows
    ]
    # A spreadsheet keeps 15 digits of a number.
    wanted = [(kept(text), f"{float(number):.15g}", on, at) for text, number, on, at in rows]
    assert [row[:3] for row in found] == [row[:3] for row in wanted]
    assert all(abs(one[3] - two[3]) == timedelta(0) for one, two in zip(found, wanted, strict=True) if one[3])
    assert all(row[3] is not None for row in found)
