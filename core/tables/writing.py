"""Every list and table as a file, CSV or XLSX: the whole list as the page's filter leaves it, for whoever may read the page.

Nothing in a file can become a formula (core/tables/cells.py). Days, instants and numbers are such in XLSX.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from io import BytesIO
from itertools import chain, islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from core import clock
from core.tables.cells import harmless

MOST_ROWS = 50_000  # of a workbook: it is made in one piece, which takes some seconds for so many
_SAMPLE = 200  # rows that decide how wide a column is
_NARROWEST, _WIDEST = 9, 60  # characters
_TITLE_LENGTH = 31  # of a sheet
_NAME_LENGTH = 60  # of a team's name within that of a file
# What some system does not take in the name of a file, and blanks, which not every program quotes.
_NOT_IN_NAMES = re.compile(r"""[\\/:*?"<>|%\s]+""")
# What neither XML nor a spreadsheet can hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Table:
    """What becomes a file. `name` is that of the sheet, and of the file; there behind it `of`, whose it is, as a team.

    `zone`: in which an instant of a workbook is told, the reader's unless said otherwise. `streamed`: of any length; as CSV its
    rows are read after the request has ended, outside of its language and time zone. `notes`: a second sheet of a workbook, by
    its name, its headings first.
    """

    name: str
    header: Sequence[Any]
    rows: Iterable[Sequence[Any]]
    zone: tzinfo | None = None
    streamed: bool = False
    notes: tuple[str, Sequence[Sequence[Any]]] | None = None
    of: Any = None

    @property
    def file_name(self) -> str:
        """Without its ending: “deployments-Churn-Model”."""
        whose = _NOT_IN_NAMES.sub("-", kept(str(self.of or ""))).strip("-.")[:_NAME_LENGTH]
        return f"{self.name}-{whose}" if whose else self.name


def kept(text: str) -> str:
    """A text as a file holds it and as it comes back: line ends are line feeds, control characters are left out."""
    return _UNWRITABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def says(cell: str, stored: str) -> bool:
    """Whether a cell that was read says what is stored, as a file holds it."""
    return kept(cell).strip() == kept(stored).strip()


def is_asked(request: HttpRequest) -> bool:
    """Whether the address asks for a file instead of the page."""
    return request.GET.get("format") in _WRITERS


def answer(request: HttpRequest, table: Table) -> HttpResponseBase:
    """The file that ?format= asks for; CSV where it names none. A workbook that would be too long leads back with a sentence."""
    kind = request.GET.get("format", "")
    try:
        return _WRITERS.get(kind, _csv)(table)
    except _TooLong:
        words = {"most": f"{MOST_ROWS:,}"}
        messages.error(
            request, _("This list has more than %(most)s rows, too many for an XLSX file. Take the CSV.") % words
        )
        query = request.GET.copy()
        query.pop("format")
        return redirect(f"{request.path}?{query.urlencode()}" if query else request.path)


class _TooLong(Exception):
    """More rows than a workbook shall have."""


def _named(response: HttpResponseBase, name: str, ending: str) -> None:
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}.{ending}")
    assert disposition is not None
    response.headers["Content-Disposition"] = disposition


# -- CSV ---------------------------------------------------------------------------------------------------------------


class _Echo:
    """A file that gives back what is written: csv.writer then makes one line at a time."""

    def write(self, text: str) -> str:
        return text


def _csv(table: Table) -> HttpResponseBase:
    """With a byte-order mark, so that spreadsheets read Japanese as UTF-8."""
    kind = "text/csv; charset=utf-8"
    lines = _lines(table)
    response = StreamingHttpResponse(lines, content_type=kind) if table.streamed else HttpResponse(lines, kind)
    _named(response, table.file_name, "csv")
    return response


def _lines(table: Table) -> Iterator[str]:
    yield "\ufeff"
    writer = csv.writer(_Echo())
    for row in chain([table.header], table.rows):
        yield writer.writerow([_as_text(value) for value in row])


def _as_text(value: Any) -> str:
    """None is empty; a number is written whole, never as 1e-07, which nobody types."""
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, int):
        return str(int(value))
    return str(harmless(kept(str(value))))


# -- XLSX --------------------------------------------------------------------------------------------------------------

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _xlsx(table: Table) -> HttpResponseBase:
    rows = list(islice(table.rows, MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise _TooLong
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.name[:_TITLE_LENGTH])
    # Before the first row: that is where the format has them.
    sheet.freeze_panes = "A2"
    for number, width in enumerate(_widths([table.header, *rows[:_SAMPLE]]), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    zone = table.zone or timezone.get_current_timezone()
    sheet.append([_heading(sheet, each) for each in table.header])
    for row in rows:
        sheet.append([_cell(sheet, value, zone) for value in row])
    if table.notes:
        _add_notes(book, *table.notes)
    file = BytesIO()
    book.save(file)
    response = HttpResponse(file.getvalue(), content_type=_XLSX)
    _named(response, table.file_name, "xlsx")
    return response


def _add_notes(book: Any, name: str, rows: Sequence[Sequence[Any]]) -> None:
    sheet = book.create_sheet(name[:_TITLE_LENGTH])
    for number, width in enumerate(_widths(rows), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    heading, *others = rows
    sheet.append([_heading(sheet, each) for each in heading])
    for row in others:
        sheet.append([_text(sheet, str(value)) for value in row])


def _heading(sheet: Any, text: Any) -> Any:
    cell = WriteOnlyCell(sheet, _as_text(str(text)))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: Any, zone: tzinfo) -> Any:
    if value is None or isinstance(value, (int, float)):
        return int(value) if isinstance(value, bool) else value
    if isinstance(value, datetime):
        return _instant(sheet, value, zone)
    if isinstance(value, date):
        return value if value.year >= _FIRST_YEAR else value.isoformat()
    return _text(sheet, str(value))


def _text(sheet: Any, text: str) -> Any:
    """A cell that is text whatever it looks like: neither a formula nor an error such as #N/A."""
    written = _as_text(text)
    if not written.startswith(("=", "#")):
        return written  # which is text to the library already, and takes half the time
    cell = WriteOnlyCell(sheet, written)
    cell.data_type = "s"
    return cell


_FIRST_YEAR = 1901  # spreadsheets know no earlier day, and disagree about 1900


def _instant(sheet: Any, value: datetime, zone: tzinfo) -> Any:
    """A real date and time, told in `zone`, which is named beside it: a spreadsheet knows none.

    As text with its offset where the date would not be read back as this instant: when clocks are put back, whose hour comes
    twice, and finer than milliseconds.
    """
    local = value.astimezone(zone)
    naive = local.replace(tzinfo=None, fold=0)
    if naive.year < _FIRST_YEAR or local.microsecond % 1000 or clock.shown_twice(local):
        return _text(sheet, local.isoformat())
    cell = WriteOnlyCell(sheet, naive)
    cell.number_format = f'yyyy-mm-dd hh:mm:ss" {zone}"'
    return cell


def _widths(rows: Sequence[Sequence[Any]]) -> Iterator[float]:
    for column in range(max(map(len, rows))):
        widest = max(_width(row[column]) for row in rows if column < len(row))
        yield min(max(widest + 2, _NARROWEST), _WIDEST)


def _width(value: Any) -> int:
    """In characters of a Latin digit; those of East Asia are two wide."""
    if isinstance(value, datetime):
        return 30
    lines = _as_text(value).split("\n")
    return max(sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in line[:_WIDEST]) for line in lines)


_WRITERS: dict[str, Callable[[Table], HttpResponseBase]] = {"csv": _csv, "xlsx": _xlsx}
