"""`make bench-delivery`: what the delivery figures of 150 teams cost, written into docs/performance.md.

Two portals, each on a PostgreSQL of its own: one with 200,000 deployments, 10,000 incidents and 100,000 changes, one with ten
times as many, over the last 52 weeks. Each is filled through the path by which files and syncs store (delivery/records.py). The
yardsticks are named: COPY into the same table, and one straightforward SQL query a figure over the raw rows. All is asked in
turn, of both portals, so that whatever else the machine does falls on each alike; figures are ratios of one run.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from bench.delivery_sql import FIGURES, window
from bench.live import Hand, Stage, stage, table, write
from ops.say import say
from ops.services import POSTGRESQL, need

TEAMS = int(os.environ.get("TEAMS") or 150)
DEPLOYMENTS = int(os.environ.get("DEPLOYMENTS") or 200_000)
TIMES = int(os.environ.get("TIMES") or 10)  # how much larger the second portal is
ROUNDS = 9
BEGIN = "<!-- delivery: figures -->\n"
# Of one portal's table: what the loader stored goes out, and in again by COPY.
TABLE = "delivery_deployment"


@dataclass
class Portal:
    """One of the two."""

    stage: Stage
    deployments: int
    known: dict[str, Any] = field(default_factory=dict)  # what bench/delivery_load.py said
    copy: float = 0.0  # rows a second
    refresh: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)  # of the first round, with nothing drawn or cached yet
    page_bytes: dict[str, int] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds.setdefault(name, []).append(time.perf_counter() - began)


# -- Loading ----------------------------------------------------------------------------------------------------------


def load(portal: Portal) -> None:
    """In a process of its own, whose memory tells whether the loader's grows with what it loads."""
    out = portal.stage.run("-m", "bench.delivery_load", str(TEAMS), str(portal.deployments))
    portal.known = json.loads(out.splitlines()[-1])
    with closing(psycopg2.connect(portal.stage.database.address)) as database:
        portal.copy = _copied(database)
        database.rollback()


def _copied(database: Any) -> float:
    """Rows a second by COPY into the same table with its indexes, keys and triggers; taken back afterwards."""
    cursor, rows = database.cursor(), BytesIO()
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        f" WHERE attrelid = '{TABLE}'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    columns = cursor.fetchone()[0]
    cursor.copy_expert(f"COPY (SELECT {columns} FROM {TABLE} ORDER BY id) TO STDOUT", rows)
    count = cursor.rowcount
    cursor.execute(f"TRUNCATE {TABLE} CASCADE")
    rows.seek(0)
    began = time.perf_counter()
    cursor.copy_expert(f"COPY {TABLE} ({columns}) FROM STDIN", rows)
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the foreign keys are looked at when a transaction ends
    return float(count / (time.perf_counter() - began))


# -- Asking -----------------------------------------------------------------------------------------------------------


def pages(portal: Portal) -> dict[str, str]:
    return {
        "one team": f"/teams/{portal.known['teams'][TEAMS // 2]}/delivery/",
        "all teams": "/delivery/",
    }


