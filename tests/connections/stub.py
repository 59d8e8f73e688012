"""A connector without a host: it yields what a test tells it to. For everything that is about the sync, not the host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from connections.models import Source
from connectors.records import (
    Address,
    DeploymentRecord,
    IncidentRecord,
    Inspection,
    Outcome,
    Page,
    ReadOptions,
    Record,
    SetAside,
)
from connectors.registry import CONNECTORS
from core.http import RateLimit


@dataclass
class StubClient:
    base_url: str
    token: str
    requests_made: int = 0
    not_modified: int = 0
    rate: RateLimit | None = None

    def __enter__(self) -> StubClient:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def deployment(number: int, at: datetime, **changes: Any) -> DeploymentRecord:
    facts = {
        "key": f"deployment:{number}",
        "outcome": Outcome.SUCCEEDED,
        "created_at": at - timedelta(minutes=5),
        "finished_at": at,
        "environment": "production",
        "sha": f"{number:040x}",
        "title": f"Release {number}",
        "url": f"https://example.com/deployments/{number}",
    }
    return DeploymentRecord(**{**facts, **changes})


def incident(number: int, began: datetime, hours: float | None, **changes: Any) -> IncidentRecord:
    resolved = None if hours is None else began + timedelta(hours=hours)
    facts = {"labels": ("incident",), "url": f"https://example.com/issues/{number}"}
    return IncidentRecord(f"issue:{number}", f"Incident {number}", began, resolved, **{**facts, **changes})


def quietly(number: int) -> None:
    """Nothing happens before this page."""


@dataclass
class StubConnector:
    """Two streams. `rows` stand on the host, newest first; each sync reads those that the state does not have, by pages of 2.

    `before_page(n)` is called before the n-th page of a sync is handed over; it may raise, or do what another worker would.
    """

    kind: str = "stub"
    title: str = "Stub"
    rows: dict[str, list[Record]] = field(default_factory=lambda: {"deployments": [], "incidents": []})
    set_aside: list[SetAside] = field(default_factory=list)
    before_page: Callable[[int], None] = quietly
    seen: Inspection | None = None
    refuse: Exception | None = None
    reads: list[dict[str, Any]] = field(default_factory=list)  # arguments of each read
    tokens: list[tuple[str, str]] = field(default_factory=list)  # (base_url, token) of each client

    def parse_address(self, text: str, base_url: str = "") -> Address:
        if "/" not in text:
            raise ValueError("no_repository")
        return Address(base_url or "https://api.example.com", "/".join(text.rstrip("/").split("/")[-2:]))

    def client(self, base_url: str, token: str) -> Any:
        self.tokens.append((base_url, token))
        return StubClient(base_url, token)

    def inspect(self, client: Any, repository: str) -> Inspection:
        if self.refuse:
            raise self.refuse
        assert self.seen
        return self.seen

    def read(
        self,
        client: Any,
        repository: str,
        options: ReadOptions,
        state: dict[str, dict[str, Any]],
        again: Sequence[str],
        now: datetime,
    ) -> Iterator[Page]:
        self.reads.append({"options": options, "state": state, "again": list(again), "token": client.token})
        number = 0
        if again:
            number += 1
            client.requests_made += len(again)
            self.before_page(number)
            rows = [row for rows in self.rows.values() for row in rows if row.key in again]
            yield Page("again", rows, {}, read=len(again), done=True)
        for stream in self.rows:
            done = list(state.get(stream, {}).get("done", []))
            left = [row for row in self.rows[stream] if row.key not in done]
            for start in range(0, max(len(left), 1), 2):
                rows = left[start : start + 2]
                done += [row.key for row in rows]
                number += 1
                client.requests_made += 1
                self.before_page(number)
                aside = self.set_aside if stream == "deployments" and start == 0 else ()
                yield Page(
                    stream,
                    rows,
                    {"done": list(done)},
                    set_aside=aside,
                    read=len(rows) + len(aside),
                    reached=min((_began(row) for row in rows), default=None),
                    done=start + 2 >= len(left),
                )


def _began(row: Record) -> datetime:
    return row.created_at if isinstance(row, DeploymentRecord) else row.began_at


@contextmanager
def host_of(source: Source) -> Iterator[StubConnector]:
    """A host that has this repository and takes any token."""
    host = StubConnector(seen=Inspection(source.external_id, source.full_name, source.url, "main"))
    with patch.dict(CONNECTORS, {"stub": host}):
        yield host
