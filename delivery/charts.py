"""The charts of delivery: numbers become Plotly figures. Pure; tested on the figure's data."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import charts
from core.charts import Chart, Link
from core.spans import days_text
from delivery.board import Board
from delivery.figures import Frequency, days_per_week, median
from delivery.periods import Bucket, By, start_of

TICKS, NARROW_TICKS = 8, 4
DAY_MS = 24 * 3600 * 1000


# -- Words --------------------------------------------------------------------------------------------------------


def hours_number(hours: float) -> str:
    """ "36.58", "1.5", "193.5": two decimals below a hundred, one above, none that are zero."""
    rounded = round(hours, 2 if abs(hours) < 100 else 1)
    text = number_format(rounded, force_grouping=True)
    return text.rstrip("0").rstrip(".") if "." in text else text


def hours_text(hours: float) -> str:
    return _("%(hours)s h") % {"hours": hours_number(hours)}


def figure_text(value: float) -> str:
    """A count or median without needless decimals: 1, 2.5."""
    return number_format(int(value) if value == int(value) else round(value, 2))


def bucket_text(bucket: Bucket, by: By) -> str:
    """A week as "2026-W35, 24 Aug – 30 Aug", a month as "Aug 2026"."""
    if by == "month":
        return date_format(bucket.start, "YEAR_MONTH_FORMAT")
    year, week, _day = bucket.start.isocalendar()
    return f"{year}-W{week:02}, {days_text(bucket.start, bucket.end, with_year=False)}"


def source_text(board: Board) -> str:
    """Where the numbers come from and how fresh they are."""
    if all(service.source.connection.is_sample for service in board.services):
        return _("sample data")
    count = sum(not service.source.connection.is_told for service in board.services)
    if not count:
        return _("imported") if all(service.is_imported for service in board.services) else _("pushed")
    names = ngettext("GitHub, %(count)s repository", "GitHub, %(count)s repositories", count) % {"count": count}
    if board.read_at is None:
        return names
    return _("%(source)s, read %(time)s") % {
        "source": names,
        "time": date_format(localtime(board.read_at), "DATETIME_FORMAT"),
    }


def _so_far(board: Board, bucket: Bucket) -> bool:
    return bucket.end > board.today


def _label(board: Board, bucket: Bucket) -> str:
    text = bucket_text(bucket, board.choice.by)
    return _("%(period)s (so far)") % {"period": text} if _so_far(board, bucket) else text


# -- Axes ---------------------------------------------------------------------------------------------------------


def _ticks(found: Sequence[Bucket], by: By, most: int) -> dict[str, Any]:
    """Evenly spread ticks at the middle of their buckets, in the reader's words."""
    if not found:
        return {}
    step = -(-len(found) // most)
    chosen = found[::step]
    long = by == "month" or (found[-1].end - found[0].start).days > 400
    words = "YEAR_MONTH_FORMAT" if long else "MONTH_DAY_FORMAT"
    return {
        "tickvals": [_x(bucket) for bucket in chosen],
        "ticktext": [date_format(bucket.start, words) for bucket in chosen],
    }


def _x(bucket: Bucket) -> str:
    return bucket.middle.isoformat()


def _time_axis(found: Sequence[Bucket], by: By, most: int) -> dict[str, Any]:
    edges = [found[0].start.isoformat(), (found[-1].end + timedelta(days=1)).isoformat()] if found else None
    return {"type": "date", "range": edges, **_ticks(found, by, most)}


def _layout(board: Board, unit: str, most: float) -> dict[str, Any]:
    few = {"dtick": 1} if most <= 6 else {"nticks": 6}
    return {
        "xaxis": _time_axis(board.buckets, board.choice.by, TICKS),
        "yaxis": {"rangemode": "tozero", "title": {"text": unit}, **few},
        "hovermode": "closest",
        "margin": {"l": 40, "r": 12, "t": 28, "b": 28},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    }


def _narrow(board: Board) -> dict[str, Any]:
    return {
        "xaxis": _time_axis(board.buckets, board.choice.by, NARROW_TICKS),
        "margin": {"l": 36, "r": 8, "t": 28, "b": 28},
    }


def _no_data(board: Board) -> dict[str, Any]:
    """A shaded stretch before anything is known: no data is a gap, not a row of zeros."""
    known_from, found = board.deployments.known_from, board.buckets
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


def _nothing(text: str) -> dict[str, Any]:
    """Of a chart without anything to draw, the layout that says so: axes and a legend alone would look broken."""
    note = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "text": text, "showarrow": False}
    return {"annotations": [note], "showlegend": False, "yaxis": {"visible": False, "range": [0, 1]}}


