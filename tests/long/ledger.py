"""The account of a load: what people were answered, and what the database holds of it afterwards, row by row.

Each write carries a mark that is its text in the database too, so rows are counted by what they say and not by the request
id that keeps them from being doubled. A line of the file is the intention {mark, kind, person}, one answered request
{began, ended, name, status, mark, told, location}, or the row that the API named {mark, row}.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KINDS = ("tick", "answer", "check-in", "comment")
SIGN_IN = ("/accounts/", "/setup/")

# What stands under a mark: the mark, the number of the row that the API names, and what it says of it.
ROWS = {
    # The note of a tick that found the state there already is a comment.
    "tick": """SELECT text, item_id, NULL, NULL FROM roadmaps_note
               UNION ALL SELECT w.text, CAST(c.topic AS INTEGER), NULL, NULL FROM comments_words w
               JOIN comments_comment c ON c.id = w.comment_id WHERE c.kind = 'item'""",
    "answer": """SELECT c.text, a.id, a.version, a.state FROM assessments_answer a
                 JOIN assessments_comment c ON c.id = a.comment_id""",
    "comment": "SELECT w.text, c.id, NULL, NULL FROM comments_words w JOIN comments_comment c ON c.id = w.comment_id",
    "check-in": "SELECT r.comment, c.id, c.number, NULL FROM okrs_checkin c JOIN okrs_remark r ON r.check_in_id = c.id",
}
# Each must find nothing: rows that count on from one, with a step missing, doubled or not following from the one before it.
BROKEN_CHAINS = {
    "ticks": """SELECT item_id, version FROM (
                  SELECT item_id, version, from_state,
                         row_number() OVER one AS n, coalesce(lag(to_state) OVER one, 'to_do') AS before
                  FROM roadmaps_tick WINDOW one AS (PARTITION BY item_id ORDER BY version, id)) t
                WHERE version <> n OR from_state <> before""",
    "items": """SELECT i.id, i.version FROM roadmaps_item i
                LEFT JOIN roadmaps_tick t ON t.item_id = i.id AND t.version = i.version
                WHERE i.version <> (SELECT count(*) FROM roadmaps_tick WHERE item_id = i.id)
                   OR i.state <> coalesce(t.to_state, 'to_do')""",
    "answers": """SELECT id, version FROM (
                    SELECT id, version, row_number() OVER (
                      PARTITION BY team_id, model_id, criterion ORDER BY version, id) AS n FROM assessments_answer) a
                  WHERE version <> n""",
    "check-ins": """SELECT id, number FROM (
                      SELECT id, number, row_number() OVER (PARTITION BY key_result_id ORDER BY number, id) AS n
                      FROM okrs_checkin) c
                    WHERE number <> n""",
}


@dataclass
class Write:
    """One thing that somebody wanted to be written."""

    mark: str
    kind: str
    statuses: list[int] = field(default_factory=list)
    row: dict[str, Any] = field(default_factory=dict)
    led_away: bool = False  # to the sign-in page: that is no acknowledgement

    @property
    def acknowledged(self) -> bool:
        return any(200 <= status < 400 for status in self.statuses) and not self.led_away

    @property
    def refused(self) -> bool:
        """Answered each time, and each time with a no: nothing may stand there."""
        return bool(self.statuses) and all(400 <= status < 500 for status in self.statuses)


@dataclass(frozen=True)
class Request:
    began: float
    ended: float
    name: str
    status: int
    told: str
    location: str

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 400


@dataclass
class Ledger:
    writes: dict[str, Write]
    requests: list[Request]

    @classmethod
    def read(cls, lines: Iterable[str]) -> Ledger:
        writes: dict[str, Write] = {}
        requests: list[Request] = []
        for line in lines:
            facts = json.loads(line)
            if "kind" in facts:
                writes[facts["mark"]] = Write(facts["mark"], facts["kind"])
            elif "row" in facts:
                writes[facts["mark"]].row = facts["row"]
            else:
                mark = facts.pop("mark")
                requests.append(Request(**facts))
                if mark:
                    writes[mark].statuses.append(facts["status"])
                    writes[mark].led_away |= facts["location"].startswith(SIGN_IN)
        return cls(writes, requests)

    @classmethod
    def of(cls, file: Path) -> Ledger:
        return cls.read(file.read_text().splitlines())

    def acknowledged(self, kind: str) -> list[Write]:
        return [write for write in self.writes.values() if write.kind == kind and write.acknowledged]


@dataclass
class Account:
    """What does not add up, by mark. All four must be empty."""

    lost: list[str] = field(default_factory=list)  # acknowledged, and not there
    doubled: list[str] = field(default_factory=list)  # there more than once
    unwanted: list[str] = field(default_factory=list)  # refused, or never sent, and there all the same
    untrue: list[str] = field(default_factory=list)  # there, and another row than the API named

    @property
    def adds_up(self) -> bool:
        return not (self.lost or self.doubled or self.unwanted or self.untrue)


Found = Mapping[str, list[tuple[Any, ...]]]  # by mark: (row's number, version, state)


def settle(ledger: Ledger, found: Found) -> Account:
    """Compare what was answered with what stands there."""
    account = Account(unwanted=[mark for mark in found if mark not in ledger.writes])
    for mark, write in ledger.writes.items():
        rows = found.get(mark, [])
        if len(rows) > 1:
            account.doubled.append(mark)
        if write.acknowledged and not rows:
            account.lost.append(mark)
        if write.refused and rows:
            account.unwanted.append(mark)
        if rows and write.row and write.row["id"] != rows[0][0]:
            account.untrue.append(mark)
    return account


def rows_of(cursor: Any) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in the database, by mark."""
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for kind in KINDS:
        cursor.execute(ROWS[kind])
        for mark, *facts in cursor.fetchall():
            if mark.startswith(f"{kind} "):
                found[mark].append(tuple(facts))
    return found


def broken_chains(cursor: Any) -> dict[str, list[Any]]:
    """Where a count has a gap or a repetition, or a state does not follow from the one before it."""
    broken = {}
    for name, question in BROKEN_CHAINS.items():
        cursor.execute(question)
        broken[name] = cursor.fetchall()
    return {name: rows for name, rows in broken.items() if rows}


def missing_ticks(ledger: Ledger, cursor: Any) -> list[str]:
    """Ticks that were acknowledged with a version at which the database has another state, or none."""
    cursor.execute("SELECT item_id, version, to_state FROM roadmaps_tick")
    states = {(item, version): state for item, version, state in cursor.fetchall()}

    def stands(row: dict[str, Any]) -> bool:
        at = row["id"], row["version"]
        return (states.get(at) if row["version"] else "to_do") == row["state"]

    return [write.mark for write in ledger.acknowledged("tick") if write.row and not stands(write.row)]


def statuses(requests: Iterable[Request]) -> Counter[str]:
    """How often each status was answered; a request that was cut counts as “none”."""
    return Counter(str(request.status or "none") for request in requests)
