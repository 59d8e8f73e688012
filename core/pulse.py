"""Signs of life of the background work, kept in the cache that all processes share: `beat`, `worker` and `queue`.

Beat leaves its sign whenever it sends `core.pulse` (every EVERY seconds), the worker beside its own heartbeat; the sign of
the queue is when the newest `core.pulse` that a worker came to was sent, so everything sent before that has been taken.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.core.cache import cache
from django.db import Error, connection

from core import clock

log = logging.getLogger(__name__)

EVERY = 15.0  # seconds
BEAT, WORKER, QUEUE = "beat", "worker", "queue"


def leave(*names: str) -> None:
    """Leave signs of life now, from a process that does nothing else with the database. Never raises."""
    try:
        for name in names:
            note(name, clock.now())
    except Error as error:  # the database is away for a moment: the next sign comes soon
        log.warning("no sign of life of %s: %s", " and ".join(names), error)
    finally:
        connection.close()  # the pool's processes are forked from this one


def note(name: str, at: datetime) -> None:
    cache.set(_key(name), at.timestamp(), timeout=None)


def signs() -> dict[str, datetime | None]:
    """When each was last seen, in one query; None for one that never was."""
    keys = {name: _key(name) for name in (BEAT, WORKER, QUEUE)}
    found = cache.get_many(keys.values())
    return {name: datetime.fromtimestamp(found[key], UTC) if key in found else None for name, key in keys.items()}


def _key(name: str) -> str:
    return f"pulse-{name}"
