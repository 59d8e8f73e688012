"""The burn-up of a roadmap: done and scope over the twelve months, today's line, the expected line and the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import charts
from core.charts import ACCENT, ACCENT_BAND, CONTEXT, MUTED, SURFACE, TEXT, Chart, Key
from roadmaps.dates import months_after
from roadmaps.overview import Overview
from roadmaps.progress import BurnUpDay

FORECAST_WEEKS = 26  # how far beyond the twelve months the forecast is drawn


def burn_up(overview: Overview, *, export_url: str = "", size: str = "is-burn") -> Chart:
    """The chart with its text alternative and weekly data table. Lines are told apart by their stroke too."""
    days = overview.burn_up
    past = [day for day in days if day.day <= overview.today]
    last = _last_day(overview)
    top = max([day.scope for day in days] + [day.expected for day in days] + [4])
    return Chart(
        id="burn-up",
        definition="roadmap",
        figure=charts.figure(*_traces(overview, days, past, last), **_layout(overview, last, top)),
        alt=_alt(overview, past),
        caption=_caption(overview),
        columns=[_("Day"), _("Done"), _("Scope"), _("Expected")],
        rows=table(overview),
        size=size,
        key=_key(overview, days, last),
        narrow={"xaxis": _x_axis(overview, last, every=6)},
        export_url=export_url,
    )


def table(overview: Overview) -> list[tuple[date, int | None, int, int]]:
    """(day, done, scope, expected) at the end of each week from the start, and today's. Done is None in the future."""
    first = overview.span.first
    shown = [
        day
        for day in overview.burn_up
        if (day.day - first).days % 7 == 0 or day.day in (overview.today, overview.span.last)
    ]
    return [(day.day, day.done if day.day <= overview.today else None, day.scope, day.expected) for day in shown]


def _steps(days: Sequence[BurnUpDay]) -> list[BurnUpDay]:
    """One day a week, and each day on which something changed: the lines are steps, so nothing else is needed."""
    return [
        day
        for number, day in enumerate(days)
        if number % 7 == 0
        or number == len(days) - 1
        or (day.done, day.scope, day.expected)
        != (days[number - 1].done, days[number - 1].scope, days[number - 1].expected)
    ]


def _traces(overview: Overview, days: Sequence[BurnUpDay], past: Sequence[BurnUpDay], last: date) -> list[Any]:
    steps = _steps(days)
    lived = _steps(past)
    end = [last] if last > days[-1].day else []
    traces = [
        _line([day.day for day in steps], [day.expected for day in steps], _("expected"), MUTED, 1.25, dash="dot"),
        _line(
            [*(day.day for day in steps), *end],
            [*(day.scope for day in steps), *(days[-1].scope for _each in end)],
            _("scope"),
            CONTEXT,
            1.5,
        ),
        _line([day.day for day in lived], [day.done for day in lived], _("done"), ACCENT, 2.25),
    ]
    if past:
        traces = [*_forecast(overview, past[-1]), *traces, _points([past[-1].day], [past[-1].done], [ACCENT], 7)]
    return traces


def _forecast(overview: Overview, now: BurnUpDay) -> list[Any]:
    """The band between P50 and P85, from today's point to the scope."""
    if not (overview.p50 and overview.p85):
        return []
    shape = go.Scatter(
        x=[now.day, overview.p50, overview.p85, now.day],
        y=[now.done, now.scope, now.scope, now.done],
        fill="toself",
        fillcolor=ACCENT_BAND,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
    )
    way = go.Scatter(
        x=[now.day, overview.p50],
        y=[now.done, now.scope],
        mode="lines",
        line={"color": ACCENT, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    return [shape, way, _points([overview.p50, overview.p85], [now.scope] * 2, [ACCENT, SURFACE], 8)]


def _line(x: list[date], y: list[int], name: str, colour: str, width: float, dash: str = "solid") -> Any:
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines",
        line={"color": colour, "width": width, "shape": "hv", "dash": dash},
        hovertemplate=f"%{{y}}<extra>{charts.plain(name)}</extra>",
    )


def _points(x: list[date], y: list[int], colours: list[str], size: int) -> Any:
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"size": size, "color": colours, "line": {"color": ACCENT, "width": 1.5}},
        hoverinfo="skip",
    )


def _last_day(overview: Overview) -> date:
    """Where the picture ends: with the twelve months, or later if today or the forecast lies beyond."""
    furthest = overview.span.last + timedelta(weeks=FORECAST_WEEKS)
    beyond = [overview.today, *(day + timedelta(days=14) for day in (overview.p50, overview.p85) if day)]
    return min(max(overview.span.last, *beyond), furthest)


