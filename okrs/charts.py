"""A key result over its cycle: a small line for rows, the whole chart for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import charts
from core.charts import ACCENT, ACCENT_BAND, CONTEXT, MUTED, SURFACE, TEXT, Chart
from core.spans import days_text
from okrs import history, words
from okrs.facts import Facts
from okrs.kinds import MOVING, Kind, Source
from okrs.models import CheckIn, KeyResult
from okrs.standing import Standing, phases_of

# -- The line of a row: an SVG of 208 x 48, its picture between these edges.
LEFT, RIGHT, TOP, BOTTOM = 3.0, 202.0, 5.0, 43.0


@dataclass(frozen=True)
class Spark:
    """Coordinates of an SVG of 208 x 48. `line` and `expected` are polylines, `targets` heights."""

    line: str
    dots: Sequence[tuple[str, str]]
    expected: str
    targets: Sequence[str]
    today: str
    alt: str


def spark(facts: Facts, standing: Standing) -> Spark | None:
    """None for a milestone, which has no line."""
    row = facts.key_result
    if row.kind == Kind.MILESTONE:
        return None
    shown = list(current_points(facts, standing))
    values = [point[1] for point in shown]
    way = expected_line(row, len(facts.entries))
    heights = target_values(row, len(facts.entries))
    low, high = _range([*values, *(value for _day, value in way), *heights])

    def x(day: date) -> str:
        share = (day - row.cycle.first_day).days / row.cycle.days
        return f"{LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0):.1f}"

    def y(value: float) -> str:
        return f"{BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low):.1f}"

    dots = [(x(day), y(value)) for day, value in shown]
    return Spark(
        line=" ".join(f"{left},{up}" for left, up in dots),
        dots=dots,
        expected=" ".join(f"{x(day)},{y(value)}" for day, value in way),
        targets=[y(value) for value in heights],
        today=x(standing.today),
        alt=f"{row.title}: {', '.join(words.number(value) for value in values) or '–'}; {words.goal_of(row)}",
    )


def current_points(facts: Facts, standing: Standing) -> list[tuple[date, float]]:
    """(day, value) of the newest check-in of each day, up to today."""
    return list({point.day: point.value for point in standing.points}.items())


def expected_line(row: KeyResult, entries: int = 0) -> list[tuple[date, float]]:
    """(day, value) from where it took effect to the target at the cycle's end; nothing for what is maintained."""
    if row.kind == Kind.CHECKLIST:
        start, target = 0.0, float(entries)
    elif row.kind in MOVING and row.start is not None and row.target is not None:
        start, target = row.start, row.target
    else:
        return []
    begin = max(row.cycle.first_day, row.effective_on)
    between = [
        (day, start + share * (target - start)) for day, share in phases_of(row) if begin < day < row.cycle.last_day
    ]
    return [(begin, start), *between, (row.cycle.last_day, target)]


def target_values(row: KeyResult, entries: int = 0) -> list[float]:
    """The target, or the bounds of what is maintained."""
    if row.kind == Kind.CHECKLIST:
        return [float(entries)]
    return [value for value in (row.target, row.low, row.high) if value is not None]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        spread = abs(low) * 0.1 or 1.0
        return low - spread, high + spread
    return low, high


# -- The chart of the page


def key_result_chart(facts: Facts, standing: Standing, check_ins: Sequence[CheckIn], export_url: str = "") -> Chart:
    """The axis spans the cycle: start, expected line, target, every check-in with its comment, fed points marked."""
    row = facts.key_result
    entries = len(facts.entries)
    way, heights = expected_line(row, entries), target_values(row, entries)
    shown = [each for each in check_ins if each.day <= standing.as_of]
    low, high = _range([*(each.value for each in shown), *(value for _day, value in way), *heights])
    pad = 0.12 * (high - low)
    first, last = row.cycle.first_day, row.cycle.last_day
    return Chart(
        id="key-result",
        figure=charts.figure(
            *_traces(row, way, heights, shown),
            margin={"l": 44, "r": 16, "t": 28, "b": 26},
            xaxis=_x_axis(first, last),
            yaxis={"range": [low - pad, high + pad], "nticks": 6},
            shapes=_today(standing),
            annotations=_labels(standing, way, heights),
            hovermode="closest",
        ),
        alt=_alt(standing),
        caption=_caption(row),
        columns=columns(),
        rows=table(check_ins),
        size="is-burn",
        narrow={"xaxis": _x_axis(first, last, every=2)},
        export_url=export_url,
        definition="okrs",
    )


def columns() -> list[str]:
    return [_("Day"), _("Value"), _("Confidence"), _("By"), _("Comment")]


def table(check_ins: Sequence[CheckIn]) -> list[list[Any]]:
    """Every check-in, the newest first; corrected ones too."""
    return [
        [
            each.day,
            words.number(each.value),
            each.confidence,
            history.figure_title(each.figure) if each.source == Source.FIGURE else str(each.person),
            _comment(each),
        ]
        for each in check_ins
    ]


def _comment(check_in: CheckIn) -> str:
    remark = getattr(check_in, "remark", None)
    return " · ".join(text for text in (remark.comment, remark.reason) if text) if remark else ""


