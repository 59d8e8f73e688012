"""Workflow runs as deployments: a window of the newest days that is asked every time, and older windows once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from connectors.github import parse
from connectors.github.reader import PER_PAGE, Batch, Reader, Stream, continued
from connectors.records import DeploymentSource, Page
from core.http import OutgoingError, Response

CAP = 1000  # a filtered listing ends there, whatever total_count says
FIRST = datetime(2018, 10, 16, tzinfo=UTC)  # GitHub Actions was announced on this day
HEAD_DAYS = 3  # how far back the head begins when it is moved
HEAD_KEPT_DAYS = 10  # how old its beginning may get: as long as it stays, its address stays, and so a 304 is possible
SECOND = timedelta(seconds=1)
WRAP = "workflow_runs"


class Runs(Stream):
    """State:

    head    from: the first instant of the newest window, which is open to the present; etag of its first page when it
            was last read to its end; upto: the newest run then; keys: the chosen runs that stood in it.
    pass    a reading of the head that was begun: url of the page last handled, its etag, newest run, capped.
    todo    windows [first, last second] still to be read, the newest at the end; a third part says that it is to be halved.
    window  the one being read: range, url of the page last handled, how many runs it has, and the oldest instant met in
            it with how many runs had it. Where it goes on from a fuller one: that one's range above it, and how many
            runs should be left.
    later   windows to be read once more, and from which instant on.

    A window of more runs than are listed is read down to where its listing ends, and from the instant met there goes on as
    another window. That loses nothing as long as the host lists by the instant it filters by: by the counts it tells, this is
    checked, and where they do not agree the part above is read again, halved until nothing is left out.

    A 304 on the head's first page proves that no run came; not that none was run again further down. When the head is
    moved on, the window it leaves is therefore read once more, so every run is met again when it is three days old or
    older; unfinished ones are asked for by themselves besides. A run that is run again later than that is not noticed.
    """

    name = "deployments"
    cheap = True

    def __init__(self, reader: Reader, state: dict[str, Any] | None) -> None:
        since, workflows = reader.options.since, sorted(set(reader.options.workflows))
        purpose = {
            "source": DeploymentSource.RUNS.value,
            "workflows": workflows,
            "since": since.isoformat() if since else "",
        }
        super().__init__(reader, continued(state, purpose))
        self.workflows = set(workflows)
        self.checked = False
        self.capped = False  # whether they were cut short
        self.met: dict[str, str] = {}  # keys and instants of what the listings of this sync gave
        if "head" not in self.state:
            self._begin()

    def _begin(self) -> None:
        first = self.reader.first_instant or FIRST
        start = max(self._today() - timedelta(days=HEAD_DAYS), first)
        todo = [_packed(first, start - SECOND)] if first < start else []
        self.state.update(head={"from": start.isoformat(), "etag": "", "upto": None}, todo=todo, window=None)
        self.state.update({"pass": None, "later": []})

    def _today(self) -> datetime:
        return datetime.combine(self.reader.now.astimezone(UTC).date(), time.min, UTC)

    def finished(self) -> bool:
        state = self.state
        return self.checked and not (state["pass"] or state["todo"] or state["window"])

    # -- The newest days

    def head(self) -> Iterator[Page]:
        if not self.workflows:  # nothing is chosen, so nothing is read
            self.checked = True
            self.state.update(todo=[], window=None)
            yield self.page()
            return
        if self.state["pass"]:
            response = self.reader.resume(self.state["pass"]["url"])
            if response is not None:
                yield from self._pass(response)
            self.state["pass"] = None
        self._move_on()
        response = self._ask_head()
        while not response.not_modified and self._total(response) >= CAP and self._narrow():
            yield self.page()
            response = self._ask_head()
        if not response.not_modified:
            self.state["pass"] = {
                "url": response.url,
                "etag": response.etag,
                "newest": _iso(max(self._instants(response), default=None)),
                "capped": self._total(response) >= CAP,
            }
            self.met.clear()
            self.capped = self.state["pass"]["capped"]
            yield from self._pass(response)
            self._compare_keys()
        self.checked = True
        yield self.page()

    def _compare_keys(self) -> None:
        """What stood in the newest window and is not listed any more is asked for by itself: it may have been deleted."""
        head = self.state["head"]
        oldest = max(head["from"], min(self.met.values(), default="") if self.capped else "")
        self.missing = [key for key, at in head.get("keys", {}).items() if at >= oldest and key not in self.met]
        kept = {key: head["keys"][key] for key in self.missing}
        head["keys"] = kept | {key: at for key, at in self.met.items() if at >= head["from"]}

    def forget(self, keys: Collection[str]) -> None:
        known = self.state["head"].get("keys", {})
        self.state["head"]["keys"] = {key: at for key, at in known.items() if key not in keys}

    def _ask_head(self) -> Response:
        head = self.state["head"]
        created = f">={datetime.fromisoformat(head['from']):%Y-%m-%d}"
        return self._ask(created, etag=head["etag"])

    def _pass(self, response: Response) -> Iterator[Page]:
        begun, head = self.state["pass"], self.state["head"]
        while True:
            begun["url"] = response.url
            yield self.page(self._batch(response))
            if not response.next_url:
                break
            response = self.reader.client.get(response.next_url)
        oldest = min(self._instants(response), default=None)
        if begun["capped"] and oldest is not None:
            # More runs on one day than the host lists: what lies between here and what was known is a window.
            known = datetime.fromisoformat(head["upto"] or head["from"])
            if known < oldest:
                self.state["todo"].append(_packed(known, oldest))
        head.update(etag=begun["etag"], upto=begun["newest"] or head["upto"])
        self.state["pass"] = None

    def _move_on(self) -> None:
        """Let a head that has become long begin later, and take up the windows whose second reading is due."""
        due = [packed for packed, at in self.state["later"] if datetime.fromisoformat(at) <= self.reader.now]
        self.state["later"] = [each for each in self.state["later"] if each[0] not in due]
        self.state["todo"] += due
        head, today = self.state["head"], self._today()
        start = datetime.fromisoformat(head["from"])
        if today - start > timedelta(days=HEAD_KEPT_DAYS):
            self._start_head_at(today - timedelta(days=HEAD_DAYS))

    def _narrow(self) -> bool:
        """Let the head begin later, as it holds more than is listed; False where it begins today already."""
        start, today = datetime.fromisoformat(self.state["head"]["from"]), self._today()
        if start >= today:
            return False
        left = self._start_head_at(start + timedelta(days=((today - start).days + 1) // 2))
        self.state["later"].append([left, (today + timedelta(days=HEAD_DAYS + 1)).isoformat()])
        return True

    def _start_head_at(self, start: datetime) -> list[str]:
        head = self.state["head"]
        left = _packed(datetime.fromisoformat(head["from"]), start - SECOND)
        self.state["todo"].append(left)
        head.update({"from": start.isoformat(), "etag": ""})
        return left

    # -- The windows before

    def rest(self) -> Iterator[Page]:
        while self.state["window"] or self.state["todo"]:
            if not self.state["window"]:
                first, last, *halve = self.state["todo"].pop()
                self.state["window"] = {"range": [first, last], "url": "", "halve": bool(halve)}
            yield from self._window()

    def _window(self) -> Iterator[Page]:
        window = self.state["window"]
        response = self.reader.resume(window["url"]) if window["url"] else None
        if response is None:
            response = self._ask(_span(*_ends(window["range"])))
            if window.get("halve") and self._halved(self._total(response)):
                yield self.page()
                return
            self._check(window, self._total(response))
        while response.next_url:
            window["url"] = response.url
            yield self.page(self._windowed(response))
            response = self.reader.client.get(response.next_url)
        batch = self._windowed(response)
        self.state["window"] = self._beyond(window)
        if not self.state["window"]:
            batch.reach(_ends(window["range"])[0])
        yield self.page(batch)

    def _halved(self, total: int) -> bool:
        first, last = _ends(self.state["window"]["range"])
        if total < CAP or last - first <= SECOND:
            return False
        middle = _middle(first, last)
        self.state["todo"] += [[*_packed(first, middle - SECOND), "halve"], [*_packed(middle, last), "halve"]]
        self.state["window"] = None
        return True

    def _check(self, window: dict[str, Any], total: int) -> None:
        """Whether as many runs are left as there should be; where fewer are, some stand above that were not listed."""
        above = window.pop("above", None)
        if above and total < window.pop("expected"):
            self.state["todo"].append([*above, "halve"])
        window.update(total=total, edge=None, pages=0)

    def _windowed(self, response: Response) -> Batch:
        """A page of a window, whose lower edge moves down."""
        window = self.state["window"]
        window["pages"] = window.get("pages", 0) + 1
        for at in map(datetime.isoformat, self._instants(response)):
            edge = window.get("edge")
            if not edge or at < edge[0]:
                window["edge"] = [at, 1]
            elif at == edge[0]:
                edge[1] += 1
        return self._batch(response)

    def _beyond(self, window: dict[str, Any]) -> dict[str, Any] | None:
        """What the host did not list of a window, as another one; None where it listed all."""
        total, edge = window.get("total", 0), window.get("edge")
        if total <= CAP or not edge or window.get("halve"):
            return None
        (first, last), lowest = _ends(window["range"]), datetime.fromisoformat(edge[0])
        if lowest >= last:  # more of one second than are listed: the host keeps them to itself
            lowest, edge = last - SECOND, [edge[0], 0]
        if lowest < first:
            return None
        above = _packed(lowest + SECOND, last)
        return {"range": _packed(first, lowest), "url": "", "above": above, "expected": total - CAP + edge[1]}

    def left(self) -> int | None:
        """Known once the oldest window was asked for the first time."""
        window = self.state["window"]
        if not window or "total" not in window or window.get("halve"):
            return None
        return max(0, -(-window["total"] // PER_PAGE) - window["pages"])

    # -- One answer

    def _ask(self, created: str, etag: str = "") -> Response:
        params = {"created": created, "per_page": PER_PAGE, "exclude_pull_requests": "true"}
        return self.reader.get("actions/runs", params, etag)

    def _total(self, response: Response) -> int:
        data = response.json()
        total = data.get("total_count") if isinstance(data, dict) else None
        if not isinstance(total, int):
            raise OutgoingError("bad_answer", host=self.reader.client.host)
        return total

    def _instants(self, response: Response) -> list[datetime]:
        rows = self.reader.rows(response, WRAP)
        found = [parse.maybe_instant(row.get("created_at")) for row in rows if isinstance(row, dict)]
        return [at for at in found if at is not None]

    def _batch(self, response: Response) -> Batch:
        batch = Batch()
        for item in self.reader.rows(response, WRAP):
            batch.read += 1
            if not isinstance(item, dict) or str(item.get("workflow_id")) not in self.workflows:
                continue
            key = parse.key_of("run", item)
            self.reader.fresh.add(key)
            self.met[key] = _iso(parse.maybe_instant(item.get("created_at"))) or ""
            try:
                batch.records.append(parse.run_record(item))
            except parse.Unreadable as problem:
                batch.set_aside.append(parse.aside(key, problem, parse.web_address(item.get("html_url"))))
        batch.reach(min(self._instants(response), default=None))
        return batch


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _ends(packed: list[str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(packed[0]), datetime.fromisoformat(packed[1])


def _packed(first: datetime, last: datetime) -> list[str]:
    return [first.isoformat(), last.isoformat()]


def _middle(first: datetime, last: datetime) -> datetime:
    """Where the newer half begins: at the start of a day as long as there are days to part."""
    days = (last + SECOND - first).days
    if days >= 2:
        return first + timedelta(days=days - days // 2)
    return first + timedelta(seconds=int((last - first).total_seconds()) // 2 + 1)


def _span(first: datetime, last: datetime) -> str:
    """GitHub's qualifier for a window, both ends included; whole days where it is made of days."""
    after = last + SECOND
    if first.time() == time.min and after.time() == time.min:
        return f"{first:%Y-%m-%d}..{last:%Y-%m-%d}"
    return f"{first:%Y-%m-%dT%H:%M:%SZ}..{last:%Y-%m-%dT%H:%M:%SZ}"
