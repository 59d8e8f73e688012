"""A portal as `make run` starts it on servers of its own, of which each part can be killed while people use it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from ops.processes import end, kill_family
from ops.services import Server, forgetful_redis, postgresql_server
from tests.ops.conftest import Launched, launcher, plain_environment, until

PARTS = ("web", "PostgreSQL", "worker", "Redis")
AWAY = (2.0, 6.0)  # seconds that a killed server stays away; web and worker are started again by the portal itself


@dataclass(frozen=True)
class Kill:
    """When something was killed, and since when it could recover: a server was there again, or the portal's process was dead."""

    part: str
    at: float
    back: float


@dataclass
class Stage:
    portal: Launched
    environment: dict[str, str]
    servers: dict[str, Server]
    kills: list[Kill] = field(default_factory=list)

    def kill(self, part: str, dice: random.Random) -> Kill:
        at = time.time()
        if part in self.servers:
            server = self.servers[part]
            server.kill()
            time.sleep(dice.uniform(*AWAY))
            server.start()
            back = time.time()
        else:
            back = self._kill_process(part)
        self.kills.append(Kill(part, at, back))
        return self.kills[-1]

    def _kill_process(self, part: str) -> float:
        """Its whole family, as when a machine's memory runs out; supervisor has to start another one."""
        before = self.portal.parents()[part]
        kill_family(before)
        dead = time.time()
        until(lambda: self.portal.parents().get(part, before) != before, f"another {part}")
        return dead

    @contextmanager
    def database(self) -> Iterator[Any]:
        """A cursor that sees what is there now."""
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        connection.autocommit = True
        try:
            yield connection.cursor()
        finally:
            connection.close()


@contextmanager
def stage(folder: Path, collected: Path | None = None) -> Iterator[Stage]:
    """A portal of its own that may read from this machine, on a PostgreSQL that keeps what it acknowledged."""
    (folder / "var").mkdir()
    if collected:  # static files that another portal has compressed already
        (folder / "var" / "static").symlink_to(collected)
    with ExitStack() as stack:
        database = stack.enter_context(postgresql_server())
        redis = stack.enter_context(forgetful_redis())
        environment = plain_environment() | {
            "PORTAL_VAR": str(folder / "var"),
            "DATABASE_URL": database.address,
            "REDIS_URL": redis.address,
            "OUTGOING_ALLOW": "127.0.0.1",
            "HOST": "127.0.0.1",
            "PORT": "0",
        }
        launch = stack.enter_context(launcher(environment))
        portal = launch().wait_until_ready()
        try:
            yield Stage(portal, environment, {"PostgreSQL": database, "Redis": redis})
        except KeyboardInterrupt:
            end(portal.running, patience=0)  # whoever interrupts a test does not wait for a graceful stop
            raise
