"""The charts of trends: plain functions from numbers to figures, tested on the figure's data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go
from django.template.defaultfilters import date as as_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import charts
from core.charts import ACCENT, MUTED, Chart
from core.spans import days_text
from core.templatetags.portal import shown_as
from insights.trends import Trend

TICKS, NARROW_TICKS = 7, 4


def trend_chart(trend: Trend, *, csv_url: str) -> Chart:
    """The figure at each month's end as a line with gaps where there is no data, dotted what it is compared with."""
    lines = [_line(trend.days, trend.expected, trend.expected_name, {"color": MUTED, "width": 1.25, "dash": "dot"})]
    lines.append(
        _line(trend.days, trend.values, str(trend.figure.title), {"color": ACCENT, "width": 2.25}, points=True)
    )
    shown = lines if any(value is not None for value in trend.expected) else lines[1:]
    percent = {"tickformat": ".0%", "range": [0, 1.04], "dtick": 0.25} if trend.figure.is_share else {"nticks": 5}
    return Chart(
        id=trend.figure.id.replace("_", "-"),
        figure=charts.figure(
            *shown,
            xaxis=_months(trend.days, TICKS),
            yaxis={"rangemode": "tozero", **percent},
            margin={"l": 44, "r": 16, "t": 28, "b": 28},
            showlegend=len(shown) > 1,
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        ),
        alt=_alt(trend),
        caption=_caption(trend),
        columns=[_("Day"), str(trend.figure.title), *([trend.expected_name] if len(shown) > 1 else [])],
        rows=_rows(trend, with_expected=len(shown) > 1),
        narrow={"xaxis": _months(trend.days, NARROW_TICKS)},
        csv_url=csv_url,
    )


def _line(days: Sequence[date], values: Sequence[float | None], name: str, line: Any, *, points: bool = False) -> Any:
    return go.Scatter(
        x=[day.isoformat() for day in days],
        y=list(values),
        name=charts.plain(name),
        mode="lines+markers" if points else "lines",
        line=line,
        marker={"size": 6},
        connectgaps=False,
        cliponaxis=False,
    )


def _months(days: Sequence[date], most: int) -> dict[str, Any]:
    """A mark under every n-th month's end, counted from today."""
    step = -(-len(days) // most)
    chosen = list(reversed(days))[::step]
    return {
        "type": "date",
        "range": [days[0].isoformat(), days[-1].isoformat()],
        "tickvals": [day.isoformat() for day in chosen],
        "ticktext": [as_date(day, "M y") if day.month == 1 else date_format(day, "M") for day in chosen],
    }


def _rows(trend: Trend, *, with_expected: bool) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for number, day in enumerate(trend.days):
        cells = [trend.values[number], *([trend.expected[number]] if with_expected else [])]
        rows.append([date_format(day, "DATE_FORMAT"), *(shown_as(value, trend.figure) for value in cells)])
    return rows


def _alt(trend: Trend) -> str:
    words = {"figure": trend.figure.title, "period": days_text(trend.days[0], trend.days[-1])}
    if trend.is_empty:
        return _("%(figure)s, %(period)s: no data.") % words
    known = [value for value in trend.values if value is not None]
    ends = {"first": shown_as(known[0], trend.figure), "last": shown_as(known[-1], trend.figure)}
    return _("Line chart of %(figure)s, %(period)s: from %(first)s to %(last)s.") % (words | ends)


def _caption(trend: Trend) -> str:
    unit = _("percent") if trend.figure.is_share else str(trend.figure.unit)
    return " · ".join([unit, _("at the end of each month, and today"), days_text(trend.days[0], trend.days[-1])])
