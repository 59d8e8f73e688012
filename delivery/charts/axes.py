"""Axes, and what every chart of delivery shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import charts
from core.spans import days_text
from delivery.addresses import point_url
from delivery.board import Board
from delivery.charts.words import source_text
from delivery.periods import Bucket, By, start_of

TICKS, NARROW_TICKS = 8, 4
TOP, TOP_WITH_KEY = 12, 28  # pixels above the drawing
EMPTY = "is-none"  # the size of a chart that has nothing to draw
DAY_MS = 24 * 3600 * 1000


def ticks(found: Sequence[Bucket], by: By, most: int) -> dict[str, Any]:
    """Evenly spread ticks at the middle of their buckets, in the reader's words."""
    if not found:
        return {}
    step = -(-len(found) // most)
    chosen = found[::step]
    long = by == "month" or (found[-1].end - found[0].start).days > 400
    words = "YEAR_MONTH_FORMAT" if long else "MONTH_DAY_FORMAT"
    return {
        "tickvals": [x(bucket) for bucket in chosen],
        "ticktext": [date_format(bucket.start, words) for bucket in chosen],
    }


def x(bucket: Bucket) -> str:
    return bucket.middle.isoformat()


def time_axis(found: Sequence[Bucket], by: By, most: int) -> dict[str, Any]:
    edges = [found[0].start.isoformat(), (found[-1].end + timedelta(days=1)).isoformat()] if found else None
    return {"type": "date", "range": edges, **ticks(found, by, most)}


def layout(board: Board, unit: str, most: float, *, has_key: bool) -> dict[str, Any]:
    few = {"dtick": 1} if most <= 6 else {"nticks": 6}
    return {
        "xaxis": time_axis(board.buckets, board.choice.by, TICKS),
        "yaxis": {"rangemode": "tozero", "title": {"text": unit}, **few},
        "hovermode": "closest",
        "showlegend": has_key,
        "margin": {"l": 40, "r": 12, "t": TOP_WITH_KEY if has_key else TOP, "b": 28},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    }


def narrow(board: Board, *, has_key: bool) -> dict[str, Any]:
    return {
        "xaxis": time_axis(board.buckets, board.choice.by, NARROW_TICKS),
        "margin": {"l": 36, "r": 8, "t": TOP_WITH_KEY if has_key else TOP, "b": 28},
    }


def no_data(board: Board) -> dict[str, Any]:
    """A shaded stretch before anything is known: no data is a gap, not a row of zeros."""
    known_from, found = board.rows.deployments.known_from, board.buckets
    until = start_of(known_from, board.choice.by) if known_from else board.today
    if not found or until <= found[0].start:
        return {}
    shape = {
        "type": "rect", "xref": "x", "yref": "paper", "x0": found[0].start.isoformat(), "x1": until.isoformat(),
        "y0": 0, "y1": 1, "fillcolor": charts.GRID, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    middle = found[0].start + (until - found[0].start) / 2
    note = {"x": middle.isoformat(), "y": 0.5, "yref": "paper", "text": _("no data"), "showarrow": False}
    wide = (until - found[0].start).days > (found[-1].end - found[0].start).days / 6
    return {"shapes": [shape], "annotations": [note] if wide else []}


def nothing(text: str) -> dict[str, Any]:
    """Of a chart without anything to draw, the layout that says so: axes and a legend alone would look broken."""
    note = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "text": text, "showarrow": False}
    return {"annotations": [note], "showlegend": False, "yaxis": {"visible": False, "range": [0, 1]}}


def size(known: bool) -> dict[str, Any]:
    """The arguments of a chart: one that has nothing to draw takes less of the page."""
    return {} if known else {"size": EMPTY}


def point(board: Board, figure: str, bucket: Bucket) -> str:
    """The page with what is behind one week or month of a figure."""
    return point_url(board.team.pk, figure, bucket.first, bucket.last, board.choice.query)


def chart_url(board: Board, name: str) -> str:
    """Where a chart is had as a file."""
    return f"{reverse('delivery-chart', args=[board.team.pk, name])}?{board.choice.query}"


def caption(board: Board, what: str) -> str:
    parts = [
        what,
        days_text(board.shown.first, board.shown.last),
        source_text(board),
        _("days of %(zone)s") % {"zone": board.zone.key},
    ]
    return " · ".join(parts)


def period_column(board: Board) -> str:
    return _("Week") if board.choice.by == "week" else _("Month")
