"""Thirteen weeks as a small drawing: numbers for a server-made SVG. Pure; the figures themselves stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Of the drawing, in pixels and units of its viewBox alike; `gap` lies between two bars, `edge` around a line."""

    width: int
    height: int
    gap: float
    edge: float


CARD = Size(232, 40, 5, 3)
CELL = Size(52, 14, 1.2, 2.5)


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

    size: Size = CARD
    bars: Sequence[Rect] = ()
    lines: Sequence[str] = ()
    dots: Sequence[tuple[float, float]] = ()


def bars(values: Sequence[int], size: Size = CARD) -> Spark:
    if not any(values):
        return Spark(size)
    step, most = size.width / len(values), max(values)
    found = []
    for number, value in enumerate(values):
        height = max(1.0, round((size.height - 1) * value / most, 1))
        x, y = round(number * step + 1, 1), round(size.height - height, 1)
        found.append(Rect(x, y, round(step - size.gap, 1), height, value == 0))
    return Spark(size, bars=found)


def line(values: Sequence[float | None], size: Size = CARD) -> Spark:
    known = [value for value in values if value is not None]
    if not known:
        return Spark(size)
    step, most = size.width / len(values), max(known) or 1.0
    runs: list[list[str]] = [[]]
    dots: list[tuple[float, float]] = []
    for number, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        x = round((number + 0.5) * step, 1)
        y = round(size.height - size.edge - (size.height - 2 * size.edge) * value / most, 1)
        runs[-1].append(f"{x},{y}")
        dots.append((x, y))
    return Spark(size, lines=[" ".join(run) for run in runs if len(run) > 1], dots=dots)
