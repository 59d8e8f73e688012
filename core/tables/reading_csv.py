"""CSV as spreadsheets and programs write it: with commas, semicolons or tabs; UTF-8 with a byte-order mark or without, Shift_JIS.

It is taken apart as bytes, for which Latin-1 stands in: a comma, a quotation mark and the end of a line are never part of a
character of either encoding. So whatever cannot be read is told with its row.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext as _

from core.refusals import Refused
from core.tables.bounds import Line

DELIMITERS = (",", ";", "\t")
SHIFT_JIS = "cp932"  # as Windows writes it
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")  # no text has them
_NO_CHARACTER = re.compile("[\x80\uf8f0-\uf8f3]")  # what Python makes of bytes that Shift_JIS leaves free


def check_kind(content: bytes) -> None:
    """Refused for what cannot be CSV, with what to do instead."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(_("This is an old Excel file (.xls), or one with a password. Save it as .xlsx without one."))
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Refused(_("This file is written in UTF-16. Save it as “CSV UTF-8” or as .xlsx."))
    if _CONTROLS.search(content) or content.startswith((b"%PDF", b"{", b"<")):
        raise Refused(_("This is neither CSV nor an Excel file (.xlsx)."))


def lines(content: bytes, recognised: Callable[[Sequence[str]], int]) -> Iterator[Line]:
    """The rows. `recognised`: how many of these headings are known; the delimiter that makes the most of them is taken."""
    has_mark = content.startswith(codecs.BOM_UTF8)
    content = content.removeprefix(codecs.BOM_UTF8)
    encoding = "utf-8" if has_mark else _encoding(content)
    delimiter = max(DELIMITERS, key=lambda each: recognised(_first(content, encoding, each)))
    for number, record in _records(content, delimiter):
        cells = [cell.encode("latin-1") for cell in record]
        if encoding == SHIFT_JIS and _is_clearly_utf8(cells):
            raise Refused(_mixed(content, delimiter))
        try:
            yield Line(number, [_decoded(cell, encoding) for cell in cells])
        except UnicodeDecodeError:
            if not has_mark:
                raise Refused(_mixed(content, delimiter)) from None
            message = _("The file says that it is written in UTF-8, and row %(row)s is not. Save it as UTF-8.")
            raise Refused(message % {"row": number}) from None


def _encoding(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return SHIFT_JIS
    return "utf-8"


def _decoded(cell: bytes, encoding: str) -> str:
    text = cell.decode(encoding)
    if encoding == SHIFT_JIS and _NO_CHARACTER.search(text):
        raise UnicodeDecodeError(encoding, cell, 0, len(cell), "bytes that stand for no character")
    return text


def _is_clearly_utf8(cells: Sequence[bytes]) -> bool:
    """Whether a row has Japanese (three bytes a character) in UTF-8, which Shift_JIS hardly ever is by chance."""
    try:
        return any(character >= "\u0800" for cell in cells for character in cell.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _mixed(content: bytes, delimiter: str) -> str:
    """Why a file is neither UTF-8 nor Shift_JIS, with the rows that show it."""
    rows = [(number, [cell.encode("latin-1") for cell in record]) for number, record in _records(content, delimiter)]
    in_utf8 = next((number for number, cells in rows if _is_clearly_utf8(cells)), None)
    for number, cells in rows:
        if in_utf8 and not _reads(cells, "utf-8"):
            message = _(
                "The file mixes encodings: row %(row)s is written in UTF-8 and row %(other)s is not. Save all of it as UTF-8."
            )
            return message % {"row": in_utf8, "other": number}
        if not in_utf8 and not _reads(cells, SHIFT_JIS):
            message = _("Row %(row)s can be read neither as UTF-8 nor as Shift_JIS. Save the file as UTF-8.")
            return message % {"row": number}
    raise AssertionError("a file in one encoding was called mixed")


def _reads(cells: Sequence[bytes], encoding: str) -> bool:
    try:
        for cell in cells:
            _decoded(cell, encoding)
    except UnicodeDecodeError:
        return False
    return True


def _first(content: bytes, encoding: str, delimiter: str) -> list[str]:
    try:
        _number, record = next(_records(content, delimiter), (1, []))
    except Refused:  # with another delimiter its quotation marks may be right
        return []
    return [cell.encode("latin-1").decode(encoding, "replace") for cell in record]


def _records(content: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    text = io.StringIO(content.decode("latin-1"), newline="")
    reader, number = csv.reader(text, delimiter=delimiter, strict=True), 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise Refused(_("Row %(row)s has a cell that is too long.") % {"row": number}) from None
            message = _("Row %(row)s cannot be taken apart: a quotation mark is missing or stands in the wrong place.")
            raise Refused(message % {"row": number}) from None
        yield number, record
