"""How fast after an incident, whoever caused it: mean and median hours to resolve."""

from __future__ import annotations

import statistics

import plotly.graph_objects as go
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core import charts
from core.charts import Chart, Link
from core.spans import days_text
from delivery.board import Board
from delivery.charts import axes
from delivery.charts.axes import caption, chart_url, period_column, point
from delivery.charts.words import label
from delivery.figures import median
from delivery.words import hours_text


def mttr_chart(board: Board) -> Chart:
    """Mean and median hours to resolve by the week or month of the resolution, each incident as a point; gaps where none was."""
    hours = [each.hours for each in board.resolved if each.day in board.shown]
    traces = [_incident_points(board), _line(board, "median"), _line(board, "mean")]
    layout = axes.layout(board, _("hours"), max([*hours, 7]), has_key=bool(hours))
    if not hours:
        layout |= axes.nothing(_("no incident resolved") if board.reads.incidents else _("no data"))
    return Chart(
        id="mttr",
        definition="delivery",
        figure=charts.figure(*traces, **layout),
        alt=_mttr_alt(board),
        caption=caption(board, _("Hours from began to resolved, by the time of the resolution")),
        columns=[period_column(board), _("Resolved"), _("Mean (h)"), _("Median (h)"), _("Longest (h)")],
        rows=[
            [
                Link(label(board, row.bucket), point(board, "mttr", row.bucket)),
                row.five.mttr.count,
                _rounded(row.five.mttr.mean),
                _rounded(row.five.mttr.median),
                _rounded(row.five.mttr.hours.longest),
            ]
            for row in board.by_bucket
        ],
        narrow=axes.narrow(board, has_key=bool(hours)),
        **axes.size(bool(hours)),
        export_url=chart_url(board, "mttr"),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _incident_points(board: Board) -> go.Scatter:
    points = [each for each in board.resolved if each.day in board.shown]
    return go.Scatter(
        x=[localtime(each.resolved_at, board.zone).replace(tzinfo=None).isoformat() for each in points],
        y=[each.hours for each in points],
        mode="markers",
        name=_("incidents"),
        marker={"color": charts.MUTED, "size": 6, "opacity": 0.7},
        # Titles come from the host: escaped, since Plotly reads <a> and <b>.
        hovertext=[f"{charts.plain(each.title[:80])}<br>{hours_text(each.hours)}" for each in points],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _line(board: Board, which: str) -> go.Scatter:
    is_mean = which == "mean"
    name = _("mean") if is_mean else _("median")
    values = [row.five.mttr.mean if is_mean else row.five.mttr.median for row in board.by_bucket]
    return go.Scatter(
        x=[axes.x(bucket) for bucket in board.buckets],
        y=values,
        mode="lines+markers",
        connectgaps=False,
        name=name,
        line={"color": charts.ACCENT, "width": 2.25}
        if is_mean
        else {"color": charts.MUTED, "width": 1.5, "dash": "dot"},
        marker={"size": 7 if is_mean else 6, "symbol": "circle" if is_mean else "diamond"},
        hovertext=[
            "" if value is None else f"{label(board, bucket)}<br>{name} {hours_text(value)}"
            for bucket, value in zip(board.buckets, values, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=[point(board, "mttr", bucket) for bucket in board.buckets],
    )


def _mttr_alt(board: Board) -> str:
    hours = [each.hours for each in board.resolved if each.day in board.shown]
    if not hours:
        return _("Time to restore, %(period)s: no incident was resolved, so there is no data.") % {
            "period": days_text(board.shown.first, board.shown.last)
        }
    return _(
        "Line chart of the time to restore, %(period)s: %(count)s incidents resolved, mean %(mean)s, median %(median)s."
    ) % {
        "period": days_text(board.shown.first, board.shown.last),
        "count": len(hours),
        "mean": hours_text(statistics.fmean(hours)),
        "median": hours_text(median(hours) or 0),
    }
