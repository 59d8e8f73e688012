"""How often: bars of counted deployments."""

from __future__ import annotations

import plotly.graph_objects as go
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import charts
from core.charts import Chart, Link
from core.spans import days_text
from delivery.board import Board
from delivery.charts import axes
from delivery.charts.axes import caption, chart_url, period_column, point
from delivery.charts.words import label, so_far
from delivery.figures import Frequency
from delivery.periods import Bucket


def frequency_chart(board: Board) -> Chart:
    """Bars of counted deployments a week or month, unknown ones on top; nothing where nothing is known."""
    rows = board.by_bucket
    bars = [_counted_bar(board)]
    any_unknown = any(row.unknown for row in rows)
    if any_unknown:
        bars.append(_unknown_bar(board))
    most = max(((row.five.frequency.count if row.five.frequency else 0) + row.unknown for row in rows), default=0)
    is_empty = not most and any(row.five.frequency for row in rows)
    layout = {
        **axes.layout(board, _("deployments"), most, has_key=any_unknown),
        "barmode": "stack",
        **(axes.nothing(_("no deployment")) if is_empty else axes.no_data(board)),
    }
    return Chart(
        id="deployment-frequency",
        definition="delivery",
        figure=charts.figure(*bars, **layout),
        alt=_frequency_alt(board),
        caption=caption(board, _("Deployments per week") if board.choice.by == "week" else _("Deployments per month")),
        columns=[period_column(board), _("Deployments"), _("Deployment days"), _("Unknown")],
        rows=[
            [
                Link(label(board, row.bucket), point(board, "deployment_frequency", row.bucket)),
                row.five.frequency.count if row.five.frequency else None,
                row.five.frequency.deployment_days if row.five.frequency else None,
                row.unknown,
            ]
            for row in rows
        ],
        narrow=axes.narrow(board, has_key=any_unknown),
        **axes.size(not is_empty),
        export_url=chart_url(board, "deployment-frequency"),
    )


def _frequency_hover(board: Board, bucket: Bucket, figure: Frequency | None) -> str:
    if figure is None:
        return ""
    deployments = ngettext("%(count)s deployment", "%(count)s deployments", figure.count) % {"count": figure.count}
    days = ngettext("on %(count)s day", "on %(count)s days", figure.deployment_days) % {"count": figure.deployment_days}
    return (
        f"{label(board, bucket)}<br>{deployments} {days}"
        if figure.count
        else f"{label(board, bucket)}<br>{deployments}"
    )


def _widths(board: Board) -> list[float]:
    return [((bucket.end - bucket.start).days + 1) * axes.DAY_MS * 0.78 for bucket in board.buckets]


def _counted_bar(board: Board) -> go.Bar:
    rows = board.by_bucket
    growing = [so_far(board, row.bucket) for row in rows]
    counts = [row.five.frequency.count if row.five.frequency else None for row in rows]
    return go.Bar(
        x=[axes.x(row.bucket) for row in rows],
        y=counts,
        width=_widths(board),
        name=_("counted"),
        # The week or month that is not over yet is drawn lighter: it will grow.
        marker={
            "color": [charts.ACCENT_BAND if each else charts.ACCENT for each in growing],
            "line": {
                "color": charts.ACCENT,
                "width": [int(each and bool(count)) for each, count in zip(growing, counts, strict=True)],
            },
        },
        hovertext=[_frequency_hover(board, row.bucket, row.five.frequency) for row in rows],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=[point(board, "deployment_frequency", row.bucket) for row in rows],
    )


def _unknown_bar(board: Board) -> go.Bar:
    rows = board.by_bucket
    return go.Bar(
        x=[axes.x(row.bucket) for row in rows],
        y=[row.unknown for row in rows],
        width=_widths(board),
        name=_("unknown"),
        marker={"color": charts.CONTEXT},
        hovertemplate=_("%{y} unknown") + "<extra></extra>",
        customdata=[point(board, "deployment_frequency", row.bucket) for row in rows],
    )


def _frequency_alt(board: Board) -> str:
    figure = board.five.frequency
    if figure is None:
        return _("Deployment frequency, %(period)s: no data.") % {
            "period": days_text(board.shown.first, board.shown.last)
        }
    total = sum(row.five.frequency.count for row in board.by_bucket if row.five.frequency)
    return _(
        "Bar chart of deployments, %(period)s: %(count)s deployments, at most %(most)s deployment days in a week."
    ) % {
        "period": days_text(board.shown.first, board.shown.last),
        "count": total,
        "most": max(board.rows.days_per_week(board.shown), default=0),
    }
