"""Thirteen weeks as a small drawing: numbers for a server-made SVG. Pure; the figures themselves stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# In pixels and units of the drawing's viewBox alike; GAP lies between two bars, EDGE around a line.
WIDTH, HEIGHT, GAP, EDGE = 52, 14, 1.2, 2.5


@dataclass(frozen=True)
class Rect:
    """A bar; one pixel high where the value is zero."""

    x: float
    y: float
    width: float
    height: float
    zero: bool


@dataclass(frozen=True)
class Spark:
    """Bars, or a line with gaps (`lines`: points of SVG polylines) and dots. Empty where there is nothing to draw."""

    width: int = WIDTH
    height: int = HEIGHT
    bars: Sequence[Rect] = ()
    lines: Sequence[str] = ()
    dots: Sequence[tuple[float, float]] = ()


def bars(values: Sequence[int]) -> Spark:
    if not any(values):
        return Spark()
    step, most = WIDTH / len(values), max(values)
    found = []
    for number, value in enumerate(values):
        height = max(1.0, round((HEIGHT - 1) * value / most, 1))
        x, y = round(number * step + 1, 1), round(HEIGHT - height, 1)
        found.append(Rect(x, y, round(step - GAP, 1), height, value == 0))
    return Spark(bars=found)


def line(values: Sequence[float | None]) -> Spark:
    known = [value for value in values if value is not None]
    if not known:
        return Spark()
    step, most = WIDTH / len(values), max(known) or 1.0
    runs: list[list[str]] = [[]]
    dots: list[tuple[float, float]] = []
    for number, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        x = round((number + 0.5) * step, 1)
        y = round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / most, 1)
        runs[-1].append(f"{x},{y}")
        dots.append((x, y))
    return Spark(lines=[" ".join(run) for run in runs if len(run) > 1], dots=dots)
