"""The charts of maturity: a radar of the criteria, and the levels of each area over twelve months."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.models import Snapshot
from assessments.overview import CriterionRow, Maturity
from assessments.scoring import Standing
from core import charts
from core.charts import ACCENT, ACCENT_BAND, CONTEXT, LEVELS, MUTED, TEXT, Chart

TREND_WEEKS = 52


# -- Radar --------------------------------------------------------------------------------------------------------


def radar(maturity: Maturity) -> Chart:
    """State of each criterion now, 13 weeks ago, and the target of its area; what is not known lies in the middle."""
    rows = maturity.criteria
    now, then = date_format(maturity.today), date_format(maturity.compared)
    return Chart(
        id="radar",
        definition="maturity",
        figure=charts.figure(*_spokes(maturity, rows), **_radar_layout(maturity)),
        alt=_radar_alt(maturity, rows),
        caption=_("State of each criterion, 0 to %(top)s · %(now)s and %(then)s · unknown lies in the middle")
        % {"top": maturity.model.top, "now": now, "then": then},
        columns=[_("Criterion"), now, then, _("Target")],
        rows=[
            [row.title, _number(row.now, maturity), _number(row.before, maturity), _target(maturity, row)]
            for row in rows
        ],
        size="is-radar",
        export_url=maturity.url,
        narrow=_radar_narrow(maturity, rows),
    )


def _number(standing: Standing, maturity: Maturity) -> int | None:
    """What it counts as; None where it does not apply."""
    return int(standing.worth(maturity.model.top)) if standing.applies else None


def _target(maturity: Maturity, row: CriterionRow) -> int | None:
    return next(area.target for area in maturity.areas if area.key == row.criterion.area)


def _spokes(maturity: Maturity, rows: Sequence[CriterionRow]) -> list[Any]:
    names = [charts.plain(row.title) for row in rows]
    now = [_number(row.now, maturity) for row in rows]
    then = [_number(row.before, maturity) for row in rows]
    target = [_target(maturity, row) for row in rows]
    lines = [
        _spoke(names, target, _("target"), {"color": MUTED, "width": 1.25, "dash": "dot"}),
        _spoke(names, then, date_format(maturity.compared, "MONTH_DAY_FORMAT"), {"color": CONTEXT, "width": 1.5}),
    ]
    shown = [
        line for line, values in zip(lines, (target, then), strict=True) if any(value is not None for value in values)
    ]
    filled = _spoke(names, now, _("now"), {"color": ACCENT, "width": 2.25})
    filled.update(fill="toself", fillcolor=ACCENT_BAND)
    return [*shown, filled]


def _spoke(names: list[str], values: Sequence[int | None], name: str, line: dict[str, Any]) -> Any:
    """A line around all the spokes, closed. A criterion that does not apply leaves a gap."""
    return go.Scatterpolar(
        theta=[*names, names[0]],
        r=[*values, values[0]],
        name=name,
        mode="lines",
        line=line,
        hovertemplate=f"%{{theta}}: %{{r}}<extra>{charts.plain(name)}</extra>",
    )


def _radar_layout(maturity: Maturity) -> dict[str, Any]:
    levels = list(range(1, maturity.model.top + 1))
    return {
        "margin": {"l": 84, "r": 84, "t": 28, "b": 28},
        "hovermode": "closest",
        "polar": {
            "radialaxis": {
                "range": [0, maturity.model.top],
                "tickvals": levels,
                "ticktext": [f"L{level}" for level in levels],
            }
        },
    }


def _radar_narrow(maturity: Maturity, rows: Sequence[CriterionRow]) -> dict[str, Any]:
    levels = list(range(1, maturity.model.top + 1))
    names = [charts.plain(row.title) for row in rows]
    return {
        "margin": {"l": 72, "r": 72, "t": 30, "b": 30},
        "polar": {
            "radialaxis": {"range": [0, maturity.model.top], "tickvals": levels, "ticktext": [""] * len(levels)},
            "angularaxis": {"tickfont": {"size": 11}, "tickvals": names, "ticktext": [_broken(name) for name in names]},
        },
    }


def _broken(name: str) -> str:
    """A name on two lines: at a space, or where katakana meets kanji or a second katakana word begins."""
    if " " in name:
        return name.replace(" ", "<br>", 1)
    if len(name) <= 5:
        return name
    return re.sub(r"^(データ|モデル)(?=.{3})|(?<=[ァ-ヶー])(?=[一-龠])", r"\1<br>", name, count=1)


def _radar_alt(maturity: Maturity, rows: Sequence[CriterionRow]) -> str:
    top = maturity.model.top
    higher = sum(row.now.worth(top) > row.before.worth(top) for row in rows)
    lower = sum(row.now.worth(top) < row.before.worth(top) for row in rows)
    said = _("Radar of %(number)s criteria on levels 0 to %(top)s: %(known)s of %(applicable)s known.")
    words = {"number": len(rows), "top": top, "known": maturity.known, "applicable": maturity.applicable}
    change = ngettext(
        "Against %(then)s %(higher)s criterion is higher, %(lower)s lower.",
        "Against %(then)s %(higher)s criteria are higher, %(lower)s lower.",
        higher,
    )
    return f"{said % words} {change % {'then': date_format(maturity.compared), 'higher': higher, 'lower': lower}}"


# -- Trend --------------------------------------------------------------------------------------------------------


def trend(maturity: Maturity, snapshots: Sequence[Snapshot], *, export_url: str = "") -> Chart:
    """The level of each area at the end of each week, twelve months back; from snapshots only."""
    days = trend_days(maturity.today)
    levels = {(each.area, each.day): each.level for each in snapshots}
    areas = maturity.areas[::-1]  # a heat map draws from below
    z = [[levels.get((area.key, day)) for day in days] for area in areas]
    return Chart(
        id="trend",
        definition="maturity",
        figure=charts.figure(_heat(days, [area.title for area in areas], z), **_trend_layout(maturity, days)),
        alt=_trend_alt(maturity, levels, days),
        caption=_(
            "Level of each area at the end of the week, %(first)s – %(last)s · from the answers; right: now → target"
        )
        % {"first": date_format(days[0]), "last": date_format(days[-1])},
        columns=[_("Day"), *(area.title for area in maturity.areas)],
        rows=[[day, *(levels.get((area.key, day)) for area in maturity.areas)] for day in days],
        size="is-trend",
        narrow=_trend_narrow(maturity, days),
        export_url=export_url,
    )


def trend_days(today: date) -> list[date]:
    """Today and the same weekday of each week before it, the oldest first."""
    return [today - timedelta(weeks=number) for number in range(TREND_WEEKS, -1, -1)]


def _heat(days: Sequence[date], names: Sequence[str], z: Sequence[Sequence[int | None]]) -> Any:
    steps = len(LEVELS)
    scale = [[(number + edge) / steps, colour] for number, colour in enumerate(LEVELS) for edge in (0, 1)]
    return go.Heatmap(
        x=[day.isoformat() for day in days],
        y=[charts.plain(name) for name in names],
        z=z,
        zmin=-0.5,
        zmax=steps - 0.5,
        colorscale=scale,
        showscale=False,
        ygap=6,
        hovertemplate="%{y}: L%{z}<extra>%{x}</extra>",
        hoverongaps=False,
    )


def _trend_layout(maturity: Maturity, days: Sequence[date]) -> dict[str, Any]:
    return {
        "margin": {"l": 120, "r": 64, "t": 8, "b": 26},
        "hovermode": "closest",
        "xaxis": _trend_axis(days, every=2),
        "yaxis": {"showgrid": False, "tickfont": {"color": TEXT, "size": 12}},
        "annotations": _trend_labels(maturity),
    }


def _trend_narrow(maturity: Maturity, days: Sequence[date]) -> dict[str, Any]:
    names = [charts.plain(area.title) for area in maturity.areas]
    broken = {"tickvals": names, "ticktext": [_broken(name) for name in names]}
    return {
        "margin": {"l": 84, "r": 58, "t": 8, "b": 26},
        "xaxis": _trend_axis(days, every=6),
        "yaxis": {"showgrid": False, "tickfont": {"color": TEXT, "size": 11}, **broken},
    }


def _trend_axis(days: Sequence[date], every: int) -> dict[str, Any]:
    firsts = [date(year, month, 1) for year in (days[0].year, days[-1].year) for month in range(1, 13)]
    shown = [day for day in sorted(set(firsts)) if days[0] < day < days[-1] - timedelta(days=10)][::every]
    return {
        "tickvals": [day.isoformat() for day in shown],
        "ticktext": [
            date_format(day, "YEAR_MONTH_FORMAT")
            if not number or day.year != shown[number - 1].year
            else date_format(day, "M")
            for number, day in enumerate(shown)
        ],
        "showline": False,
        "tickangle": 0,
        "hoverformat": "%Y-%m-%d",
    }


def _trend_labels(maturity: Maturity) -> list[dict[str, Any]]:
    """Right of each row: the level now, and the target if it is not reached."""
    labels = []
    for area in maturity.areas:
        now = "–" if area.level is None else f"L{area.level}"
        words = f"{now} → L{area.target}" if area.misses_target else now
        labels.append(
            {
                "xref": "paper",
                "x": 1,
                "xanchor": "left",
                "xshift": 6,
                "y": charts.plain(area.title),
                "yanchor": "middle",
                "text": words,
                "font": {"color": TEXT, "size": 12},
            }
        )
    return labels


def _trend_alt(maturity: Maturity, levels: dict[tuple[str, date], int | None], days: Sequence[date]) -> str:
    said = []
    for area in maturity.areas:
        first = next((level for day in days if (level := levels.get((area.key, day))) is not None), None)
        if area.level is not None and first is not None:
            said.append(
                _("%(area)s from level %(first)s to %(now)s") % {"area": area.title, "first": first, "now": area.level}
            )
    return _("Levels of the last twelve months: %(areas)s.") % {"areas": _(", ").join(said) or _("no data")}
