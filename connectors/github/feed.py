"""A listing that cannot be asked for a span of time: newest first, read down to what is known."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from connectors.github.parse import maybe_instant
from connectors.github.reader import PER_PAGE, Batch, Reader
from connectors.records import Page
from core.http import Response

RECHECKS = 3


class Emit(Protocol):
    def __call__(self, batch: Batch | None = None) -> Page: ...


class Take(Protocol):
    def __call__(self, slot: dict[str, Any], response: Response, floor: datetime | None) -> Generator[Page, None, bool]:
        """Yield the pages of one answer; True where it met something older than `floor` or than the options want.

        `slot["ids"]` lists the keys already handled on this answer; add to it.
        """


class Feed:
    """Reads one listing. `state` holds, and is changed in place:

    etag    of the first page of the last pass that was read to its end; a 304 then proves that nothing came or moved
            to the front since. It does not prove that nothing changed further down: unfinished objects are asked for
            again by themselves.
    newest  the greatest `field` when that pass began, by the host's clock: whatever moves to the front while later
            pages are turned is newer, and so is met by the next pass.
    head    a pass that was begun: url of the page last handled, keys handled on it, its etag and newest.
    back    likewise for the way to the oldest, which the first pass leaves to `rest`.

    A pass resumes at the page last handled, not at the one after it: what was deleted meanwhile pulls the others up.
    """

    def __init__(
        self,
        reader: Reader,
        state: dict[str, Any],
        path: str,
        params: Mapping[str, Any],
        *,
        field: str,
        overlap: timedelta,
        take: Take,
        emit: Emit,
        recheck: bool = False,
    ) -> None:
        self.reader, self.state, self.path, self.params = reader, state, path, params
        self.field, self.overlap, self.take, self.emit = field, overlap, take, emit
        # Where handling a page takes many requests, ask whether it still stands before turning it.
        self.recheck = recheck
        self.checked = False
        self.from_top = False  # whether this sync read the listing from its first row down to what was known
        self._pages_after: int | None = None  # of the page being handled
        self._rows = 0  # on it
        self._last: Response | None = None

    @property
    def finished(self) -> bool:
        return self.checked and not self.state.get("back")

    @property
    def floor(self) -> datetime | None:
        """How far down a pass reads; None on the first one."""
        newest = maybe_instant(self.state.get("newest"))
        return newest - self.overlap if newest else None

    def head(self) -> Iterator[Page]:
        if self.state.get("head"):
            response = self.reader.resume(self.state["head"]["url"])
            if response is not None:
                yield from self._pass(response)
        response = self.reader.get(self.path, self.params, etag=self.state.get("etag", ""))
        if not response.not_modified:
            newest = self._newest(response)
            self.state["head"] = {"url": response.url, "ids": [], "etag": response.etag, "newest": newest}
            yield from self._pass(response)
            self.from_top = True
        self.checked = True
        yield self.emit()

    def left(self, each: int = 0) -> int | None:
        """About how many requests the way to the oldest takes, where each object takes so many; None: nobody can tell."""
        slot = self.state.get("back") or (None if self.floor else self.state.get("head"))
        if not slot:
            return 0
        if self._pages_after is None:
            return None
        return max(0, self._rows - len(slot["ids"])) * each + self._pages_after * (1 + PER_PAGE * each)

    def _pass(self, response: Response) -> Iterator[Page]:
        slot, floor = self.state["head"], self.floor
        while True:
            response, bottom = yield from self._handle(slot, response, floor)
            if floor is None or bottom or not response.next_url:
                break
            response = self._turn(slot, response.next_url)
        if floor is None and not bottom and response.next_url:
            self.state["back"] = {"url": slot["url"], "ids": slot["ids"]}
            self._last = response
        # Only now: the ETag stands for a listing that is stored whole, or whose rest is on its way back.
        self.state.update(etag=slot["etag"], newest=slot["newest"] or self.state.get("newest"), head=None)

    def rest(self) -> Iterator[Page]:
        slot = self.state.get("back")
        if not slot:
            return
        response = self._last or self.reader.resume(slot["url"])
        if response is None:
            response = self.reader.get(self.path, self.params)
            slot.update(url=response.url, ids=[])
        bottom = False
        if self._last is None:
            response, bottom = yield from self._handle(slot, response, None)
        while response.next_url and not bottom:
            response = self._turn(slot, response.next_url)
            response, bottom = yield from self._handle(slot, response, None)
        self.state["back"] = None
        yield self.emit()

    def _turn(self, slot: dict[str, Any], url: str) -> Response:
        response = self.reader.client.get(url)
        slot.update(url=response.url, ids=[])
        return response

    def _handle(
        self, slot: dict[str, Any], response: Response, floor: datetime | None
    ) -> Generator[Page, None, tuple[Response, bool]]:
        """Take one page; where it changed under our hands, what came up meanwhile as well."""
        self._pages_after, self._rows = response.pages_after, len(self.reader.rows(response))
        for _attempt in range(RECHECKS):
            bottom = yield from self.take(slot, response, floor)
            if bottom or not self.recheck or not response.next_url:
                break
            newer = self.reader.client.get(response.url, etag=response.etag)
            if newer.not_modified:
                break
            response = newer
        return response, bottom

    def _newest(self, response: Response) -> str | None:
        rows = self.reader.rows(response)
        found = [maybe_instant(row.get(self.field)) for row in rows if isinstance(row, dict)]
        known = [at for at in found if at is not None]
        return max(known).isoformat() if known else None
