"""The key results that a token can be made for. OKRs stand above this room: they answer here from their `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from teams.models import Team


@dataclass(frozen=True)
class KnownKeyResult:
    """A key result as the token's page shows it. `url`: its page. `is_open`: it takes check-ins."""

    pk: int
    title: str
    url: str
    is_open: bool


@dataclass(frozen=True)
class Source:
    """`open_of(team)`: those that take check-ins, in the order of the team's page. `titled(pks)`: of those that there are."""

    open_of: Callable[[Team], list[KnownKeyResult]]
    titled: Callable[[Iterable[int]], list[KnownKeyResult]]


_sources: list[Source] = []


def register(source: Source) -> None:
    _sources[:] = [source]


def open_of(team: Team) -> list[KnownKeyResult]:
    return [each for source in _sources for each in source.open_of(team)]


def titled(pks: Iterable[int | None]) -> dict[int, KnownKeyResult]:
    wanted = {pk for pk in pks if pk is not None}
    return {each.pk: each for source in _sources for each in source.titled(wanted)} if wanted else {}
