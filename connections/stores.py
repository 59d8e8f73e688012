"""Where what connectors read goes. A room above registers one store from its `AppConfig.ready`; this room knows none of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from connections.models import Source
from connectors.records import Record


class Store(Protocol):
    """Keeps records of a source. The first three are called with its row locked, inside the caller's transaction."""

    def store(self, source: Source, records: Sequence[Record], now: datetime) -> int:
        """Keep the records it knows, ignore others; returns how many rows are new or changed. Twice is as once."""

    def unfinished_keys(self, source: Source, now: datetime) -> Iterable[str]:
        """Keys of what was stored before it ended, to be read again by themselves."""

    def sweep(self, source: Source, now: datetime) -> None:
        """At the start of each sync: let go of what will not be asked for again."""

    def rules_url(self, source: Source) -> str:
        """The page on which people say what of this source counts; "" if there is none."""


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


def rules_url(source: Source) -> str:
    return next(filter(None, (each.rules_url(source) for each in _stores)), "")
