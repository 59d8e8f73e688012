"""What was stored or changed, and the spans of time that it touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from delivery.models import Change, Comparison, Deployment, Incident, OutcomeChoice

GAP = timedelta(days=7)  # instants closer than this belong to one span
MOST_SPANS = 12  # beyond it all that lies between is read: many small questions cost more
CHUNK = 500  # keys in one query

Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Span:
    """Both ends included."""

    first: datetime
    last: datetime


def spans(instants: Iterable[datetime]) -> list[Span]:
    """The instants as few spans, so that a late word about an old deployment does not make everything since be read."""
    found: list[Span] = []
    for at in sorted(instants):
        if found and at - found[-1].last <= GAP:
            found[-1] = Span(found[-1].first, at)
        else:
            found.append(Span(at, at))
    return found if len(found) <= MOST_SPANS else [Span(found[0].first, found[-1].last)]


def chunks(keys: Iterable[Key]) -> Iterator[Sequence[Key]]:
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


@dataclass
class TouchedService:
    """Of one service. `finishes` are instants of deployments, as they were and as they are."""

    deployments: set[int] = field(default_factory=set)
    finishes: set[datetime] = field(default_factory=set)
    unknown: set[datetime] = field(default_factory=set)  # when those began that are unknown, or were
    versions: set[str] = field(default_factory=set)
    changes: set[int] = field(default_factory=set)
    change_keys: set[str] = field(default_factory=set)
    change_titles: set[str] = field(default_factory=set)
    compared: set[tuple[str, str]] = field(default_factory=set)  # (base, head)


@dataclass
class Touched:
    """What became other than it was, of one team. Rows are told as they were before, and as they are now."""

    services: dict[int, TouchedService] = field(default_factory=lambda: defaultdict(TouchedService))
    incidents: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.services or self.incidents)

    def deployments(self, rows: Iterable[Deployment]) -> None:
        for row in rows:
            of = self.services[row.service_id]
            of.deployments.add(row.pk)
            if row.finished_at is not None:
                of.finishes.add(row.finished_at)
            if row.outcome == OutcomeChoice.UNKNOWN:
                of.unknown.add(row.created_at)
            if row.sha:
                of.versions.add(row.sha)

    def changes(self, rows: Iterable[Change]) -> None:
        for row in rows:
            of = self.services[row.service_id]
            of.changes.add(row.pk)
            of.change_keys.add(row.key)
            if row.title:
                of.change_titles.add(row.title)

    def comparisons(self, rows: Iterable[Comparison]) -> None:
        for row in rows:
            self.services[row.service_id].compared.add((row.base, row.head))

    def of_incidents(self, rows: Iterable[Incident]) -> None:
        self.incidents.update(row.pk for row in rows)
