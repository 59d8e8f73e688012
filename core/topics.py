"""What people talk about: the things of every room that can be commented on, by kind and stable key.

A room registers its kind from its `AppConfig.ready`; comments/ asks here and never imports the room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise

from core.content import text


@dataclass(frozen=True)
class Topic:
    """One thing that can be commented on. `team` None: the organisation's. `owners`: the people who answer for it.

    `name`: a text, or one of the guide's in every language. `url`: the page that shows it together with its comments.
    `is_sample`: it goes with the sample organisation.
    """

    kind: str
    key: str
    team: Any | None
    name: str | dict[str, str]
    url: str
    owners: tuple[Any, ...] = ()
    is_sample: bool = False

    @property
    def title(self) -> str:
        """In the reader's language."""
        return self.name if isinstance(self.name, str) else text(self.name)


# The topics among `keys` that the team (or, without one, the organisation) has, by key; a constant number of queries.
Find = Callable[[Any | None, Sequence[str]], Mapping[str, Topic]]


@dataclass(frozen=True)
class Kind:
    """`model`: whose primary keys the keys are, if they are those of rows."""

    id: str
    title: str | Promise
    find: Find
    model: type[models.Model] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.id] = kind


def kinds() -> list[Kind]:
    return list(_kinds.values())


def find_all(kind: str, team: Any | None, keys: Sequence[str]) -> Mapping[str, Topic]:
    """Of these keys; those of nothing, or of another team's, are left out."""
    return _kinds[kind].find(team, keys) if kind in _kinds else {}


def find(kind: str, team: Any | None, key: str) -> Topic | None:
    return find_all(kind, team, [key]).get(key)