def _layout(overview: Overview, last: date, top: int) -> dict[str, Any]:
    return {
        "margin": {"l": 34, "r": 12, "t": 22, "b": 26},
        "xaxis": _x_axis(overview, last, every=3),
        "yaxis": {"range": [0, top * 1.08], "dtick": _step(top), "tickformat": "d"},
        "shapes": _marks(overview),
        "annotations": _today(overview, last),
    }


def _x_axis(overview: Overview, last: date, every: int) -> dict[str, Any]:
    first = overview.span.first
    marks = [months_after(first, number) for number in range(0, 19, every)]
    shown = [mark for mark in marks if mark <= last]
    return {
        "range": [first.isoformat(), (last + timedelta(days=3)).isoformat()],
        "tickvals": [mark.isoformat() for mark in shown],
        # The year where it changes; the months in between are clear without.
        "ticktext": [
            date_format(mark, "YEAR_MONTH_FORMAT")
            if number == 0 or mark.year != shown[number - 1].year
            else date_format(mark, "M")
            for number, mark in enumerate(shown)
        ],
        "hoverformat": "%Y-%m-%d",
    }


def _step(top: int) -> int:
    return next(step for step in (1, 2, 3, 5, 10, 20, 50, 100, 1000) if top / step <= 5)


def _marks(overview: Overview) -> list[dict[str, Any]]:
    """Today's line, and that of the plan's end where the picture goes on beyond it."""
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}
    marks = []
    if overview.month:
        day = overview.today.isoformat()
        marks.append({**line, "x0": day, "x1": day, "line": {"color": TEXT, "width": 1, "dash": "dot"}})
    if _last_day(overview) > overview.span.last:
        day = overview.span.last.isoformat()
        marks.append({**line, "x0": day, "x1": day, "line": {"color": CONTEXT, "width": 1}})
    return marks


def _today(overview: Overview, last: date) -> list[dict[str, Any]]:
    """The one word inside the picture: above everything that is drawn, so that it meets nothing."""
    if not overview.month:
        return []
    share = (overview.today - overview.span.first).days / (last - overview.span.first).days
    return [
        {
            "x": overview.today.isoformat(),
            "y": 1,
            "yref": "paper",
            "xanchor": "left" if share < 0.08 else "right" if share > 0.92 else "center",
            "yanchor": "bottom",
            "text": _("today"),
            "font": {"color": TEXT, "size": 12},
        }
    ]


def _key(overview: Overview, days: Sequence[BurnUpDay], last: date) -> list[Key]:
    """The names of what is drawn, with the numbers of today."""
    key = [Key("is-line", _("%(number)s done") % {"number": overview.done})] if overview.month else []
    key += [Key("is-context", _("scope %(number)s") % {"number": days[-1].scope}), Key("is-dotted", _("expected"))]
    if overview.p50 and overview.p85:
        key.append(Key("is-point", f"P50 {date_format(overview.p50, 'MONTH_DAY_FORMAT')}"))
        key.append(Key("is-ring", f"P85 {date_format(overview.p85, 'MONTH_DAY_FORMAT')}"))
    if last > overview.span.last:
        key.append(Key("is-bar", _("plan ends")))
    return key


def _alt(overview: Overview, past: Sequence[BurnUpDay]) -> str:
    words = {
        "done": overview.done,
        "scope": overview.scope,
        "day": date_format(overview.today),
        "end": date_format(overview.span.last),
    }
    if not past:
        return _("Burn-up: the roadmap has %(scope)s items and has not started yet; the plan ends on %(end)s.") % words
    said = [
        ngettext(
            "Burn-up: %(done)s of %(scope)s item done on %(day)s;",
            "Burn-up: %(done)s of %(scope)s items done on %(day)s;",
            overview.scope,
        )
        % words,
        _("%(expected)s were expected by then. The plan ends on %(end)s.") % {"expected": past[-1].expected, **words},
    ]
    if overview.p50 and overview.p85:
        said.append(
            _("At the present pace it ends by %(p50)s with 50 percent and by %(p85)s with 85 percent probability.")
            % {"p50": date_format(overview.p50), "p85": date_format(overview.p85)}
        )
    return " ".join(said)


def _caption(overview: Overview) -> str:
    words = {
        "first": date_format(overview.span.first),
        "last": date_format(overview.span.last),
        "weeks": overview.forecast.weeks,
    }
    said = _("Items at the end of the day, %(first)s – %(last)s · from the ticks; expected by the due dates") % words
    if overview.forecast.kind == "weeks":
        said += " · " + _("forecast from %(weeks)s complete weeks, weeks without progress included") % words
    return said
