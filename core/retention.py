"""What the portal does not keep for ever: each room says what of its own may go, and once a day it goes.

Events, figures and the audit log are not among it: they are kept for good.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, models

from core import clock, undo

log = structlog.get_logger(__name__)

AGAIN_AFTER = timedelta(hours=23)  # it is asked for every hour, so that a portal that is on by day only does it too
BATCH = 500  # rows in one transaction: nobody waits long for a lock
_DONE = "retention-done"

Prune = Callable[[datetime], int]  # lets go of what is older than the instant; how many rows went
_prunes: dict[str, Prune] = {}


def register(name: str, prune: Prune) -> None:
    _prunes[name] = prune


def prune_daily() -> None:
    """Safe to run twice and to kill: what is left goes the next time."""
    if cache.add(_DONE, True, timeout=int(AGAIN_AFTER.total_seconds())):
        try:
            prune()
        except Exception:
            cache.delete(_DONE)
            raise


def prune() -> dict[str, int]:
    """Let go of everything that is old; how many of what."""
    before = clock.now() - timedelta(days=settings.KEEP_DAYS)
    gone = {name: prune(before) for name, prune in _prunes.items()}
    log.info("retention", **gone)
    return gone


def in_batches(rows: models.QuerySet[Any]) -> int:
    """Delete the rows, a few at a time; how many."""
    gone = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=keys).delete()
        gone += len(keys)
    return gone


# -- The house's own ------------------------------------------------------------------------------------------------


def _sessions(before: datetime) -> int:
    """Those that have ended: nobody is signed in by them any more, whatever KEEP_DAYS says."""
    return in_batches(Session.objects.filter(expire_date__lt=clock.now()))


def _counts(before: datetime) -> int:
    """What has run out in the cache: counts of attempts by address. The cache itself lets go only when it is full."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(clock.now().replace(tzinfo=None, microsecond=0))
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608  a name of ours
        return int(cursor.rowcount)


def _logs(before: datetime) -> int:
    """Files that supervisor has rotated away and that nobody has written since; on servers the container engine sees to it."""
    old = [file for file in Path(settings.VAR, "log").glob("*.log.*") if file.stat().st_mtime < before.timestamp()]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


register("sessions", _sessions)
register("undo", undo.prune)
register("counts", _counts)
register("logs", _logs)
