"""Sending a message to a worker. The broker only carries the bell's sound: what is due stands in the database."""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger(__name__)


def send(task: Any, *arguments: Any, life: float) -> None:
    """Send a message that is worth something for `life` seconds. Never raises: a broker that is away costs only time.

    It is called when the row that says what is due has been committed: the write is acknowledged whatever happens here,
    and beat asks for it again. So every error is caught, whatever the broker's library makes of a server that is gone.
    """
    try:
        task.apply_async(args=arguments, expires=life, retry=False)
    except Exception as error:
        log.warning("no message for %s: %s", task.name, error)
