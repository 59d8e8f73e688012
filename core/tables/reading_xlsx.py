"""XLSX: the first sheet of the file, read row by row. How large it will be is looked at before any of it is unpacked."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import openpyxl
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from core.refusals import Refused
from core.sizes import size_text
from core.tables.bounds import Bounds, Line

log = logging.getLogger(__name__)

MOST_PARTS = 1000  # files within the archive; a workbook has a few dozen
MOST_TAGS = 1_500_000  # in one of them: each becomes an object in memory; 20,000 rows of 15 cells have 1,200,000
CHUNK = 1 << 20
assert openpyxl.DEFUSEDXML, "defusedxml is missing: XML that expands without end would be read"


def is_zip(content: bytes) -> bool:
    return content.startswith(b"PK")


def lines(content: bytes, bounds: Bounds) -> Iterator[Line]:
    """The rows of the first sheet. Refused for another archive, a damaged one, and one that is too large unpacked."""
    try:
        _check(zipfile.ZipFile(io.BytesIO(content)), bounds)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        yield from _rows(book.worksheets[0], bounds)
    except Refused:
        raise
    except Exception as error:  # whatever the libraries make of a file that is none
        log.info("a workbook cannot be read: %s: %s", type(error).__name__, error)
        raise Refused(_("The Excel file is damaged. Open it, save it anew as .xlsx and upload that.")) from None


def _check(archive: zipfile.ZipFile, bounds: Bounds) -> None:
    """First what the archive says of its sizes, then what it really unpacks to."""
    parts = archive.infolist()
    if "[Content_Types].xml" not in (part.filename for part in parts):
        raise Refused(_("This is neither CSV nor an Excel file (.xlsx)."))
    if sum(part.file_size for part in parts) > bounds.unpacked or len(parts) > MOST_PARTS:
        raise _too_large(bounds)
    unpacked = 0
    for part in parts:
        tags = 0
        with archive.open(part) as stream:
            while chunk := stream.read(CHUNK):
                unpacked += len(chunk)
                tags += chunk.count(b"<")
                if unpacked > bounds.unpacked or tags > MOST_TAGS:
                    raise _too_large(bounds)


def _too_large(bounds: Bounds) -> Refused:
    message = _("The Excel file is too large once it is unpacked. At most %(most)s can be read: split it.")
    return Refused(message % {"most": size_text(bounds.unpacked)})


def _rows(sheet: Any, bounds: Bounds) -> Iterator[Line]:
    sheet.reset_dimensions()  # what the file says of them may be wrong, and would cut rows off
    first = _line(1, next(sheet.iter_rows(max_row=1, max_col=bounds.columns), ()))
    while first.cells and not first.cells[-1]:
        first.cells.pop()
    if first.problem:
        raise Refused(str(first.problem))
    if first.cells:
        yield first
        # One more than there are headings, so that a cell without one is noticed. Rows that are left out of the file count.
        for number, cells in enumerate(sheet.iter_rows(min_row=2, max_col=len(first.cells) + 1), start=2):
            yield _line(number, cells)


def _line(number: int, cells: Sequence[Any]) -> Line:
    found: list[str] = []
    problem: str | Promise = ""
    for position, cell in enumerate(cells, start=1):
        if cell.value is not None and cell.data_type in _TOLD:
            place = f"{get_column_letter(position)}{number}"
            problem = problem or _at(_TOLD[cell.data_type], place)
        found.append("" if cell.value is None or cell.data_type in _TOLD else _text(cell.value))
    return Line(number, found, problem)


def _told(sentence: Promise, place: str) -> str:
    return str(sentence) % {"cell": place}


_at = lazy(_told, str)

# A formula is not worked out here, and what a program stored beside it may be out of date.
_TOLD = {
    "f": gettext_lazy("Cell %(cell)s holds a formula. Put its value there instead, or write it as text."),
    "e": gettext_lazy("Cell %(cell)s holds an error instead of a value."),
}


def _text(value: Any) -> str:
    """A cell's value as text: a day as 2026-04-01, 3.0 as 3, a boolean as true or false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
