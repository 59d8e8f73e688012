"""What was committed between two deployments: one request each, and one more for each further hundred commits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.github import parse
from connectors.github.reader import PER_PAGE, Reader
from connectors.records import ComparisonRecord, Page, Wanted, comparison_key
from core.http import OutgoingError, RateLimited, Response

CHUNK = 10
MOST_COMMITS = (
    1000  # between two deployments: more is no change of theirs but a new history, and would cost a request a hundred
)
MOST_FILES = 300  # where GitHub's list of files ends
PATIENCE = 3  # syncs in which the host may fail over one comparison before it counts as impossible
_SHA = re.compile(r"[0-9a-f]{7,64}")
# What cannot be compared now cannot be compared later either; the reason is stored.
REASONS = {"not_found": "not_found", "gone": "not_found", "refused": "refused", "too_large": "too_large"}
NOT_ALLOWED = frozenset({"forbidden", "missing_scope"})
STRUGGLES = frozenset({"server_error", "timeout"})  # as hosts do over a comparison that is too much for them


class Comparisons:
    """State: `tried`, by key, in how many syncs the host failed over it."""

    name = "comparisons"

    def __init__(self, reader: Reader, state: Mapping[str, Any] | None, wanted: Wanted) -> None:
        self.reader, self.wanted = reader, wanted
        self.tried: dict[str, int] = dict((state or {}).get("tried", {}))
        self.asked: set[tuple[str, str]] = set()
        self.refused = ""

    def read(self) -> Iterator[Page]:
        """All that is wanted by now, the newest first."""
        while not self.refused:
            pairs = [pair for pair in self.wanted() if pair not in self.asked]
            if not pairs:
                return
            for start in range(0, len(pairs), CHUNK):
                yield from self._some(pairs[start : start + CHUNK], len(pairs) - start)
                if self.refused:
                    return

    def _some(self, pairs: list[tuple[str, str]], left: int) -> Iterator[Page]:
        found: list[ComparisonRecord] = []
        for pair in pairs:
            self.asked.add(pair)
            try:
                found.append(self._one(*pair))
            except OutgoingError as error:
                if error.code in NOT_ALLOWED:
                    self.refused = error.code
                    break
                yield self._page(found, left)
                raise
        yield self._page(found, left)

    def _page(self, found: list[ComparisonRecord], left: int) -> Page:
        over = {record.key for record in found}
        self.tried = {key: count for key, count in self.tried.items() if key not in over}
        more = left - len(found)
        return Page(
            self.name, tuple(found), {"tried": dict(self.tried)}, read=len(found), done=more == 0, left=more,
            refused=self.refused,
        )  # fmt: skip

    def _one(self, base: str, head: str) -> ComparisonRecord:
        key = comparison_key(base, head)
        if not _SHA.fullmatch(base) or not _SHA.fullmatch(head):
            return ComparisonRecord(key, base, head, None, "not_found")
        try:
            return self._compared(key, base, head)
        except RateLimited:
            raise
        except OutgoingError as error:
            reason = REASONS.get(error.code, "")
            if error.code in STRUGGLES:
                self.tried[key] = self.tried.get(key, 0) + 1
                reason = "server_error" if self.tried[key] >= PATIENCE else ""
            if not reason:
                raise
            return ComparisonRecord(key, base, head, None, reason)

    def _compared(self, key: str, base: str, head: str) -> ComparisonRecord:
        response = self.reader.get(f"compare/{base}...{head}", {"per_page": PER_PAGE})
        total, shas, files = self._total(response), self._shas(response), self._files(response)
        if total > MOST_COMMITS:
            return ComparisonRecord(key, base, head, None, "too_large", files)
        while response.next_url:
            response = self.reader.client.get(response.next_url)
            shas += self._shas(response)
        if len(shas) < total:
            return ComparisonRecord(key, base, head, None, "too_large", files)
        return ComparisonRecord(key, base, head, tuple(shas), "", files)

    def _total(self, response: Response) -> int:
        data = response.json()
        total = data.get("total_commits") if isinstance(data, dict) else None
        if not isinstance(total, int):
            raise OutgoingError("bad_answer", host=self.reader.client.host)
        return total

    def _shas(self, response: Response) -> list[str]:
        rows = self.reader.rows(response, "commits")
        return [parse.text(row.get("sha"), 64) for row in rows if isinstance(row, dict)]

    def _files(self, response: Response) -> tuple[str, ...] | None:
        rows = response.json().get("files")
        if not isinstance(rows, list) or len(rows) >= MOST_FILES:
            return None
        return tuple(parse.paths(rows))
