"""Writes rows as they were told, new ones and changed ones: a page of a host's listing, or a file of 20,000 lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from core import bulk
from delivery.models import Change, Deployment, Incident

Row = TypeVar("Row", Deployment, Incident, Change)


def write(rows: Sequence[Row], stored: Collection[str], fields: Sequence[str]) -> None:
    """Rows of one service, each with a key of its own; `stored` are the keys that are there. All know their pk afterwards.

    The service's rows are locked by whoever calls: nobody else writes one of these keys meanwhile.
    """
    new = [row for row in rows if row.key not in stored]
    if len(new) >= bulk.FEW:
        bulk.insert(new)
        rows = [row for row in rows if row.key in stored]
    if rows:
        type(rows[0]).objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["service", "key"], update_fields=list(fields)
        )
