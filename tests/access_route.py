"""A line of tests/access_table.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.access_rules import Rule
from tests.access_world import World

METHODS = ("get", "post", "put", "patch", "delete")
Arguments = Callable[[World], Sequence[Any]]


@dataclass(frozen=True)
class Route:
    name: str
    kind: str  # "page" or "api"
    args: Arguments
    methods: dict[str, Rule]
    alike: bool = True


def page(name: str, args: Arguments = lambda _: [], *, alike: bool = True, **methods: Rule) -> Route:
    assert methods.keys() <= set(METHODS), f"{name}: these are no methods"
    return Route(name, "page", args, methods, alike)


def api(name: str, args: Arguments = lambda _: [], *, alike: bool = True, **methods: Rule) -> Route:
    assert methods.keys() <= set(METHODS), f"{name}: these are no methods"
    return Route(name, "api", args, methods, alike)