def _listing(name: str, board: Board, bucket: Bucket, **more: str) -> str:
    query = {"from": bucket.first.isoformat(), "to": bucket.last.isoformat(), **more}
    return f"{reverse(name, args=[board.team.pk])}?{urlencode(query)}"


# -- Deployment frequency -----------------------------------------------------------------------------------------


def frequency_chart(board: Board) -> Chart:
    """Bars of counted deployments a week or month, unknown ones on top; nothing where nothing is known."""
    rows = board.by_bucket
    bars = [_counted_bar(board)]
    any_unknown = any(row.unknown for row in rows)
    if any_unknown:
        bars.append(_unknown_bar(board))
    most = max(((row.frequency.count if row.frequency else 0) + row.unknown for row in rows), default=0)
    layout = {
        **_layout(board, _("deployments"), most),
        **_no_data(board),
        "barmode": "stack",
        "showlegend": any_unknown,
        **(_nothing(_("no deployment")) if not most and any(row.frequency for row in rows) else {}),
    }
    return Chart(
        id="deployment-frequency",
        definition="delivery",
        figure=charts.figure(*bars, **layout),
        alt=_frequency_alt(board),
        caption=_caption(board, _("Deployments per week") if board.choice.by == "week" else _("Deployments per month")),
        columns=[_period_column(board), _("Deployments"), _("Deployment days"), _("Unknown")],
        rows=[
            [
                Link(_label(board, row.bucket), _listing("deployments", board, row.bucket, show="counted")),
                row.frequency.count if row.frequency else None,
                row.frequency.deployment_days if row.frequency else None,
                row.unknown,
            ]
            for row in rows
        ],
        narrow=_narrow(board),
        export_url=f"{reverse('delivery-frequency-csv', args=[board.team.pk])}?{board.choice.query}",
    )


def _frequency_hover(board: Board, bucket: Bucket, figure: Frequency | None) -> str:
    if figure is None:
        return ""
    deployments = ngettext("%(count)s deployment", "%(count)s deployments", figure.count) % {"count": figure.count}
    days = ngettext("on %(count)s day", "on %(count)s days", figure.deployment_days) % {"count": figure.deployment_days}
    return (
        f"{_label(board, bucket)}<br>{deployments} {days}"
        if figure.count
        else f"{_label(board, bucket)}<br>{deployments}"
    )


def _widths(board: Board) -> list[float]:
    return [((bucket.end - bucket.start).days + 1) * DAY_MS * 0.78 for bucket in board.buckets]


def _counted_bar(board: Board) -> go.Bar:
    rows = board.by_bucket
    growing = [_so_far(board, row.bucket) for row in rows]
    return go.Bar(
        x=[_x(row.bucket) for row in rows],
        y=[row.frequency.count if row.frequency else None for row in rows],
        width=_widths(board),
        name=_("counted"),
        # The week or month that is not over yet is drawn lighter: it will grow.
        marker={
            "color": [charts.ACCENT_BAND if each else charts.ACCENT for each in growing],
            "line": {"color": charts.ACCENT, "width": [1 if each else 0 for each in growing]},
        },
        hovertext=[_frequency_hover(board, row.bucket, row.frequency) for row in rows],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=[_listing("deployments", board, row.bucket, show="counted") for row in rows],
    )


