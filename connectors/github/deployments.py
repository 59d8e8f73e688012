"""The host's deployments: one listing, and the statuses of each deployment."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from connectors.github import parse
from connectors.github.feed import Feed
from connectors.github.reader import PER_PAGE, Batch, Reader, Stream, continued
from connectors.records import DeploymentRecord, DeploymentSource, Outcome, Page
from core.http import OutgoingError, Response

OVERLAP = timedelta(days=3)
CHUNK = 10  # deployments a page of ours; each costs a request, so a kill loses no more than these
OPEN_FOR = timedelta(days=8)  # unfinished ones are asked for again for seven days


class Deployments(Stream):
    """State, beside that of the feed:

    open   by key, the object of each deployment that was still running: next time only its statuses are asked for.
    final  keys of the newest that succeeded, with their instants: a first success never changes, so the overlap need
           not ask for their statuses again.
    """

    name = "deployments"

    def __init__(self, reader: Reader, state: dict[str, Any] | None) -> None:
        since = reader.options.since
        purpose = {"source": DeploymentSource.DEPLOYMENTS.value, "since": since.isoformat() if since else ""}
        super().__init__(reader, continued(state, purpose))
        self.state.setdefault("open", {})
        self.state.setdefault("final", {})
        self.state.setdefault("recent", {})
        self.met: set[str] = set()
        self.feed = Feed(
            reader,
            self.state,
            "deployments",
            {"per_page": PER_PAGE},
            field="created_at",
            overlap=OVERLAP,
            take=self._take,
            emit=self.page,
            recheck=True,
        )

    def finished(self) -> bool:
        return self.feed.finished

    def page(self, batch: Batch | None = None) -> Page:
        self._tidy()
        return super().page(batch)

    def head(self) -> Iterator[Page]:
        floor = self.feed.floor
        yield from self.feed.head()
        if floor and self.feed.from_top:
            recent = self.state["recent"].items()
            self.missing = [key for key, at in recent if at >= floor.isoformat() and key not in self.met]

    def forget(self, keys: Collection[str]) -> None:
        self.state["recent"] = {key: at for key, at in self.state["recent"].items() if key not in keys}

    def left(self) -> int | None:
        return self.feed.left(each=1)

    def rest(self) -> Iterator[Page]:
        yield from self.feed.rest()

    def _take(self, slot: dict[str, Any], response: Response, floor: datetime | None) -> Generator[Page, None, bool]:
        first = self.reader.first_instant
        bottom, batch = False, Batch()
        for item in self.reader.rows(response):
            key = parse.key_of("deployment", item)
            self.met.add(key)
            if key in slot["ids"]:
                continue
            batch.read += 1
            created = parse.maybe_instant(item.get("created_at")) if isinstance(item, dict) else None
            if created and created > self.reader.now - OPEN_FOR:
                self.state["recent"][key] = created.isoformat()
            if created and ((floor and created < floor) or (first and created < first)):
                bottom = True
            elif key not in self.state["final"]:
                try:
                    self._one(key, item, batch)
                except OutgoingError:
                    yield self.page(batch)  # what was read before the host refused is not read twice
                    raise
                batch.reach(created)
            slot["ids"].append(key)
            if len(batch.records) + len(batch.set_aside) >= CHUNK:
                yield self.page(batch)
                batch = Batch()
        yield self.page(batch)
        return bottom

    def _one(self, key: str, item: Any, batch: Batch) -> None:
        try:
            if not isinstance(item, dict) or key.endswith("?"):
                raise parse.Unreadable("missing_value", "id")
            base = parse.deployment_base(item, self.reader.web, self.reader.repository)
            found = with_statuses(self.reader, key, base)
        except parse.Unreadable as problem:
            batch.set_aside.append(parse.aside(key, problem))
            self.reader.fresh.add(key)
            return
        if found is None:  # deleted since the listing was made
            return
        batch.records.append(found)
        self.reader.fresh.add(key)
        self._remember(key, base, found)

    def _remember(self, key: str, base: dict[str, str], found: DeploymentRecord) -> None:
        self.state["open"].pop(key, None)
        if found.outcome is Outcome.RUNNING and found.created_at > self.reader.now - OPEN_FOR:
            self.state["open"][key] = base
        elif found.outcome is Outcome.SUCCEEDED and found.created_at > self.reader.now - 2 * OPEN_FOR:
            self.state["final"][key] = base["created_at"]

    def _tidy(self) -> None:
        """Forget what no pass will meet again."""
        floor, oldest = self.feed.floor, self.reader.now - OPEN_FOR
        self.state["open"] = {
            key: base for key, base in self.state["open"].items() if datetime.fromisoformat(base["created_at"]) > oldest
        }
        if floor:
            for name in ("final", "recent"):
                known = self.state[name].items()
                self.state[name] = {key: at for key, at in known if datetime.fromisoformat(at) >= floor}


def with_statuses(reader: Reader, key: str, base: dict[str, str]) -> DeploymentRecord | None:
    """The deployment's record with how it ended; None where the host has it no more. Raises parse.Unreadable."""
    statuses: list[Any] = []
    try:
        response = reader.get(f"deployments/{key.partition(':')[2]}/statuses", {"per_page": PER_PAGE})
        statuses += reader.rows(response)
        while response.next_url:
            response = reader.client.get(response.next_url)
            statuses += reader.rows(response)
    except OutgoingError as error:
        if error.code in ("not_found", "gone"):
            return None
        raise
    return parse.deployment_record(key, base, statuses)
