"""Thirteen weeks as a small drawing: paths of a server-made SVG. Pure; the figures themselves stand beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# In pixels and units of the drawing's viewBox alike; GAP lies between two bars, EDGE around a line.
WIDTH, HEIGHT, GAP, EDGE = 52, 14, 1.2, 2.5


@dataclass(frozen=True)
class Spark:
    """By what it is the path that draws it: "bar", "zero" (bars of nothing, one pixel high), "now" (the last bar); or "line"
    and "dot". Both have gaps. One path each: a page draws a thousand of these. Empty where there is nothing to draw.
    """

    paths: Mapping[str, str] = field(default_factory=dict)
    width: str = str(WIDTH)  # as text, which nobody writes in the manner of a language
    height: str = str(HEIGHT)


def bars(values: Sequence[int | None]) -> Spark:
    most = max((value for value in values if value), default=0)
    if not most:
        return Spark()
    step = WIDTH / len(values)
    width = round(step - GAP, 1)
    found: dict[str, list[str]] = {"bar": [], "zero": [], "now": []}
    for number, value in enumerate(values):
        if value is None:
            continue
        height = max(1.0, round((HEIGHT - 1) * value / most, 1))
        kind = "zero" if value == 0 else "now" if number == len(values) - 1 else "bar"
        found[kind].append(f"M{number * step + 1:.1f} {HEIGHT}v-{height:g}h{width:g}v{height:g}z")
    return _spark(found)


def line(values: Sequence[float | None]) -> Spark:
    known = [value for value in values if value is not None]
    if not known:
        return Spark()
    step, most = WIDTH / len(values), max(known) or 1.0
    lines: list[str] = []
    dots: list[str] = []
    before: float | None = None
    for number, value in enumerate(values):
        if value is not None:
            at = f"{(number + 0.5) * step:.1f} {HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / most:.1f}"
            lines.append(f"{'M' if before is None else 'L'}{at}")
            dots.append(f"M{at}h0")  # no length: its round ends are the dot
        before = value
    return _spark({"line": lines, "dot": dots})


def _spark(parts: Mapping[str, Sequence[str]]) -> Spark:
    return Spark({kind: "".join(each) for kind, each in parts.items() if each})
