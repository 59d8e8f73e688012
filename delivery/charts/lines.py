"""Lines of a figure by week or month: lead time, change failure rate, recovery, rework, and the stages of the two times.

A gap is no data; zero is drawn where zero is a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core import charts
from core.charts import Chart, Link
from core.spans import days_text
from delivery.board import Board, BucketFigures
from delivery.charts import axes
from delivery.charts.axes import caption, chart_url, period_column, point
from delivery.charts.words import label
from delivery.figures import Share
from delivery.words import duration_text, percent_text

Text = str | Promise
# The first line is the figure, the others are context; none is told by its colour alone.
STYLES: list[dict[str, Any]] = [
    {"line": {"color": charts.ACCENT, "width": 2.25}, "marker": {"size": 7, "symbol": "circle"}},
    {"line": {"color": charts.MUTED, "width": 1.5, "dash": "dot"}, "marker": {"size": 6, "symbol": "diamond"}},
    {"line": {"color": charts.RISK, "width": 1.5, "dash": "dash"}, "marker": {"size": 6, "symbol": "square"}},
    {
        "line": {"color": charts.CONTEXT, "width": 1.5, "dash": "dashdot"},
        "marker": {"size": 7, "symbol": "triangle-up"},
    },
]


@dataclass(frozen=True)
class Line:
    """`values`: one a bucket, None is no data; `said` is what stands beside a value where one points at it."""

    name: str
    values: Sequence[float | None]
    said: Sequence[str]


@dataclass(frozen=True)
class Drawn:
    """What one chart of lines shows. `columns` and `cells` are the data table behind it, without the period."""

    id: str
    figure: str  # whose points it leads to
    what: str  # of the caption
    unit: str
    lines: Sequence[Line]
    columns: Sequence[str]
    cells: Sequence[Sequence[Any]]
    nothing: str  # what is said where no value is known
    alt: str
    is_share: bool = False


def draw(board: Board, drawn: Drawn) -> Chart:
    known = [value for line in drawn.lines for value in line.values if value is not None]
    has_key = len(drawn.lines) > 1 and bool(known)
    layout = axes.layout(board, drawn.unit, max([*known, 7]), has_key=has_key)
    if drawn.is_share:
        layout["yaxis"] = {
            "rangemode": "tozero",
            "tickformat": ".0%",
            "nticks": 6,
            "range": [0, max([*known, 0.25]) * 1.08],
        }
    if not known:
        layout |= axes.nothing(drawn.nothing)
    return Chart(
        id=drawn.id,
        definition="delivery",
        figure=charts.figure(*(_trace(board, drawn, number) for number in range(len(drawn.lines))), **layout),
        alt=drawn.alt,
        caption=caption(board, drawn.what),
        columns=[period_column(board), *drawn.columns],
        rows=[
            [Link(label(board, row.bucket), point(board, drawn.figure, row.bucket)), *cells]
            for row, cells in zip(board.by_bucket, drawn.cells, strict=True)
        ],
        narrow=axes.narrow(board, has_key=has_key),
        **axes.size(bool(known)),
        export_url=chart_url(board, drawn.id),
    )


def _trace(board: Board, drawn: Drawn, number: int) -> go.Scatter:
    line = drawn.lines[number]
    return go.Scatter(
        x=[axes.x(row.bucket) for row in board.by_bucket],
        y=list(line.values),
        mode="lines+markers",
        connectgaps=False,
        cliponaxis=False,
        name=charts.plain(line.name),
        **STYLES[number],
        hovertext=[
            "" if value is None else f"{label(board, row.bucket)}<br>{charts.plain(line.name)} {said}"
            for row, value, said in zip(board.by_bucket, line.values, line.said, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=[point(board, drawn.figure, row.bucket) for row in board.by_bucket],
    )


def hours_line(board: Board, name: Text, value: Callable[[BucketFigures], float | None]) -> Line:
    values = [value(row) for row in board.by_bucket]
    return Line(str(name), values, [duration_text(each) for each in values])


def share_line(board: Board, name: Text, share: Callable[[BucketFigures], Share]) -> Line:
    """With a gap where there is no data."""
    shares = [share(row) for row in board.by_bucket]
    return Line(str(name), [each.value for each in shares], [_share_said(each) for each in shares])


def _share_said(share: Share) -> str:
    if share.value is None:
        return ""
    words = {"percent": percent_text(share.value), "part": share.part, "whole": share.whole}
    return _("%(percent)s (%(part)s of %(whole)s)") % words


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def alt_of(board: Board, title: Text, values: Sequence[float | None], said: Callable[[float], str]) -> str:
    """A sentence for who does not see the line: where it begins, where it ends."""
    words = {"figure": title, "period": days_text(board.shown.first, board.shown.last)}
    known = [value for value in values if value is not None]
    if not known:
        return _("%(figure)s, %(period)s: no data.") % words
    ends = {"first": said(known[0]), "last": said(known[-1])}
    return _("Line chart of %(figure)s, %(period)s: from %(first)s to %(last)s.") % (words | ends)
