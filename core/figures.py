"""One registry of everything that has a value per team and day; see docs/definitions.md, Figures.

A room registers its figures from its `AppConfig.ready`. Pages, exports, key results and alerts ask the registry, so the
rooms never import each other and a new figure appears everywhere at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.utils.functional import Promise

Values = dict[tuple[int, date], float | None]


@dataclass(frozen=True)
class Figure:
    """A figure. `values(teams, days)` -> {(team.pk, day): number or None} in a constant number of queries; None is "no data".

    `pooled(teams, day)` is computed over the teams' raw rows together, never from the teams' figures.
    """

    id: str
    title: str | Promise
    unit: str | Promise
    better: Literal["more", "less"]
    values: Callable[[Sequence[Any], Sequence[date]], Values]
    pooled: Callable[[Sequence[Any], date], float | None]
    is_share: bool = False  # a value of 0 to 1 that people read as percent


_figures: dict[str, Figure] = {}


def register(figure: Figure) -> None:
    """Add a figure. ValueError if another one has its id."""
    if _figures.get(figure.id, figure) is not figure:
        raise ValueError(f"two figures are called {figure.id}")
    _figures[figure.id] = figure


def get(figure_id: str) -> Figure:
    """The figure with this id; KeyError if there is none."""
    return _figures[figure_id]


def all_figures() -> list[Figure]:
    """Every figure, in the order of registration."""
    return list(_figures.values())
