"""Keeps a sync's lease alive while it waits for the host: one answer may take longer than the lease."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType

from django.db import Error, connection

from connections import schedule

log = logging.getLogger(__name__)

EVERY = 15.0  # seconds
# Without a page for so long the sync is taken for stuck, and its lease is let go of.
PATIENCE = 15 * 60.0  # seconds


class Heartbeat:
    """A thread that beats until the block ends. It dies with its process, and the lease soon after."""

    def __init__(self, lease: schedule.Lease) -> None:
        self._lease = lease
        self._over = threading.Event()
        self._progress_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat-{lease.source_id}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def progress(self) -> None:
        """A page was written."""
        self._progress_at = time.monotonic()

    def _run(self) -> None:
        try:
            while not self._over.wait(EVERY) and self.beat():
                pass
        finally:
            connection.close()

    def beat(self) -> bool:
        """One beat; False when there is nothing left to keep alive."""
        if time.monotonic() - self._progress_at > PATIENCE:
            return False
        try:
            return schedule.beat(self._lease)
        except Error as error:  # the database is away for a moment: try again at the next beat
            log.warning("no heartbeat for source %s: %s", self._lease.source_id, error)
            return True
