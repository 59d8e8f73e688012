"""What each room holds about a person. Rooms above register it from their `AppConfig.ready`.

Foreign keys to a person need no line here: the export of a person's data and the removal of a person find them by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from teams.models import Person


@dataclass(frozen=True)
class Owned:
    """What will be without an owner: "3 key results", with the page of each."""

    what: str
    rows: list[tuple[str, str]]  # title, address


_owned: list[Callable[[Person], Owned]] = []
_written: dict[str, Callable[[Person], Q]] = {}


def register_owned(find: Callable[[Person], Owned]) -> None:
    """`find` says what of this room the person owns and still answers for."""
    _owned.append(find)


def register_written(model: str, by: Callable[[Person], Q]) -> None:
    """Rows of `model` ("okrs.Remark") that are a person's although no foreign key of theirs says so."""
    _written[model.lower()] = by


def owned_by(person: Person) -> list[Owned]:
    return [owned for find in _owned if (owned := find(person)).rows]


def written_by(model: str, person: Person) -> Q | None:
    """The rows of `model` that `register_written` told of; None if it told of none."""
    by = _written.get(model.lower())
    return by(person) if by else None
