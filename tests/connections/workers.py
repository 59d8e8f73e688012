"""A real Celery worker against the database and the broker of the running tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(settings.BASE_DIR)
PATIENCE = 90.0  # seconds until something that must come counts as not coming


class Worker:
    """`celery worker` with one child, in a process group of its own. The database knows it by the name of its queue."""

    def __init__(self, queue: str, var: Path, *, wait: bool = True) -> None:
        self.log = var / "worker.log"
        (var / "run").mkdir(parents=True, exist_ok=True)
        self._ready = var / "run" / "worker.ready"
        self._ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "celery", "-A", "mlops_portal", "worker", "-c", "1", "-Q", queue, "-l", "INFO",
                   "-n", f"{queue}@%h", "--without-gossip", "--without-mingle"]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=_environment(var) | {"PGAPPNAME": queue},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            wait_for(self.is_ready, self)

    def is_ready(self) -> bool:
        return self._ready.exists()

    def kill(self) -> None:
        """kill -9, parent and child at once: nothing is tidied up."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        if self.process.poll() is None:
            self.kill()


def _environment(var: Path) -> dict[str, str]:
    of = connection.settings_dict
    database = f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}/{of['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
        "OUTGOING_ALLOW": "127.0.0.1",
        "PORTAL_ENV": "test",
        "PORTAL_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "mlops_portal.settings",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def worker(queue: str, var: Path) -> Iterator[Worker]:
    running = Worker(queue, var)
    try:
        yield running
    finally:
        running.end()


def wait_for(what: Callable[[], object], running: Worker | None = None) -> None:
    """Ask until it is so. What the worker said is part of the failure."""
    end = time.monotonic() + PATIENCE
    while not what():
        said = running.log.read_text() if running else ""
        assert running is None or running.process.poll() is None, f"the worker ended:\n{said}"
        assert time.monotonic() < end, f"it does not come\n{said}"
        time.sleep(0.05)
