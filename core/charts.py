"""Charts: numbers become Plotly figures here in Python; one tag renders them; static/charts.js draws them.

A figure's colours are those of the light theme below. `to_json` writes them as token names ("$accent"), which the page resolves
from its custom properties, so that one figure serves light and dark.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

ACCENT = "#0a5fb4"
ACCENT_BAND = "rgba(10, 95, 180, 0.13)"
CONTEXT = "#98a2b0"
MUTED = "#566170"
TEXT = "#18212c"
GRID = "#eceff3"
BORDER = "#c9cfd8"
SURFACE = "#ffffff"
OK = "#17752f"
RISK = "#8a5a00"
OFF = "#c02626"
LEVELS = ("#f0f2f5", "#d7e6f7", "#8fbdec", "#1c68b8")  # the maturity levels from 0 on
_TOKENS = {
    ACCENT: "$accent",
    ACCENT_BAND: "$accent-band",
    CONTEXT: "$context",
    MUTED: "$muted",
    TEXT: "$text",
    GRID: "$grid",
    BORDER: "$border",
    SURFACE: "$surface",
    OK: "$ok",
    RISK: "$risk",
    OFF: "$off",
    **{colour: f"$level-{number}" for number, colour in enumerate(LEVELS)},
}


@dataclass(frozen=True)
class Key:
    """What a line or point of a chart is. `mark` is a class of portal.css: is-line, is-context, is-dotted, is-point, is-ring or
    is-bar.
    """

    mark: str
    text: str


@dataclass(frozen=True)
class Chart:
    """A figure with everything a page shows around it.

    `alt` says in a sentence what the eye would see; `caption` gives unit, period and source; `columns` and `rows` are the data
    table behind it, `export_url` is where that is had as a file. `narrow` overrides layout keys under 480 px. A row's cell may be
    a `Link`. `key` names the lines above the picture, where names inside it could meet the lines or each other.
    """

    id: str
    figure: go.Figure
    alt: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    size: str = "is-trend"  # a class of portal.css that gives the height
    key: Sequence[Key] = ()
    narrow: dict[str, Any] = field(default_factory=dict)
    export_url: str = ""
    definition: str = ""  # the heading of docs/definitions.md that states its rules, as an anchor: "delivery"


@dataclass(frozen=True)
class Link:
    """A cell of a data table that leads somewhere; in CSV it is its text."""

    text: str
    url: str

    def __str__(self) -> str:
        return self.text


def figure(*traces: Any, **layout: Any) -> go.Figure:
    """A figure without Plotly's own template: the page's script brings the portal's."""
    made = go.Figure(data=list(traces))
    made.update_layout(template=None, **layout)
    return made


def plain(text: str) -> str:
    """Text from people or hosts, safe inside a Plotly text, which reads `<a>`, `<b>` and entities."""
    return html.escape(text, quote=False)


def _with_tokens(value: Any) -> Any:
    if isinstance(value, str):
        return _TOKENS.get(value, value)
    if isinstance(value, list):
        return [_with_tokens(each) for each in value]
    if isinstance(value, dict):
        return {key: _with_tokens(each) for key, each in value.items()}
    return value


def to_json(chart: Chart) -> dict[str, Any]:
    """The figure as {"data", "layout", "narrow"} of plain JSON values, colours as tokens."""
    made = json.loads(chart.figure.to_json())
    made.get("layout", {}).pop("template", None)
    return {
        "data": _with_tokens(made["data"]),
        "layout": _with_tokens(made["layout"]),
        "narrow": _with_tokens(chart.narrow),
    }
