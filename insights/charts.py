"""The charts of the portfolio and of trends: plain functions from numbers to figures, tested on the figure's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import plotly.graph_objects as go
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import charts
from core.charts import ACCENT, BORDER, LEVELS, MUTED, Chart
from core.spans import days_text
from core.templatetags.portal import shown_as
from insights import levels
from insights.levels import AreaTrend
from insights.trends import Trend

TICKS, NARROW_TICKS = 7, 4


def trend_chart(trend: Trend, *, export_url: str) -> Chart:
    """The figure at each month's end as a line with gaps where there is no data, dotted what it is compared with."""
    lines = [_line(trend.days, trend.expected, trend.expected_name, {"color": MUTED, "width": 1.25, "dash": "dot"})]
    lines.append(
        _line(trend.days, trend.values, str(trend.figure.title), {"color": ACCENT, "width": 2.25}, points=True)
    )
    shown = lines if any(value is not None for value in trend.expected) else lines[1:]
    percent = {"tickformat": ".0%", "range": [0, 1.04], "dtick": 0.25} if trend.figure.is_share else {"nticks": 5}
    return Chart(
        id=trend.figure.id.replace("_", "-"),
        definition="portfolio-and-trends",
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
        export_url=export_url,
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
        "ticktext": [date_format(day, "YEAR_MONTH_FORMAT" if day.month == 1 else "M") for day in chosen],
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


# -- Maturity: one small panel an area -------------------------------------------------------------------------------


@dataclass(frozen=True)
class LevelCard:
    """The panels of all areas with what stands around them: the levels' names, one caption, one data table."""

    panels: Sequence[tuple[AreaTrend, Chart]]
    names: Sequence[tuple[int, str]]
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    is_empty: bool


def level_card(found: Sequence[AreaTrend]) -> LevelCard:
    columns, rows = levels.table(found)
    parts = [_("at the end of each month, and today"), days_text(found[0].days[0], found[0].days[-1])]
    if not found[0].levels:
        assessed = max(area.assessed for area in found)
        count = ngettext("%(count)s team assessed", "%(count)s teams assessed", assessed) % {"count": assessed}
        parts = [count, *parts, _("change in 13 weeks")]
    return LevelCard(
        panels=[(area, level_panel(area)) for area in found],
        names=levels.names(),
        caption=" · ".join(parts),
        columns=columns,
        rows=rows,
        is_empty=all(area.is_empty for area in found),
    )


def level_panel(area: AreaTrend) -> Chart:
    """Bars of teams at each level, or for one team the line of its level with its target dotted."""
    made = _level_line(area) if area.levels else _level_bars(area)
    columns, rows = levels.table([area])
    return Chart(id=f"levels-{area.key}", figure=made, alt=_level_alt(area), caption="", columns=columns, rows=rows)


def _panel_layout(area: AreaTrend, top: float, marks: list[int]) -> dict[str, Any]:
    shown = [0, len(area.days) // 2, len(area.days) - 1]
    names = [date_format(area.days[number], "M") for number in shown]
    return {
        "xaxis": {
            "tickvals": shown,
            "ticktext": names,
            "ticklabeloverflow": "allow",
            "range": [-0.6, len(area.days) - 0.4],
        },
        "yaxis": {"range": [0, top], "tickvals": marks, "showgrid": False},
        "margin": {"l": 22, "r": 4, "t": 8, "b": 22},
        "hovermode": "x",
    }


def _level_bars(area: AreaTrend) -> go.Figure:
    most = max((sum(counts) for counts in area.counts), default=0) or 1
    days = [date_format(day, "DATE_FORMAT") for day in area.days]
    bars = [
        go.Bar(
            x=list(range(len(area.days))),
            y=[counts[level] for counts in area.counts],
            name=f"L{level}",
            # The lowest level is nearly the colour of the page.
            marker={"color": colour, "line": {"color": BORDER, "width": 0 if level else 1}},
            hovertext=[f"{day}<br>L{level}: {counts[level]}" for day, counts in zip(days, area.counts, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        for level, colour in enumerate(LEVELS)
    ]
    return charts.figure(*bars, barmode="stack", bargap=0.14, **_panel_layout(area, most, [0, most]))


def _level_line(area: AreaTrend) -> go.Figure:
    positions = list(range(len(area.days)))
    lines = []
    if area.target is not None:
        dotted = {"color": MUTED, "width": 1.25, "dash": "dot"}
        lines.append(
            go.Scatter(x=positions, y=[area.target] * len(positions), mode="lines", line=dotted, name=_("target"))
        )
    lines.append(
        go.Scatter(
            x=positions,
            y=list(area.levels),
            mode="lines+markers",
            line={"color": ACCENT, "width": 2.25, "shape": "hv"},
            name=charts.plain(area.title),
            connectgaps=False,
            cliponaxis=False,
            hovertext=[date_format(day, "DATE_FORMAT") for day in area.days],
            hovertemplate="%{hovertext}<br>L%{y}<extra></extra>",
        )
    )
    return charts.figure(*lines, **_panel_layout(area, len(LEVELS) - 0.8, list(range(len(LEVELS)))))


def _level_alt(area: AreaTrend) -> str:
    words = {"area": area.title, "period": days_text(area.days[0], area.days[-1])}
    if area.is_empty:
        return _("%(area)s, %(period)s: not assessed.") % words
    if area.levels:
        level = area.levels[-1]
        now = _("not assessed") if level is None else f"L{level}"
        return _("%(area)s, %(period)s: the level at each month's end; now %(now)s.") % (words | {"now": now})
    counts = ", ".join(f"L{level}: {count}" for level, count in enumerate(area.counts[-1]))
    return _("%(area)s, %(period)s: teams at each level; now %(counts)s.") % (words | {"counts": counts})
