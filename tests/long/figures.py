"""What a long run came to, in lines for the terminal and in tables for docs/reliability.md (UPDATE_DOCS=1 writes them)."""

from __future__ import annotations

import os
import platform
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ops.bootstrap import ROOT
from tests.long.killing import PARTS, Kill
from tests.long.ledger import KINDS, SIGN_IN, Account, Ledger, Request, statuses
from tests.long.seed import PEOPLE

DOCUMENT = ROOT / "docs" / "reliability.md"
MARK = "<!-- figures -->\n"  # what stands below it is replaced


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def spread(seconds: Sequence[float]) -> str:
    """Median and longest."""
    return f"{statistics.median(seconds):.1f} / {max(seconds):.1f}" if seconds else "–"


def tally(counts: Counter[str]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counts.items())) or "–"


@dataclass
class Outage:
    """A kill, and how the requests fared from then until the first one that began afterwards and went well."""

    kill: Kill
    answered: float  # when the first request that began then had gone well
    synced: float  # likewise for a sync
    failed: float  # when the last request before the next kill failed; `kill.back` if none did
    requests: list[Request]


@dataclass
class Load:
    ledger: Ledger
    account: Account
    kills: list[Kill]
    synced: dict[Kill, float]
    outages: list[Outage] = field(init=False)

    def __post_init__(self) -> None:
        nexts = [*(kill.at for kill in self.kills[1:]), float("inf")]
        self.outages = [self._outage(kill, end) for kill, end in zip(self.kills, nexts, strict=False)]

    def _outage(self, kill: Kill, end: float) -> Outage:
        since = kill.back
        well = [each.ended for each in self.ledger.requests if each.began >= since and each.is_success]
        answered = min(well, default=float("inf"))
        during = [each for each in self.ledger.requests if each.ended > kill.at and each.began < answered]
        ill = [each.ended for each in self.ledger.requests if kill.at < each.ended < end and _failed(each)]
        return Outage(kill, answered, self.synced[kill], max([since, *ill]), during)

    @property
    def led_away(self) -> list[Request]:
        """Who was asked to sign in again."""
        return [each for each in self.ledger.requests if each.location.startswith(SIGN_IN)]

    @property
    def strays(self) -> list[Request]:
        """What failed although nothing was away: neither killed nor on its way back."""
        away = [(each.kill.at, each.answered) for each in self.outages]
        return [
            each
            for each in self.ledger.requests
            if _failed(each) and not any(each.ended > at and each.began < back for at, back in away)
        ]

    def writes(self) -> list[str]:
        rows = []
        for kind in KINDS:
            mine = [write for write in self.ledger.writes.values() if write.kind == kind]
            repeated = sum(len(write.statuses) > 1 for write in mine)
            refused = sum(write.refused for write in mine)
            done = len(self.ledger.acknowledged(kind))
            rows.append([kind, len(mine), done, repeated, refused, len(mine) - done - refused])
        head = ("write", "wanted", "acknowledged", "sent more than once", "refused (409, 422)", "never answered")
        return table(head, rows)

    def recovery(self) -> list[str]:
        rows = []
        for part in PARTS:
            mine = [each for each in self.outages if each.kill.part == part]
            rows.append(
                [
                    part,
                    len(mine),
                    spread([each.answered - each.kill.back for each in mine]),
                    spread([each.failed - each.kill.back for each in mine]),
                    spread([each.synced - each.kill.back for each in mine]),
                ]
            )
        head = ("killed", "times", "first success", "last failure", "first complete sync")
        return table(head, rows)

    def answers(self) -> list[str]:
        rows = []
        for part in PARTS:
            mine = [request for each in self.outages if each.kill.part == part for request in each.requests]
            rows.append([part, len(mine), tally(statuses(mine))])
        return table(("away", "requests", "by status"), rows)

    def sentences(self) -> list[str]:
        """What people were told when something went wrong."""
        told = Counter((each.status or "none", each.told) for each in self.ledger.requests if _failed(each))
        return table(("status", "told", "times"), [[status, words, n] for (status, words), n in told.most_common(12)])

    def sums(self) -> str:
        account = self.account
        return (
            f"{len(self.ledger.requests)} requests of {PEOPLE} people ({tally(statuses(self.ledger.requests))}), "
            f"{sum(len(self.ledger.acknowledged(kind)) for kind in KINDS)} acknowledged writes: "
            f"{len(account.lost)} lost, {len(account.doubled)} doubled, {len(account.unwanted)} unwanted."
        )

    def lines(self) -> list[str]:
        parts = (self.writes(), self.recovery(), self.answers(), self.sentences())
        return [self.sums(), *(line for part in parts for line in part), *self.stray_lines()]

    def stray_lines(self) -> list[str]:
        return [f"failed although nothing was away: {each}" for each in self.strays[:12]]


def _failed(request: Request) -> bool:
    return request.status == 0 or request.status >= 500


@dataclass
class Syncs:
    kills: Counter[str]  # by phase
    syncs: int
    rows: int
    different: int
    doubled: int

    def phases(self) -> list[str]:
        return table(("phase of the sync", "kills"), sorted(self.kills.items()))

    def sums(self) -> str:
        return (
            f"{self.kills.total()} kills in mid sync, {self.syncs} syncs with {self.rows} rows brought to their end: "
            f"{self.different} rows differ from an undisturbed sync's, {self.doubled} doubled."
        )

    def lines(self) -> list[str]:
        return [self.sums(), *self.phases()]


@dataclass
class Edits:
    """Many people who edit a few fields at once."""

    people: int
    fields: int
    edits: int
    acknowledged: int
    stale: int
    wrong: int  # of what was found by comparing each with the chain of its field's events

    def sums(self) -> str:
        return (
            f"{self.edits} edits of {self.fields} fields by {self.people} people at once: {self.acknowledged} acknowledged, "
            f"{self.stale} refused with both values (409); {self.wrong} differ from the chain of events."
        )


@dataclass
class Report:
    seed: int
    edits: Edits | None = None
    load: Load | None = None
    syncs: Syncs | None = None

    def write(self, file: Path = DOCUMENT) -> None:
        """Put the figures below the mark of the document."""
        assert self.load is not None
        assert self.syncs is not None
        assert self.edits is not None
        kept = file.read_text().partition(MARK)[0]
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        parts = [
            f"Measured on {day}, on {os.cpu_count()} cores ({platform.machine()}), with SEED={self.seed}.",
            "## People at work",
            self.load.sums(),
            self.load.writes(),
            "Seconds until it was well again, median / longest: after a server was back, or after a process was killed.",
            self.load.recovery(),
            "What was asked during the outages, by the status it was answered with:",
            self.load.answers(),
            "## The worker killed in mid sync",
            self.syncs.sums(),
            self.syncs.phases(),
            "## Edits of the same fields",
            self.edits.sums(),
        ]
        text = "\n\n".join(part if isinstance(part, str) else "\n".join(part) for part in parts)
        file.write_text(f"{kept}{MARK}\n{text}\n")
