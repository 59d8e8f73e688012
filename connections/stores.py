"""Where what connectors read goes. A room above registers one store from its `AppConfig.ready`; this room knows none of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connections import options as read_options
from connections.models import Source
from connectors.records import ReadOptions, Record
from teams.models import Team


@dataclass(frozen=True)
class Part:
    """What one team has of a source, as its page lists it. `said` tells which part it is; `ended_at` None: it is read."""

    name: str
    said: str
    url: str  # where people say what of it counts
    ended_at: datetime | None = None
    end_url: str = ""  # where this part alone is ended; "" where it is the only one


class Store(Protocol):
    """Keeps records of a source.

    `store`, `unfinished_keys`, `sweep` and `gone` are called with its row locked, inside the caller's transaction."""

    def store(self, source: Source, records: Sequence[Record], now: datetime) -> int:
        """Keep the records it knows, ignore others; returns how many rows are new or changed. Twice is as once."""

    def unfinished_keys(self, source: Source, now: datetime) -> Iterable[str]:
        """Keys of what was stored before it ended, to be read again by themselves."""

    def sweep(self, source: Source, now: datetime) -> None:
        """At the start of each sync: let go of what will not be asked for again."""

    def comparisons_wanted(self, source: Source) -> Sequence[tuple[str, str]]:
        """(base, head) of what should be compared and was not yet, the newest first. Not within a transaction."""

    def gone(self, source: Source, keys: Sequence[str], now: datetime) -> set[str]:
        """The host has these objects no more: mark those that are stored. Which of them are."""

    def renamed(self, source: Source, before: str) -> None:
        """The host calls it otherwise now. With the source's row locked."""

    def keys_to_check(self, source: Source, now: datetime) -> Iterable[str]:
        """Once a day: keys of what no listing tells about when it is deleted, or ceases to be what it was."""

    def parts(self, source: Source, team: Team) -> list[Part]:
        """What the team has of it; those that are read first."""

    def wanted(self, source: Source) -> ReadOptions | None:
        """What of it all teams together want to be read; None: nothing."""

    def ended(self, source: Source, team: Team, at: datetime) -> None:
        """The team reads no part of it any more. What was stored stays. With the source's row locked."""


_stores: list[Store] = []


def register(store: Store) -> None:
    if store not in _stores:
        _stores.append(store)


def store(source: Source, records: Sequence[Record], now: datetime) -> int:
    return sum(each.store(source, records, now) for each in _stores)


def unfinished_keys(source: Source, now: datetime) -> list[str]:
    return [key for each in _stores for key in each.unfinished_keys(source, now)]


def sweep(source: Source, now: datetime) -> None:
    for each in _stores:
        each.sweep(source, now)


def comparisons_wanted(source: Source) -> list[tuple[str, str]]:
    return list(dict.fromkeys(pair for each in _stores for pair in each.comparisons_wanted(source)))


def gone(source: Source, keys: Sequence[str], now: datetime) -> set[str]:
    return {key for each in _stores for key in each.gone(source, keys, now)}


def renamed(source: Source, before: str) -> None:
    for each in _stores:
        each.renamed(source, before)


def keys_to_check(source: Source, now: datetime) -> list[str]:
    return [key for each in _stores for key in each.keys_to_check(source, now)]


def parts(source: Source, team: Team) -> list[Part]:
    return [part for each in _stores for part in each.parts(source, team)]


def wanted(source: Source) -> ReadOptions | None:
    found = [options for each in _stores if (options := each.wanted(source)) is not None]
    return read_options.union(found) if found else None


def ended(source: Source, team: Team, at: datetime) -> None:
    for each in _stores:
        each.ended(source, team, at)
