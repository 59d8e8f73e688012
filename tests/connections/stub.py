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
    Identity,
    IncidentRecord,
    Inspection,
    Outcome,
    Page,
    ReadOptions,
    Record,
    Repository,
    RepositoryPage,
    SetAside,
    Wanted,
    nothing,
)
from connectors.registry import CONNECTORS
from core.http import RateLimit


@dataclass
class StubClient:
    base_url: str
    token: str
    requests_made: int = 0
    not_modified: int = 0
    redirects: int = 0
    rate: RateLimit | None = None
    share: float | None = None
    host: str = "api.example.com"

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
    identity: Identity | None = None
    refuse: Exception | None = None
    reads: list[dict[str, Any]] = field(default_factory=list)  # arguments of each read
    listing: list[Repository] = field(default_factory=list)
    tokens: list[tuple[str, str]] = field(default_factory=list)  # (base_url, token) of each client

    def parse_address(self, text: str, base_url: str = "") -> Address:
        if "/" not in text:
            raise ValueError("no_repository")
        return Address(base_url or "https://api.example.com", "/".join(text.rstrip("/").split("/")[-2:]))

    def parse_host(self, text: str) -> str:
        if " " in text:
            raise ValueError("bad_base_url")
        return text or "https://api.example.com"

    def client(self, base_url: str, token: str) -> Any:
        self.tokens.append((base_url, token))
        return StubClient(base_url, token)

    def inspect(self, client: Any, repository: str) -> Inspection:
        if self.refuse:
            raise self.refuse
        assert self.seen
        return self.seen

    def list_repositories(self, client: Any, page: int) -> RepositoryPage:
        if self.refuse:
            raise self.refuse
        client.requests_made += 1
        return RepositoryPage(self.listing[(page - 1) * 100 : page * 100], more=len(self.listing) > page * 100)

    def identify(self, client: Any, repository: str) -> Identity:
        """As the portal knows it, unless a test says otherwise."""
        if self.identity is not None:
            return self.identity
        source = Source.objects.active().get(full_name=repository)
        return Identity(source.external_id, repository, source.url, source.default_branch)

    def read_again(
        self, client: Any, repository: str, options: ReadOptions, keys: Sequence[str], now: datetime
    ) -> Iterator[Page]:
        client.requests_made += len(keys)
        if self.refuse:
            raise self.refuse
        rows = [row for rows in self.rows.values() for row in rows if row.key in keys]
        aside = [each for each in self.set_aside if each.key in keys]
        yield Page("again", rows, {}, aside, len(keys), done=True)

    def read(
        self,
        client: Any,
        repository: str,
        options: ReadOptions,
        state: dict[str, dict[str, Any]],
        again: Sequence[str],
        now: datetime,
        wanted: Wanted = nothing,
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
    if isinstance(row, DeploymentRecord):
        return row.created_at
    assert isinstance(row, IncidentRecord)
    return row.began_at


@contextmanager
def host_of(source: Source) -> Iterator[StubConnector]:
    """A host that has this repository and takes any token."""
    host = StubConnector(seen=Inspection(source.external_id, source.full_name, source.url, "main"))
    with patch.dict(CONNECTORS, {"stub": host}):
        yield host
