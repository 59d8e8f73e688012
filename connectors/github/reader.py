"""What every part of a sync of one repository shares, and the frame of a stream of pages."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from connectors.github.address import web_url
from connectors.records import Page, ReadOptions, Record, SetAside
from core.http import Client, OutgoingError, Response, origin_of

PER_PAGE = 100  # the most that GitHub gives


@dataclass
class Reader:
    """One sync of one repository."""

    client: Client
    repository: str
    options: ReadOptions
    now: datetime
    fresh: set[str] = field(default_factory=set)  # keys read by this sync: not asked for again by themselves
    gone: set[str] = field(default_factory=set)  # keys that the host has no more

    @property
    def web(self) -> str:
        return web_url(self.client.base_url)

    @property
    def first_instant(self) -> datetime | None:
        """What was created before it is not read."""
        since = self.options.since
        return datetime.combine(since, time.min, UTC) if since else None

    def get(self, rest: str, params: Mapping[str, Any] | None = None, etag: str = "") -> Response:
        """GET below the repository."""
        return self.client.get(f"repos/{self.repository}/{rest}", params, etag)

    def resume(self, url: str) -> Response | None:
        """The page at which an earlier sync stopped, or None where its address means nothing any more."""
        if origin_of(url) != self.client.origin:
            return None  # the connection's address was changed meanwhile
        try:
            return self.client.get(url)
        except OutgoingError as error:
            if error.code in ("refused", "not_found"):  # an old cursor; if it is the repository, page 1 tells
                return None
            raise

    def rows(self, response: Response, wrap: str = "") -> list[Any]:
        """The objects of a page, under `wrap` where they are wrapped."""
        data = response.json()
        found = data.get(wrap) if wrap and isinstance(data, dict) else data
        if not isinstance(found, list):
            raise OutgoingError("bad_answer", host=self.client.host)
        return found


@dataclass
class Batch:
    """What is gathered for the next page."""

    records: list[Record] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    read: int = 0
    reached: datetime | None = None

    def reach(self, at: datetime | None) -> None:
        if at is not None and (self.reached is None or at < self.reached):
            self.reached = at


class Stream(ABC):
    """Pages of one kind. `state` is what is stored with each page and given back to the next sync."""

    name = ""
    cheap = False  # its listing tells everything: no object takes a request of its own
    missing: Sequence[str] = ()  # keys that the listing had before and has no more
    refused = ""  # the code with which the host refuses this stream alone

    def __init__(self, reader: Reader, state: dict[str, Any]) -> None:
        self.reader = reader
        self.state = state

    @abstractmethod
    def head(self) -> Iterator[Page]:
        """What is new. Its listing costs one 304 where nothing is."""

    @abstractmethod
    def rest(self) -> Iterator[Page]:
        """The way back to the oldest, from where it stopped."""

    @abstractmethod
    def finished(self) -> bool:
        """Whether the way back has come to its end."""

    def forget(self, keys: Collection[str]) -> None:  # noqa: B027  a stream that misses nothing has nothing to forget
        """These of the missing are gone for good."""

    @abstractmethod
    def left(self) -> int | None:
        """About how many requests the way back still takes."""

    def page(self, batch: Batch | None = None) -> Page:
        batch = batch or Batch()
        return Page(
            stream=self.name,
            records=tuple(batch.records),
            state=copy.deepcopy(self.state),
            set_aside=tuple(batch.set_aside),
            read=batch.read,
            reached=batch.reached,
            done=self.finished(),
            refused=self.refused,
            left=0 if self.finished() else self.left(),
        )


def continued(state: Mapping[str, Any] | None, purpose: dict[str, Any]) -> dict[str, Any]:
    """A copy of the stored state, or a new one where it was made for other options."""
    if state and state.get("for") == purpose:
        return copy.deepcopy(dict(state))
    return {"for": purpose}
