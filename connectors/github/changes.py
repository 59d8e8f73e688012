"""Changes: the merged pull requests, one listing of the closed ones, and two requests for each that is new."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from connectors.github import parse, pulls
from connectors.github.feed import Feed
from connectors.github.reader import PER_PAGE, Batch, Reader, Stream, continued
from connectors.records import Page
from core.http import OutgoingError, Response

OVERLAP = timedelta(days=1)
CHUNK = 10  # changes a page of ours: a kill loses no more requests than these took
NOT_ALLOWED = frozenset({"forbidden", "missing_scope", "not_found", "gone"})


class Changes(Stream):
    """State, beside that of the feed:

    known  by key, what the commits and reviews of the newest told: it is settled with the merge, so a label or comment that
           comes later costs no request.

    A token that may not read pull requests reads everything else; the page says so.
    """

    name = "changes"

    def __init__(self, reader: Reader, state: dict[str, Any] | None) -> None:
        since = reader.options.since
        purpose = {"since": since.isoformat() if since else "", "files": reader.options.files}
        super().__init__(reader, continued(state, purpose))
        self.state.setdefault("known", {})
        self.refused = ""
        self.feed = Feed(
            reader,
            self.state,
            "pulls",
            {"state": "closed", "sort": "updated", "direction": "desc", "per_page": PER_PAGE},
            field="updated_at",
            overlap=OVERLAP,
            take=self._take,
            emit=self.page,
            recheck=True,
        )

    def finished(self) -> bool:
        return self.feed.finished

    def page(self, batch: Batch | None = None) -> Page:
        recent = (self.feed.floor or self.reader.now - OVERLAP).isoformat()
        self.state["known"] = {key: told for key, told in self.state["known"].items() if told["updated"] >= recent}
        return super().page(batch)

    def head(self) -> Iterator[Page]:
        try:
            yield from self.feed.head()
        except OutgoingError as error:
            if error.code not in NOT_ALLOWED:
                raise
            self.refused, self.feed.checked, self.state["back"] = error.code, True, None
            yield self.page()

    def rest(self) -> Iterator[Page]:
        if not self.refused:
            yield from self.feed.rest()

    def left(self) -> int | None:
        return self.feed.left(each=2)

    def _take(self, slot: dict[str, Any], response: Response, floor: datetime | None) -> Generator[Page, None, bool]:
        first = self.reader.first_instant
        bottom, batch = False, Batch()
        for item in self.reader.rows(response):
            key = parse.key_of("pull", item, "number")
            if key in slot["ids"]:
                continue
            batch.read += 1
            updated = parse.maybe_instant(item.get("updated_at")) if isinstance(item, dict) else None
            if updated and ((floor and updated < floor) or (first and updated < first)):
                bottom = True  # nothing is merged later than it was last touched
            else:
                try:
                    self._one(key, item, batch)
                except OutgoingError:
                    yield self.page(batch)  # what was read before the host refused is not read twice
                    raise
            slot["ids"].append(key)
            if len(batch.records) + len(batch.set_aside) >= CHUNK:
                yield self.page(batch)
                batch = Batch()
        yield self.page(batch)
        return bottom

    def _one(self, key: str, item: Any, batch: Batch) -> None:
        first = self.reader.first_instant
        try:
            if not pulls.is_merged(item):
                return
            merged = parse.instant(item.get("merged_at"), "merged_at")
            if first and merged < first:
                return
            told = self.state["known"].get(key) or pulls.details_of(self.reader, item)
            batch.records.append(pulls.change_record(item, told))
        except parse.Unreadable as problem:
            url = parse.web_address(item.get("html_url")) if isinstance(item, dict) else ""
            batch.set_aside.append(parse.aside(key, problem, url))
        else:
            batch.reach(merged)
            updated = parse.maybe_instant(item.get("updated_at")) or merged
            self.state["known"][key] = {**told, "updated": updated.isoformat()}
        self.reader.fresh.add(key)
