"""How rooms of one floor point at each other's rows without importing each other.

A room that has items for something (a roadmap's items lead to criteria) registers a resolver from its `AppConfig.ready`;
whoever shows the target asks here by kind and stable id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True)
class LinkedItem:
    """An item that leads to a target. `reaches`: the state that it makes possible there; `state`: its own, as people read it."""

    title: str
    url: str
    due: date | None
    state: str
    is_open: bool
    reaches: int = 0
    is_done: bool = False


Items = dict[tuple[int, str], list[LinkedItem]]  # by team and target


class Resolver(Protocol):
    def items_for(self, teams: Sequence[Any]) -> Items:
        """Every team's items by target, those that reach least first; a constant number of queries."""

    def add(self, *, team: Any, target: str, reaches: int, by: Any) -> str:
        """Put the item that reaches this on the team's list, or take it up again; where it can be seen."""


_resolvers: dict[str, Resolver] = {}


def register(kind: str, resolver: Resolver) -> None:
    _resolvers[kind] = resolver


def items_for(kind: str, teams: Sequence[Any]) -> Items:
    return _resolvers[kind].items_for(teams) if kind in _resolvers else {}


def item_for(items: Items, team_id: int, target: str, reaches: int) -> LinkedItem | None:
    """Of `items`, the one that leads to the target's state and no further than it must; of several an open one, due first."""
    enough = [item for item in items.get((team_id, target), []) if item.reaches >= reaches]
    return min(enough, key=lambda item: (item.reaches, not item.is_open, item.due or date.max), default=None)


def add(kind: str, *, team: Any, target: str, by: Any, reaches: int = 0) -> str:
    """KeyError for a kind that nobody answers for."""
    return _resolvers[kind].add(team=team, target=target, reaches=reaches, by=by)