def ask(portal: Portal, hand: Hand) -> None:
    """Both pages, and both yardsticks, once."""
    cookies = "; ".join(f"{name}={value}" for name, value in portal.known["cookies"].items())
    for name, path in pages(portal).items():
        with portal.timed(name):
            status, length = _page(hand, path, cookies)
        assert status == 200, (path, status)
        portal.page_bytes[name] = length
    with closing(psycopg2.connect(portal.stage.database.address)) as database:
        cursor, first_last = database.cursor(), window(datetime.now(UTC).date())
        for name, teams in (
            ("one team", portal.known["teams"][TEAMS // 2 : TEAMS // 2 + 1]),
            ("all teams", portal.known["teams"]),
        ):
            for figure, statement in FIGURES.items():
                with portal.timed(f"{name}: {figure}"):
                    cursor.execute(statement, {"teams": teams, **first_last})
                    assert cursor.fetchall()


def _page(hand: Hand, path: str, cookies: str) -> tuple[int, int]:
    hand.connection.request("GET", path, headers={"Cookie": cookies})
    answer = hand.connection.getresponse()
    return answer.status, len(answer.read())


def yardstick(portal: Portal, name: str) -> float:
    """Seconds of the five queries together."""
    return sum(portal.median(f"{name}: {figure}") for figure in FIGURES)


# -- Telling ----------------------------------------------------------------------------------------------------------


def told(small: Portal, large: Portal) -> list[str]:
    load_average = os.getloadavg()[0]
    return [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores ({platform.machine()}, load {load_average:.0f} at"
        f" the end), Python {platform.python_version()}, PostgreSQL; {TEAMS} teams, 52 weeks. Medians of {ROUNDS} rounds.",
        "",
        *table(
            ["", f"{small.deployments:,} deployments", f"{large.deployments:,} deployments", "goal"],
            [*_loading(small, large), *_refreshing(small, large), *_asking(small, large)],
        ),
        "",
        "The yardstick's share of each figure, of all teams: "
        + ", ".join(f"{name} {_share(large, name):.0%}" for name in FIGURES)
        + ".",
    ]


def _share(portal: Portal, figure: str) -> float:
    return portal.median(f"all teams: {figure}") / yardstick(portal, "all teams")


def _row(title: str, figures: Sequence[Any], goal: str = "") -> list[Any]:
    return [title, *figures, goal]


def _loading(*portals: Portal) -> list[list[Any]]:
    rates = [f"{each.known['stored_per_second'] / each.copy:.2f}" for each in portals]
    whole = [f"{each.known['whole_per_second'] / each.copy:.2f}" for each in portals]
    memory = [f"{each.known['peak_mb'] / each.known['begin_mb']:.2f}" for each in portals]
    return [
        _row("rows loaded a second, of COPY's into the same table", rates, "at least 0.33"),
        _row("the same with everything that follows from them prepared", whole),
        _row("the loader's most memory, of what it has before it begins", memory, "flat"),
    ]


def _refreshing(*portals: Portal) -> list[list[Any]]:
    one = [each.known["refresh"] for each in portals]
    return [
        _row("refresh after one new deployment, of making the team's rows anew", [f"{x['of_all']:.3f}" for x in one]),
        _row(
            "rows of deployments, changes, incidents, attributions and days that it reads (deployments of its own week)",
            [f"{x['rows_read']} ({x['week']})" for x in one],
            "no more than its own period",
        ),
    ]


def _asking(small: Portal, large: Portal) -> list[list[Any]]:
    rows = []
    for name in ("one team", "all teams"):
        ratios = [f"{each.median(name) / yardstick(each, name):.2f}" for each in (small, large)]
        goal = "at most 0.5" if name == "all teams" else ""
        rows.append(_row(f"the board of {name}, HTML delivered, of the queries over raw rows", ratios, goal))
        first = [f"{each.first[name] / yardstick(each, name):.2f}" for each in (small, large)]
        rows.append(_row("the first one after a start, with nothing drawn yet, of the same queries", first))
        slower = large.median(name) / small.median(name)
        sizes = f"{large.page_bytes[name] / small.page_bytes[name]:.2f} times the bytes"
        rows.append(
            _row(f"the board of {name}, of that of the smaller portal", [1, f"{slower:.2f} ({sizes})"], "at most 1.2")
        )
    return rows


def main() -> None:
    need(POSTGRESQL)
    with ExitStack() as stack:
        portals = []
        for count in (DEPLOYMENTS, DEPLOYMENTS * TIMES):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")))
            portals.append(Portal(stack.enter_context(stage(folder)), count))
            load(portals[-1])
            told_short = {name: value for name, value in portals[-1].known.items() if name not in ("teams", "cookies")}
            say(f"{count:,} deployments: {json.dumps(told_short)}")
        for _ in range(ROUNDS + 1):
            for portal in portals:
                ask(portal, Hand(portal.stage.address))
        for portal in portals:
            portal.first = {name: took[0] for name, took in portal.seconds.items()}
            portal.seconds = {name: took[1:] for name, took in portal.seconds.items()}
        lines = told(*portals)
        for portal in portals:
            say(", ".join(f"{name} {portal.median(name) * 1000:.0f} ms" for name in portal.seconds))
    say("\n".join(lines))
    if "--dry" not in sys.argv:
        write(lines, BEGIN)


if __name__ == "__main__":
    main()
