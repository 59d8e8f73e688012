"""What any host's connector has to keep: `test_contract.py` holds it against every case that `hosts.py` names.

A new host brings a made-up one of its own that can do what `Host` says (`tests/fakes/`), a class like `github_cases.GitHubCase`,
and one line in `hosts.py`. docs/adr/0022 says why each clause is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Protocol

from connectors.records import ReadOptions
from tests.connectors.driver import Driver

Rows = dict[str, tuple[Any, ...]]


class Host(Protocol):
    """A made-up host with one repository, filled so that every listing has several pages, and the ways to change it.

    One of its deployments is running. Nothing in it is younger than `now` but what a test adds.
    """

    kind: str  # of the registry
    url: str  # the API's address
    token: str
    repository: str
    pasted: str  # the repository's address as people paste it
    options: ReadOptions
    now: datetime

    listings: int  # how many a sync with nothing new asks: each answers 304, or costs one small request
    unfinished: int  # how many requests it then asks for the deployment that runs
    each: int  # how many requests at most the listing's object takes beside the listing
    page: int  # objects a page

    # Faults that pass within one request's tries, and faults that end a sync. The names are the host's own.
    passing: Sequence[str]
    ending: Sequence[str]
    nulls: str  # takes the instants from the first object
    refusing: str  # the token is refused
    limiting: str  # the limit is used up

    def truth(self) -> Rows:
        """What `Driver.final` should be, from the host's objects alone and without the connector's code."""

    def asked(self) -> int:
        """How many requests it got since `forget`."""

    def forget(self) -> None:
        """Begin to count anew, without faults."""

    def fault(self, number: int, kind: str, url: str = "") -> None:
        """At the number'th request from now on. "elsewhere" leads to `url`, "next elsewhere" names it as the next page."""

    def allow(self, requests: int) -> None:
        """The limit begins anew, with so many requests."""

    def deploy(self, at: datetime) -> str:
        """A deployment that succeeded then; its key."""

    def finish(self, at: datetime) -> str:
        """The running deployment succeeds; its key."""

    def open_incident(self, at: datetime) -> str: ...

    def close_incident(self, key: str, at: datetime) -> None: ...

    def reopen_incident(self, key: str, at: datetime) -> None: ...

    def break_deployment(self, key: str) -> None:
        """It has a state from now on that nobody knows."""

    def mend_deployment(self, key: str) -> None: ...

    def delete_deployment(self, key: str) -> None: ...

    def rename(self, name: str) -> None: ...

    def compare(self) -> tuple[tuple[str, str], tuple[str, ...]] | None:
        """Two commits, and those between them; None where the host cannot compare."""


def driver_of(host: Host) -> Driver:
    """What would stand in the portal's database, and the way to change it by a sync."""
    return Driver(host, host.options, host.now, host.repository, kind=host.kind)


@dataclass
class Trap:
    """Another origin, which nobody should ever ask anything."""

    url: str
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def trap() -> Iterator[Trap]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(dict(self.headers.items()))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Trap(f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
