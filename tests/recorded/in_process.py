"""The recordings' own server inside this process, so that each request of a sync can be disturbed without starting it anew."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from tests.recorded.stage import TOKEN


class Replayed:
    """`url` and `token` are what a connector needs."""

    token = TOKEN

    def __init__(self, server: Any) -> None:
        self.server = server
        self.url = f"http://{server.address}"

    def fault(self, number: int = 0, kind: str = "", seconds: float = 1.0) -> None:
        """Begin to count anew, with this fault at the number'th request, or with none."""
        self.server.options.faults = {number: (kind, seconds)} if kind else {}
        self.server.meter.reset()

    def fresh_window(self) -> None:
        """As if the window of the limit had passed."""
        self.server.meter.started = None

    @property
    def asked(self) -> int:
        return int(self.server.meter.stats()["requests"])

    @property
    def paths(self) -> dict[str, int]:
        """Requests by path, with ids as `:id`."""
        return {path: sum(counts.values()) for path, counts in self.server.meter.stats()["paths"].items()}


@contextmanager
def replayed(folder: Path, *options: str) -> Iterator[Replayed]:
    sys.path.insert(0, str(folder))
    try:
        replay = importlib.import_module("replay")
    finally:
        sys.path.remove(str(folder))
    arguments = ["--host", "github", "--token", TOKEN, *options]
    server = replay.Server(replay.parse(arguments, replay.HOSTS, folder / "data"), replay.HOSTS)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Replayed(server)
    finally:
        server.shutdown()
        server.server_close()