def _traces(
    row: KeyResult, way: list[tuple[date, float]], heights: list[float], check_ins: Sequence[CheckIn]
) -> list[Any]:
    first, last = row.cycle.first_day, row.cycle.last_day
    traces = [_line([first, last], [height, height], CONTEXT, 1.5) for height in heights]
    if row.kind == Kind.BETWEEN:
        traces[-1].update(fill="tonexty", fillcolor=ACCENT_BAND)
    if way:
        days, values = zip(*way, strict=True)
        traces.append(_line(days, values, MUTED, 1.25, dash="dot"))
    newest = {each.day: each for each in reversed(check_ins)}
    way_done = sorted(newest.values(), key=lambda each: each.day)
    if way_done:
        points = [(each.day, each.value) for each in way_done]
        if row.kind in MOVING and row.start is not None and max(first, row.effective_on) < points[0][0]:
            points.insert(0, (max(first, row.effective_on), row.start))
        traces.append(_line([day for day, _v in points], [value for _d, value in points], ACCENT, 2.25))
    fed = [each for each in check_ins if each.source == Source.FIGURE]
    human = [each for each in check_ins if each.source != Source.FIGURE]
    return [*traces, _dots(row, fed, SURFACE, "diamond"), _dots(row, human, ACCENT, "circle")]


def _line(x: Sequence[date], y: Sequence[float], colour: str, width: float, dash: str = "solid") -> Any:
    return go.Scatter(
        x=list(x), y=list(y), mode="lines", line={"color": colour, "width": width, "dash": dash}, hoverinfo="skip"
    )


def _dots(row: KeyResult, check_ins: Sequence[CheckIn], fill: str, symbol: str) -> Any:
    return go.Scatter(
        x=[each.day for each in check_ins],
        y=[each.value for each in check_ins],
        mode="markers",
        marker={"size": 7, "color": fill, "symbol": symbol, "line": {"color": ACCENT, "width": 1.5}},
        text=[_hover(row, each) for each in check_ins],
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(row: KeyResult, check_in: CheckIn) -> str:
    comment = _comment(check_in)
    if len(comment) > 160:
        comment = f"{comment[:160]}…"
    by = history.figure_title(check_in.figure) if check_in.source == Source.FIGURE else str(check_in.person)
    said = f"{date_format(check_in.day)} · {words.with_unit(check_in.value, row.unit)} · {by}"
    return "<br>".join(charts.plain(line) for line in (said, comment) if line)


def _x_axis(first: date, last: date, every: int = 1) -> dict[str, Any]:
    months = _months(first, last)
    if len(months) < 2:
        ticks = [first + timedelta(days=number) for number in range(0, (last - first).days + 1, 7 * every)]
        names = [date_format(day, "MONTH_DAY_FORMAT") for day in ticks]
    else:
        ticks = months[:: every if len(months) > 3 else 1]
        names = [
            date_format(day, "YEAR_MONTH_FORMAT") if n == 0 or day.month == 1 else date_format(day, "M")
            for n, day in enumerate(ticks)
        ]
    return {
        "range": [(first - timedelta(days=1)).isoformat(), (last + timedelta(days=1)).isoformat()],
        "tickvals": [day.isoformat() for day in ticks],
        "ticktext": names,
    }


def _months(first: date, last: date) -> list[date]:
    found, day = [], first if first.day == 1 else (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while day <= last:
        found.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return found


def _today(standing: Standing) -> list[dict[str, Any]]:
    if not standing.cycle.is_running(standing.today):
        return []
    day = standing.today.isoformat()
    line = {"color": TEXT, "width": 1, "dash": "dot"}
    return [{"type": "line", "x0": day, "x1": day, "yref": "paper", "y0": 0, "y1": 1, "line": line}]


def _labels(standing: Standing, way: list[tuple[date, float]], heights: list[float]) -> list[dict[str, Any]]:
    row, cycle = standing.key_result, standing.cycle
    notes: list[dict[str, Any]] = []
    if _today(standing):
        share = cycle.day_number(standing.today) / cycle.days
        anchor = "left" if share < 0.08 else "right" if share > 0.92 else "center"
        where = {"x": standing.today.isoformat(), "yref": "paper", "y": 1, "yanchor": "bottom", "xanchor": anchor}
        notes.append({**where, "text": _("today"), "font": {"color": TEXT, "size": 12}})
    for height in heights:
        words_of_line = _("target") if row.kind in MOVING or row.kind == Kind.CHECKLIST else _("bound")
        text = f"{words_of_line} {words.with_unit(height, row.unit)}"
        # On the side of the line where the others are not.
        below = row.kind == Kind.DECREASE
        notes.append(
            {
                "x": cycle.first_day.isoformat() if way else cycle.last_day.isoformat(),
                "xanchor": "left" if way else "right",
                "y": height,
                "yanchor": "top" if below else "bottom",
                "text": charts.plain(text),
            }
        )
    if way:
        day, value = way[-2] if len(way) > 2 else _middle(way)
        side = (
            {"yanchor": "bottom", "xanchor": "left"}
            if row.kind == Kind.DECREASE
            else {"yanchor": "top", "xanchor": "left"}
        )
        notes.append({"x": day.isoformat(), "y": value, "xshift": 4, "text": _("expected"), **side})
    return notes


def _middle(way: list[tuple[date, float]]) -> tuple[date, float]:
    """Two thirds of the way, where the label seldom meets the check-ins."""
    (first, start), (last, target) = way[0], way[-1]
    days = (last - first).days * 2 // 3
    return first + timedelta(days=days), start + (target - start) * days / max((last - first).days, 1)


def _alt(standing: Standing) -> str:
    said = f"{standing.key_result.title}: {words.value_of(standing)}, {words.goal_of(standing.key_result)}"
    return f"{said}; {words.progress_of(standing)}"


def _caption(row: KeyResult) -> str:
    facts = {"days": days_text(row.cycle.first_day, row.cycle.last_day), "unit": row.unit or _("number")}
    said = _("Unit: %(unit)s · %(days)s · from the check-ins") % facts
    if row.figure:
        said += " · " + _("open diamonds are fed by “%(figure)s”") % {"figure": history.figure_title(row.figure)}
    return said
