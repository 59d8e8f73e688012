"""Reads a table that somebody uploads, CSV or XLSX, within bounds. Whatever it cannot read it refuses in one sentence.

The kind is found by the content, never by the name. Every cell comes as text: a day of a spreadsheet as 2026-04-01, a number as
it is written shortest. A formula is refused where it stands; a text that begins like one is a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.refusals import Refused
from core.sizes import size_text
from core.tables import reading_csv, reading_xlsx
from core.tables.bounds import BOUNDS, Bounds, Line
from core.tables.cells import as_written, in_every_language, plain, short


@dataclass(frozen=True)
class Column:
    """A column of a table: found by its `key`, or by its `header` in any language of the portal.

    `example` stands in the first row of a template to download, `help` says what belongs here. `names`: says what a row is about.
    """

    key: str
    header: str | Promise
    help: str | Promise = ""
    example: str | Promise = ""
    required: bool = False
    names: bool = False


@dataclass(frozen=True)
class Row:
    """A row by its number in the file, where the headings are row 1. `cells` has a text for every column, "" where it is empty.

    `problem`: why the row cannot be understood, whatever its columns mean, in the language of whoever reads it. `title`: what it
    seems to be about.
    """

    number: int
    cells: dict[str, str]
    problem: str | Promise = ""
    title: str = ""

    def __getitem__(self, key: str) -> str:
        return self.cells[key]


@dataclass(frozen=True)
class Table:
    """`left_out`: headings of columns that nobody asked for."""

    rows: list[Row]
    left_out: list[str] = field(default_factory=list)


def read_table(content: bytes, columns: Sequence[Column], bounds: Bounds = BOUNDS) -> Table:
    """The rows of the file that are not empty. Refused, about the field `file`, for what is no table of these columns."""
    try:
        return _read(content, columns, bounds)
    except Refused as error:
        raise Refused(error.message, "file") from None


def _read(content: bytes, columns: Sequence[Column], bounds: Bounds) -> Table:
    check_size(len(content), bounds)
    lines = _lines(content, columns, bounds)
    first = next(lines, None)
    if first is None:
        raise Refused(_("The file is empty."))
    heading = _heading(first, columns)
    rows = [_row(line, heading, columns) for line in _bounded(lines, bounds) if line.problem or any(line.cells)]
    if not rows:
        raise Refused(_("The file has headings and no rows below them."))
    unknown = [name for name, column in zip(first.cells, heading, strict=True) if column is None and name]
    return Table(rows, [short(name) for name in unknown])


def check_size(size: int, bounds: Bounds = BOUNDS) -> None:
    if size > bounds.size:
        message = _("The file has %(size)s. At most %(most)s can be read: split it.")
        raise Refused(message % {"size": size_text(size), "most": size_text(bounds.size)}, "file")
    if not size:
        raise Refused(_("The file is empty."), "file")


def _lines(content: bytes, columns: Sequence[Column], bounds: Bounds) -> Iterator[Line]:
    if reading_xlsx.is_zip(content):
        return reading_xlsx.lines(content, bounds)
    reading_csv.check_kind(content)
    known = {reading for column in columns for reading in _readings(column)}
    return reading_csv.lines(content, lambda cells: sum(plain(cell) in known for cell in cells))


def _bounded(lines: Iterable[Line], bounds: Bounds) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        if number > bounds.rows:
            message = _("The table has more than %(most)s rows, empty ones counted too. Split it.")
            raise Refused(message % {"most": f"{bounds.rows:,}"})
        yield line


def _readings(column: Column) -> set[str]:
    return {plain(column.key), *in_every_language(column.header)}


def _heading(first: Line, columns: Sequence[Column]) -> list[Column | None]:
    """The column of each cell of the first row; None for one that nobody asked for."""
    readings = {reading: column for column in columns for reading in _readings(column)}
    found = [readings.get(plain(cell)) for cell in first.cells]
    if not any(found):
        names = _(", ").join(str(column.header) for column in columns)
        raise Refused(_("The first row has none of the headings of this table: %(names)s.") % {"names": names})
    for column in columns:
        if found.count(column) > 1:
            raise Refused(_("The heading “%(name)s” stands there twice.") % {"name": column.header})
        if column.required and column not in found:
            raise Refused(_("The column “%(name)s” is missing.") % {"name": column.header})
    return found


def _row(line: Line, heading: Sequence[Column | None], columns: Sequence[Column]) -> Row:
    cells = {column.key: "" for column in columns}
    for column, cell in zip(heading, line.cells, strict=False):
        if column is not None:
            cells[column.key] = as_written(cell.replace("\r\n", "\n").replace("\r", "\n"))
    problem = line.problem
    if not problem and any(islice(line.cells, len(heading), None)):
        problem = gettext_lazy("The row has more cells than there are headings.")
    if not problem:
        problem = _lacking(cells, columns)
    by_name = sorted(columns, key=lambda column: not column.names)
    title = next((cells[column.key] for column in by_name if cells[column.key].strip()), "")
    return Row(line.number, cells, problem, title)


def _lacking(cells: dict[str, str], columns: Sequence[Column]) -> str | Promise:
    missing = [column.header for column in columns if column.required and not cells[column.key].strip()]
    return _fill_in(missing) if missing else ""


def _filled(headers: Sequence[str | Promise]) -> str:
    return _("Fill in: %(names)s.") % {"names": _(", ").join(str(each) for each in headers)}


_fill_in = lazy(_filled, str)
