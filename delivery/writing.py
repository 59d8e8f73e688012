"""Writes rows as they were told, new ones and changed ones: a page of a host's listing, or a file of 20,000 lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from core import bulk
from delivery.models import Change, Deployment, Incident

Row = TypeVar("Row", Deployment, Incident, Change)
MANY = 500  # new rows for which COPY gains more than asking for their keys afterwards costs


def write(rows: Sequence[Row], stored: Collection[str], fields: Sequence[str]) -> None:
    """Rows of one service, each with a key of its own; `stored` are the keys that are there. All know their pk afterwards.

    The service's rows are locked by whoever calls: nobody else writes one of these keys meanwhile.
    """
    new = [row for row in rows if row.key not in stored]
    if len(new) >= MANY:
        bulk.insert(new)
        _learn_keys(new)
        rows = [row for row in rows if row.key in stored]
    if rows:
        type(rows[0]).objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["service", "key"], update_fields=list(fields)
        )


def _learn_keys(rows: Sequence[Row]) -> None:
    for part in _parts(rows):
        mine = type(part[0]).objects.filter(service=part[0].service_id, key__in=[row.key for row in part])
        known = dict(mine.values_list("key", "pk"))
        for row in part:
            row.pk = known[row.key]


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + MANY] for start in range(0, len(rows), MANY))
