"""Drives a connector as the sync task does: states replaced page by page, rows kept by key, some keys asked for again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.records import (
    ChangeRecord,
    ComparisonRecord,
    DeploymentRecord,
    DeploymentSource,
    IncidentRecord,
    Outcome,
    Page,
    ReadOptions,
    Record,
    SetAside,
)
from connectors.registry import CONNECTORS
from core.http import Client, OutgoingError

DEPLOYMENTS = ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("incident",))


@dataclass
class Driver:
    """What would stand in the database, and the way to change it by a sync."""

    fake: Any  # has `url` and `token`
    options: ReadOptions
    now: datetime
    repository: str = "acme/shop"
    rows: dict[str, Record] = field(default_factory=dict)
    aside: dict[str, SetAside] = field(default_factory=dict)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    client: Client | None = None
    kind: str = "github"
    error: OutgoingError | None = None
    asked: set[str] = field(default_factory=set)  # what was set aside when the sync began
    seen: Callable[[Page], None] | None = None  # what looks at each page as it comes
    pairs: list[tuple[str, str]] = field(default_factory=list)  # to be compared
    given_up_after: timedelta | None = None  # how long what is unfinished is asked for again; None: for ever

    @property
    def again(self) -> list[str]:
        running = [
            key
            for key, row in self.rows.items()
            if isinstance(row, DeploymentRecord)
            and row.outcome is Outcome.RUNNING
            and (self.given_up_after is None or row.created_at > self.now - self.given_up_after)
        ]
        return [*running, *self.aside]

    def wanted(self) -> list[tuple[str, str]]:
        return [pair for pair in self.pairs if pair not in self.compared]

    @property
    def compared(self) -> dict[tuple[str, str], ComparisonRecord]:
        return {(row.base, row.head): row for row in self.rows.values() if isinstance(row, ComparisonRecord)}

    @property
    def changes(self) -> dict[str, ChangeRecord]:
        return {key: row for key, row in self.rows.items() if isinstance(row, ChangeRecord)}

    def sync(self, stop_after: int | None = None) -> OutgoingError | None:
        """One sync, killed after `stop_after` pages; the error that ended it."""
        error = self.sync_until(lambda: stop_after is not None and len(self.pages) >= stop_after)
        if stop_after is None and error is None:
            # Of a sync that came to its end: what was asked again and is not told of again is no problem any more.
            told = {each.key for page in self.pages for each in page.set_aside}
            self.aside = {key: each for key, each in self.aside.items() if key in told or key not in self.asked}
        return error

    def sync_until(self, enough: Callable[[], bool]) -> OutgoingError | None:
        """One sync, killed as soon as it is `enough`."""
        self.asked = set(self.aside)
        connector = CONNECTORS[self.kind]
        self.client = connector.client(self.fake.url, self.fake.token)
        self.pages, self.error = [], None
        state, options = self.state, self.options
        pages = connector.read(self.client, self.repository, options, state, self.again, self.now, self.wanted)
        try:
            while not enough():
                page = next(pages, None)
                if page is None:
                    break
                self._store(page)
        except OutgoingError as error:
            self.error = error
            return error
        finally:
            pages.close()  # type: ignore[attr-defined]
            self.client.close()
        return None

    def _store(self, page: Page) -> None:
        self.pages.append(page)
        if self.seen:
            self.seen(page)
        for record in page.records:
            self.rows[record.key] = record
            self.aside.pop(record.key, None)
        for aside in page.set_aside:
            self.aside[aside.key] = aside
        # Through JSON, as the database does it.
        self.state[page.stream] = json.loads(json.dumps(page.state))

    def requests(self) -> int:
        """How many requests the next sync makes; it must succeed."""
        assert self.sync() is None
        assert self.client is not None
        return self.client.requests_made

    @property
    def deployments(self) -> dict[str, DeploymentRecord]:
        return {key: row for key, row in self.rows.items() if isinstance(row, DeploymentRecord)}

    @property
    def incidents(self) -> dict[str, IncidentRecord]:
        return {key: row for key, row in self.rows.items() if isinstance(row, IncidentRecord)}

    @property
    def final(self) -> dict[str, tuple[Any, ...]]:
        """What the figures read of every row."""
        found: dict[str, tuple[Any, ...]] = {}
        for key, row in self.rows.items():
            if isinstance(row, DeploymentRecord):
                found[key] = (str(row.outcome), row.finished_at, row.environment, row.workflow, row.attempt)
            elif isinstance(row, IncidentRecord):
                found[key] = (row.title, row.began_at, row.resolved_at)
            elif isinstance(row, ChangeRecord):
                instants = (row.first_commit_at, row.opened_at, row.first_review_at, row.merged_at)
                found[key] = (row.title, row.merge_sha, *instants, row.labels)
        return found
