"""Incidents: the issues with a chosen label, one listing for each label."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from connectors.github import parse
from connectors.github.feed import Feed
from connectors.github.reader import PER_PAGE, Batch, Reader, Stream, continued
from connectors.records import Page
from core.http import OutgoingError, Response

OVERLAP = timedelta(days=1)  # the host's index may lag behind its objects


class Incidents(Stream):
    """State: by lower-case label, that of its feed."""

    name = "incidents"
    cheap = True

    def __init__(self, reader: Reader, state: dict[str, Any] | None) -> None:
        first = reader.first_instant
        super().__init__(reader, continued(state, {"since": first.isoformat() if first else ""}))
        labels = {label.lower(): label for label in reader.options.incident_labels if label.strip()}
        known = self.state.get("labels", {})
        self.state["labels"] = {folded: known.get(folded, {}) for folded in labels}
        self.feeds = [self._feed(label, self.state["labels"][folded]) for folded, label in labels.items()]

    def _feed(self, label: str, state: dict[str, Any]) -> Feed:
        params = {"labels": label, "state": "all", "sort": "updated", "direction": "desc", "per_page": PER_PAGE}
        first = self.reader.first_instant
        if first:  # by the instant of the last change, so created earlier is dropped below; fixed, so a 304 is possible
            params["since"] = first.strftime("%Y-%m-%dT%H:%M:%SZ")
        return Feed(
            self.reader,
            state,
            "issues",
            params,
            field="updated_at",
            overlap=OVERLAP,
            take=self._take,
            emit=self.page,
        )

    def finished(self) -> bool:
        return all(feed.finished for feed in self.feeds)

    def head(self) -> Iterator[Page]:
        for feed in self.feeds:
            try:
                yield from feed.head()
            except OutgoingError as error:
                if error.code != "gone":  # issues were switched off; what is stored stays
                    raise
                feed.checked = True
                feed.state["back"] = None
                yield self.page()
        if not self.feeds:
            yield self.page()

    def rest(self) -> Iterator[Page]:
        for feed in self.feeds:
            yield from feed.rest()

    def left(self) -> int | None:
        pages = [feed.left() for feed in self.feeds]
        return None if None in pages else sum(filter(None, pages))

    def _take(self, slot: dict[str, Any], response: Response, floor: datetime | None) -> Generator[Page, None, bool]:
        bottom, batch = False, Batch()
        for item in self.reader.rows(response):
            batch.read += 1
            updated = parse.maybe_instant(item.get("updated_at")) if isinstance(item, dict) else None
            if floor and updated and updated < floor:
                bottom = True
            else:
                self._one(item, batch)
        yield self.page(batch)
        return bottom

    def _one(self, item: Any, batch: Batch) -> None:
        key = parse.key_of("issue", item, "number")
        try:
            if not isinstance(item, dict) or key.endswith("?"):
                raise parse.Unreadable("missing_value", "number")
            if parse.is_pull_request(item):
                return
            found = parse.incident_record(item)
        except parse.Unreadable as problem:
            url = parse.web_address(item.get("html_url")) if isinstance(item, dict) else ""
            batch.set_aside.append(parse.aside(key, problem, url))
            self.reader.fresh.add(key)
            return
        self.reader.fresh.add(key)
        batch.reach(found.began_at)
        first = self.reader.first_instant
        if not first or found.began_at >= first:
            batch.records.append(found)
