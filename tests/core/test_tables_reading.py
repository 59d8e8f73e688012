"""Tables as people upload them: every encoding, delimiter and kind, and one clear sentence for whatever is none."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.utils.translation import gettext_lazy
from hypothesis import example, given
from hypothesis import strategies as st

from core.refusals import Refused
from core.tables import cells, reading_xlsx
from core.tables.bounds import Bounds
from core.tables.reading import Column, read_table
from tests.imports.files import as_csv, as_xlsx

COLUMNS = [
    Column("title", gettext_lazy("Title"), required=True),
    Column("due_date", gettext_lazy("Due")),
    Column("number", "№"),
]
ROWS = [["Title", "Due", "number"], ["日本語, “quoted”; tab\t", "2026-04-01", "007"], ["two\nlines", "", ""]]
WANTED = [(2, "日本語, “quoted”; tab\t", "2026-04-01", "007"), (3, "two\nlines", "", "")]


def rows_of(content: bytes, bounds: Bounds | None = None) -> list[tuple[int, str, str, str]]:
    table = read_table(content, COLUMNS, bounds or Bounds())
    return [(row.number, row["title"], row["due_date"], row["number"]) for row in table.rows]


def refusal(content: bytes, bounds: Bounds | None = None) -> str:
    with pytest.raises(Refused) as refused:
        read_table(content, COLUMNS, bounds or Bounds())
    assert refused.value.field == "file"
    return refused.value.message


# -- What is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_csv_is_read_in_every_encoding_and_with_every_delimiter(delimiter: str, encoding: str) -> None:
    assert rows_of(as_csv(*ROWS, delimiter=delimiter, encoding=encoding)) == WANTED


def test_a_workbook_is_read_as_the_same_text() -> None:
    assert rows_of(as_xlsx(*ROWS)) == WANTED


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 4, 1), "2026-04-01"),
        (datetime(2026, 4, 1), "2026-04-01"),
        (datetime(2026, 4, 1, 9, 30), "2026-04-01 09:30:00"),
        (3, "3"),
        (3.0, "3"),
        (0.1, "0.1"),
        (True, "true"),
        ("007", "007"),
        ("'=1+1", "=1+1"),
    ],
)
def test_a_cell_of_a_workbook_becomes_the_text_that_it_shows(value: Any, text: str) -> None:
    assert rows_of(as_xlsx(["Title", "№"], ["x", value])) == [(2, "x", "", text)]


def test_headings_are_found_by_key_in_either_language_and_in_any_width() -> None:
    assert rows_of(as_csv(["ＴＩＴＬＥ ", "期限", "other"], ["a", "2026-04-01", "z"])) == [(2, "a", "2026-04-01", "")]
    assert read_table(as_csv(["title", "due_date", "other"], ["a", "", ""]), COLUMNS).left_out == ["other"]


def test_empty_rows_are_left_out_and_keep_the_numbers_of_the_others() -> None:
    assert rows_of(as_csv(["Title"], ["a"], [""], ["b"])) == [(2, "a", "", ""), (4, "b", "", "")]
    assert rows_of(as_xlsx(["Title"], ["a"], [], ["b"])) == [(2, "a", "", ""), (4, "b", "", "")]


def test_a_file_that_claims_to_be_smaller_is_read_whole() -> None:
    sheet = _part(as_xlsx(["Title"], ["a"], ["b"], ["c"]), "xl/worksheets/sheet1.xml")
    content = sheet.replace(b'ref="A1:A4"', b'ref="A1:A2"')
    assert content != sheet
    changed = _with_part(as_xlsx(["Title"], ["a"], ["b"], ["c"]), "xl/worksheets/sheet1.xml", content)
    assert [row[1] for row in rows_of(changed)] == ["a", "b", "c"]


# -- What is told of a single row -----------------------------------------------------------------------------------


def problems(content: bytes) -> list[tuple[int, str]]:
    return [(row.number, row.problem) for row in read_table(content, COLUMNS).rows]


def test_a_formula_in_a_workbook_is_refused_in_its_row() -> None:
    first, second = problems(as_xlsx(["Title", "Due"], ["a", ""], ["=HYPERLINK(1)", ""]))
    assert first == (2, "")
    assert second == (3, "Cell A3 holds a formula. Put its value there instead, or write it as text.")


def test_a_row_that_lacks_what_is_needed_or_has_too_much_is_told() -> None:
    found = problems(as_csv(["Title", "Due"], ["", "2026-04-01"], ["a", "", "too much"]))
    assert found == [(2, "Fill in: Title."), (3, "The row has more cells than there are headings.")]


# -- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"Title\r\n", "headings and no rows"),
        (b"%PDF-1.7 ...", "neither CSV nor an Excel file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "neither CSV nor an Excel file"),
        (b'{"title": 1}', "neither CSV nor an Excel file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
        ("Title\na".encode("utf-16"), "UTF-16"),
        (b"a: &a [x]\nb: *a\n", "none of the headings"),  # YAML is a file of another type
        (b"Due\n2026-04-01\n", "The column “Title” is missing."),
        (b"Title,title\na,b\n", "The heading “Title” stands there twice."),
        (b'Title\n"a\n', "Row 2 cannot be taken apart"),
        (b'Title\n"a" b\n', "Row 2 cannot be taken apart"),
        (b"Title\n" + b"a" * 200_000, "Row 2 has a cell that is too long."),
        (b"Title\na\n\xff\xfe\n", "Row 3 can be read neither as UTF-8 nor as Shift_JIS."),
        ("\ufeffTitle\n".encode() + "日本".encode("cp932"), "says that it is written in UTF-8, and row 2 is not"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    assert sentence in refusal(content)


def test_mixed_encodings_are_told_with_the_rows_that_show_it() -> None:
    mixed = b"Title\na\n" + "日本語\n".encode() + "日本語\n".encode("cp932")
    assert "row 3 is written in UTF-8 and row 4 is not" in refusal(mixed)
    assert "row 4 is written in UTF-8 and row 3 is not" in refusal(
        b"Title\na\n" + "日本語\n".encode("cp932") + "日本語\n".encode()
    )


def test_mixed_encodings_are_found_where_the_bytes_would_pass_for_shift_jis() -> None:
    """“あい” in UTF-8 is three other characters in Shift_JIS."""
    row = "あい\n".encode()
    assert len(row.decode("cp932")) == 4
    assert "row 2 is written in UTF-8 and row 3 is not" in refusal(b"Title\n" + row + "日本".encode("cp932"))


def test_a_file_is_bounded_in_bytes_and_rows() -> None:
    assert "30 MB" in refusal(b"a" * 30 * 1024 * 1024).replace("\xa0", " ")
    assert "more than 20,000 rows" in refusal(b"Title\n" + b"a\n" * 1_000_000)
    assert "more than 3 rows" in refusal(as_csv(["Title"], *([each] for each in "abcd")), Bounds(rows=3))
    assert "more than 3 rows" in refusal(as_xlsx(["Title"], *([each] for each in "abcd")), Bounds(rows=3))
    assert len(rows_of(as_csv(["Title"], *([each] for each in "abc")), Bounds(rows=3))) == 3


def test_a_workbook_with_one_row_far_below_is_refused_before_the_rows_between_are_made() -> None:
    sheet = _part(as_xlsx(["Title"], ["a"]), "xl/worksheets/sheet1.xml").replace(b'r="2"', b'r="1048576"')
    content = _with_part(as_xlsx(["Title"], ["a"]), "xl/worksheets/sheet1.xml", sheet.replace(b'"A2"', b'"A1048576"'))
    assert "more than 20,000 rows" in refusal(content)


def test_a_compression_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = _with_part(as_xlsx(["Title"], ["a"]), "xl/bomb.xml", b"0" * 60_000_000)
    assert len(bomb) < 100_000
    with mock.patch.object(zipfile.ZipFile, "open", side_effect=AssertionError("it was unpacked")):
        assert "too large once it is unpacked" in refusal(bomb)


def test_a_compression_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = _with_part(as_xlsx(["Title"], ["a"]), "xl/bomb.xml", b"0" * 60_000_000)
    size = (60_000_000).to_bytes(4, "little")
    assert (
        refusal(bomb.replace(size, (1000).to_bytes(4, "little")))
        == "The Excel file is damaged. Open it, save it anew as .xlsx and upload that."
    )


def test_a_workbook_with_more_tags_than_a_table_has_is_refused() -> None:
    sheet = b"<worksheet><sheetData><row>" + b"<c/>" * (reading_xlsx.MOST_TAGS + 1)
    assert "too large" in refusal(_with_part(as_xlsx(["Title"], ["a"]), "xl/worksheets/sheet1.xml", sheet))


def test_xml_that_expands_without_end_is_refused() -> None:
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    sheet = _part(as_xlsx(["Title"], ["a"]), "xl/worksheets/sheet1.xml")
    content = _with_part(as_xlsx(["Title"], ["a"]), "xl/worksheets/sheet1.xml", entities + sheet)
    assert "damaged" in refusal(content)


@pytest.mark.parametrize("content", [b"PK\3\4", b"PK" + b"\xff" * 500])
def test_a_damaged_workbook_is_told_so(content: bytes) -> None:
    assert "damaged" in refusal(content)


def test_another_archive_is_no_workbook() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")
    assert "neither CSV nor an Excel file" in refusal(file.getvalue())


@given(st.binary(max_size=400))
@example(b"PK\x05\x06" + b"\0" * 18)
def test_nothing_makes_reading_fail_otherwise(content: bytes) -> None:
    found = []
    with suppress(Refused):
        found = read_table(b"Title\n" + content, COLUMNS).rows
    assert all(row["title"] or row.problem for row in found)


def _part(content: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(content)).read(name)


def _with_part(content: bytes, name: str, data: bytes) -> bytes:
    old, file = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, data)
    return file.getvalue()


# -- Cells ------------------------------------------------------------------------------------------------------------

AWKWARD = st.text(st.sampled_from("'=+-@ \t\n\ra日"), max_size=8)


@given(AWKWARD)
@example("'=1+1")
@example("''=1")
@example(" '=1")
def test_what_was_made_harmless_is_read_as_it_was_written(text: str) -> None:
    written = cells.harmless(text)
    assert not written.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cells.as_written(written) == text


@pytest.mark.parametrize(
    "text",
    ["2026-04-01", "2026/4/1", "2026.04.01", "1.4.2026", "01.04.2026", "2026年4月1日", "２０２６-０４-０１", " 2026-04-01 ",
     "2026-04-01 00:00:00"],
)  # fmt: skip
def test_a_day_is_written_in_several_ways(text: str) -> None:
    assert cells.day(text) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        *((text, f"“{text}” is no day. Write it as 2026-04-01.") for text in (
            "2026-13-01", "2026-02-30", "31.2.2026", "1.4.26", "2026-4/1", "1 April", "20260401", "0000-01-01", "46113",
            "40/40/2026", "2026-04-01 09:30",
        )),
        ("1/2/2026", "“1/2/2026” can be read in two ways, as 2026-02-01 and as 2026-01-02. Write one of them."),
        ("31/12/2026", "Whether the day or the month stands first is not clear from slashes. Write “31/12/2026” as 2026-12-31."),
        ("4/4/2026", "Whether the day or the month stands first is not clear from slashes. Write “4/4/2026” as 2026-04-04."),
    ],
)  # fmt: skip
def test_what_could_be_another_day_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        cells.day(text)
    assert refused.value.message == sentence


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026/4/1 9:30", "2026-04-01T09:30:00+02:00"),
        ("1.4.2026 09:30:15", "2026-04-01T09:30:15+02:00"),
        ("2026年4月1日 9時30分", "2026-04-01T09:30:00+02:00"),
        ("2026年4月1日9時", "2026-04-01T09:00:00+02:00"),
        ("2026-04-01T09:30Z", "2026-04-01T09:30:00+00:00"),
        ("2026-04-01", "2026-04-01T00:00:00+02:00"),
        # Which of the two is meant is said.
        ("2026-10-25 02:30+02:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"),
        ("2026-03-29 03:00", "2026-03-29T03:00:00+02:00"),
    ],
)
def test_an_instant_is_written_in_several_ways(text: str, instant: str) -> None:
    found = cells.instant(text, BERLIN)
    assert found is not None
    assert found.isoformat() == instant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-03-29 02:30", "“2026-03-29 02:30” does not exist in Europe/Berlin: the clocks are put forward over it."),
        (
            "2026-10-25 02:30",
            "“2026-10-25 02:30” comes twice in Europe/Berlin, because the clocks are put back."
            " Write 2026-10-25 02:30+02:00 or 2026-10-25 02:30+01:00.",
        ),
        ("3/4/2026 9:00", "“3/4/2026” can be read in two ways, as 2026-04-03 and as 2026-03-04. Write one of them."),
        ("2026-04-01 25:00", "“2026-04-01 25:00” is no instant. Write it as 2026-04-01 09:30."),
    ],
)
def test_a_time_that_is_none_or_two_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        cells.instant(text, BERLIN)
    assert refused.value.message == sentence


def test_the_library_reads_xml_safely() -> None:
    assert openpyxl.DEFUSEDXML