def _unknown_bar(board: Board) -> go.Bar:
    rows = board.by_bucket
    return go.Bar(
        x=[_x(row.bucket) for row in rows],
        y=[row.unknown for row in rows],
        width=_widths(board),
        name=_("unknown"),
        marker={"color": charts.CONTEXT},
        hovertemplate=_("%{y} unknown") + "<extra></extra>",
        customdata=[_listing("deployments", board, row.bucket, show="unknown") for row in rows],
    )


def _frequency_alt(board: Board) -> str:
    figure = board.frequency()
    if figure is None:
        return _("Deployment frequency, %(period)s: no data.") % {
            "period": days_text(board.shown.first, board.shown.last)
        }
    total = sum(day in board.shown for day in board.deployments.days)
    return _(
        "Bar chart of deployments, %(period)s: %(count)s deployments, at most %(most)s deployment days in a week."
    ) % {
        "period": days_text(board.shown.first, board.shown.last),
        "count": total,
        "most": max(days_per_week(board.deployments.days, board.shown), default=0),
    }


def _caption(board: Board, what: str) -> str:
    parts = [
        what,
        days_text(board.shown.first, board.shown.last),
        source_text(board),
        _("days of %(zone)s") % {"zone": board.deployments.zone.key},
    ]
    return " · ".join(parts)


def _period_column(board: Board) -> str:
    return _("Week") if board.choice.by == "week" else _("Month")


# -- MTTR ---------------------------------------------------------------------------------------------------------


def mttr_chart(board: Board) -> Chart:
    """Mean and median hours to resolve by the week or month of the resolution, each incident as a point; gaps where none was."""
    hours = [each.hours for each in board.resolved if each.day in board.shown]
    traces = [_incident_points(board), _line(board, "median"), _line(board, "mean")]
    layout = {**_layout(board, _("hours"), max([*hours, 7])), "showlegend": True}
    if not hours:
        layout |= _nothing(_("no incident resolved") if board.counts_incidents else _("no data"))
    return Chart(
        id="mttr",
        definition="delivery",
        figure=charts.figure(*traces, **layout),
        alt=_mttr_alt(board),
        caption=_caption(board, _("Hours from began to resolved, by the time of the resolution")),
        columns=[_period_column(board), _("Resolved"), _("Mean (h)"), _("Median (h)"), _("Longest (h)")],
        rows=[
            [
                Link(_label(board, row.bucket), _listing("incidents", board, row.bucket)),
                row.recovery.count,
                _rounded(row.recovery.mean),
                _rounded(row.recovery.median),
                _rounded(max(row.recovery.hours, default=None)),
            ]
            for row in board.by_bucket
        ],
        narrow=_narrow(board),
        export_url=f"{reverse('delivery-mttr-csv', args=[board.team.pk])}?{board.choice.query}",
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _incident_points(board: Board) -> go.Scatter:
    points = [each for each in board.resolved if each.day in board.shown]
    return go.Scatter(
        x=[localtime(each.resolved_at, board.deployments.zone).replace(tzinfo=None).isoformat() for each in points],
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
    values = [row.recovery.mean if is_mean else row.recovery.median for row in board.by_bucket]
    return go.Scatter(
        x=[_x(bucket) for bucket in board.buckets],
        y=values,
        mode="lines+markers",
        connectgaps=False,
        name=name,
        line={"color": charts.ACCENT, "width": 2.25}
        if is_mean
        else {"color": charts.MUTED, "width": 1.5, "dash": "dot"},
        marker={"size": 7 if is_mean else 6, "symbol": "circle" if is_mean else "diamond"},
        hovertext=[
            "" if value is None else f"{_label(board, bucket)}<br>{name} {hours_text(value)}"
            for bucket, value in zip(board.buckets, values, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=[_listing("incidents", board, bucket) for bucket in board.buckets],
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
