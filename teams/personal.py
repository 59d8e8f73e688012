"""What each room holds about a person. Rooms above register it from their `AppConfig.ready`.

Foreign keys to a person need no line here: the export of a person's data and the removal of a person find them by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.db.models import Q

if TYPE_CHECKING:
    from teams.models import Person


@dataclass(frozen=True)
class Owned:
    """What will be without an owner: "3 key results", with the page of each."""

    what: str
    rows: list[tuple[str, str]]  # title, address


class End(Protocol):
    def __call__(self, *, person: Person, by: Person | None) -> None: ...


_ends: list[End] = []
_owned: list[Callable[[Person], Owned]] = []
_written: dict[str, Callable[[Person], Q]] = {}


def register_owned(find: Callable[[Person], Owned]) -> None:
    """`find` says what of this room the person owns and still answers for."""
    _owned.append(find)


def register_ending(end: End) -> None:
    """`end` ends, for good, what of this room opens something in the person's name, as their sessions and tokens end."""
    _ends.append(end)


def end_ways_in(*, person: Person, by: Person | None) -> None:
    for end in _ends:
        end(person=person, by=by)


def register_written(model: str, by: Callable[[Person], Q]) -> None:
    """Rows of `model` ("okrs.Remark") that are a person's although no foreign key of theirs says so."""
    _written[model.lower()] = by


def owned_by(person: Person) -> list[Owned]:
    return [owned for find in _owned if (owned := find(person)).rows]


def written_by(model: str, person: Person) -> Q | None:
    """The rows of `model` that `register_written` told of; None if it told of none."""
    by = _written.get(model.lower())
    return by(person) if by else None
