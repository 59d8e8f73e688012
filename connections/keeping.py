"""What happens to a page of objects, whoever asked for them: within the caller's transaction, with the source's row locked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from connections import stores
from connections.models import SetAsideObject, Source
from connectors.records import Page, SetAside

GONE = "gone"


def keep(source: Source, page: Page, now: datetime) -> int:
    """Store its records and set aside what could not be understood; returns how many rows are new or changed."""
    stored = stores.store(source, page.records, now)
    gone = [each.key for each in page.set_aside if each.reason == GONE]
    # What the host has no more is no riddle where it is stored: it stays, and counts no more.
    known = stores.gone(source, gone, now) if gone else set()
    _clear(source, [*(record.key for record in page.records), *known], now)
    _set_aside(source, [each for each in page.set_aside if each.key not in known], now)
    return stored


def _clear(source: Source, keys: list[str], now: datetime) -> None:
    if keys:
        source.set_aside.open().filter(key__in=keys).update(cleared_at=now)


def _set_aside(source: Source, objects: Iterable[SetAside], now: datetime) -> None:
    """Keep what could not be understood, once for each key, from when it was first seen."""
    rows = {each.key: each for each in objects}
    SetAsideObject.objects.bulk_create(
        [
            SetAsideObject(
                source=source,
                key=each.key[:100],
                reason=each.reason[:40],
                detail=each.detail[:200],
                url=each.url[:1000],
                first_seen_at=now,
                last_seen_at=now,
            )
            for each in rows.values()
        ],
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=["reason", "detail", "url", "last_seen_at", "cleared_at"],
    )
