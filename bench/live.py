"""`make bench-live`: what live pages cost with 200 people looking, written into docs/performance.md.

Web as `make run` starts it, on a PostgreSQL of its own, with ten teams of twenty people. First one answer after another, as fast
as they come, of three kinds in turn: /livez (the yardstick: what a request costs that asks nothing), a question that is answered
304, and a whole page. Then 200 people who each look at their team's roadmap for a while, as static/live.js does, while every two
seconds somebody changes something in one team after another. CPU time is that of web's processes and of PostgreSQL's. Figures are
ratios of one run: seconds on a machine that others use say nothing.
"""

from __future__ import annotations

import heapq
import http.client
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2  # type: ignore[import-untyped]

from ops.bootstrap import ROOT
from ops.processes import descendants, end_with_parent
from ops.say import refuse, say
from ops.services import POSTGRESQL, Server, free_port, need, postgresql_server

TEAMS, SEATS = 10, 20
EVERY, SPREAD = 3.0, 0.1  # seconds between two questions of a page, as static/live.js asks while somebody works
LOOKING = float(os.environ.get("SECONDS") or 45)  # how long the 200 people look
ROUNDS, EACH, HANDS = 3, 4.0, 4  # of the comparison: rounds, seconds for each kind, connections
CHANGE_EVERY = 2.0
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- live pages: figures -->\n", "<!-- end -->\n"

SEED = f"""
import json, django; django.setup()
from datetime import timedelta
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from core import clock
from roadmaps import services
from teams.models import Membership, Organisation, Person, Team, TeamRole
from tests.long.seed import _signed_in
Organisation.objects.create(name="Example Ltd", time_zone="UTC")
teams, people = [], []
for number in range({TEAMS}):
    team = Team.objects.create(name=f"Team {{number}}")
    crew = [Person.objects.create(name=f"P {{number}}.{{n}}", email=f"p{{number}}.{{n}}@example.com") for n in range({SEATS})]
    for who in crew:
        Membership.objects.create(team=team, person=who, role=TeamRole.EDITOR)
    roadmap = services.start_roadmap(team=team, start_date=clock.today(team.zone) - timedelta(days=30), by=crew[0])
    for item in roadmap.items.order_by("pk")[:6]:
        services.tick(item=item, wanted="done", seen_version=0, by=crew[0])
    teams.append(team.pk)
    people += [{{"team": team.pk, "cookies": _signed_in(who)}} for who in crew]
client = Client(headers={{"host": "127.0.0.1"}})
client.cookies.load(people[0]["cookies"])
def queries(url, **headers):
    client.get(url, headers=headers)  # the first one notes the session
    with CaptureQueriesContext(connection) as made:
        answer = client.get(url, headers=headers)
    return len(made), answer
page, _ = queries(f"/teams/{{teams[0]}}/roadmap/")
poll, answer = queries(f"/live/{{teams[0]}}/roadmaps+teams/")
poll, answer = queries(f"/live/{{teams[0]}}/roadmaps+teams/", **{{"If-None-Match": answer["ETag"]}})
assert answer.status_code == 304
print(json.dumps({{"teams": teams, "people": people, "queries": {{"page": page, "poll": poll}}}}))
"""


# -- Asking ---------------------------------------------------------------------------------------------------------


@dataclass
class Visitor:
    """One person's browser, looking at the roadmap of their team."""

    address: str
    team: int
    cookies: dict[str, str]
    etag: str = ""

    @property
    def poll(self) -> str:
        return f"/live/{self.team}/roadmaps+teams/"

    @property
    def page(self) -> str:
        return f"/teams/{self.team}/roadmap/"

    def get(self, path: str, hand: Hand, **headers: str) -> tuple[int, str]:
        """(status, ETag)."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        status, etag = hand.get(path, {"Cookie": cookies, **headers})
        return status, etag

    def ask(self, hand: Hand) -> list[int]:
        """One question, and the page if something has changed, as static/live.js does; the answers' statuses."""
        status, etag = self.get(self.poll, hand, **{"If-None-Match": self.etag})
        if status != 204:
            return [status]
        self.etag = etag
        return [status, self.get(self.page, hand, **{"X-Live": "look"})[0]]


class Hand:
    """A connection that is kept, as browsers keep theirs."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        try:
            self.connection.request("GET", path, headers=headers)
            answer = self.connection.getresponse()
        except (http.client.HTTPException, ConnectionError):  # the server let go of a connection that was idle
            self.connection.close()
            self.connection.request("GET", path, headers=headers)
            answer = self.connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("ETag", "")


# -- Measuring ------------------------------------------------------------------------------------------------------


def cpu_of(*processes: int) -> float:
    """Seconds of CPU that these processes and all their children have used."""
    ticks = 0
    for process in processes:
        for each in {process, *descendants(process)}:
            try:
                words = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(int(word) for word in words[11:15])  # its own, and of its children that have ended
    return ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    requests: int = 0
    seconds: float = 0.0
    web: float = 0.0  # CPU seconds
    database: float = 0.0

    def each(self) -> tuple[float, float]:
        """Milliseconds of CPU for one request: web, database."""
        return 1000 * self.web / self.requests, 1000 * self.database / self.requests


@dataclass
class Stage:
    """Web and its database, in an environment of their own."""

    environment: dict[str, str]
    database: Server
    web: subprocess.Popen[bytes]
    address: str

    def run(self, *command: str) -> str:
        """What a command of the portal's printed."""
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            refuse(done.stderr.strip() or done.stdout.strip())
        return done.stdout


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    port = free_port()
    # Two processes with four threads each, as ops/run.py starts them.
    web = ("gunicorn", "mlops_portal.wsgi:application", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
           "--workers", "2", "--threads", "4")  # fmt: skip
    with postgresql_server() as database, (folder / "web.log").open("wb") as log:
        # The settings of tests: static files as they are, instead of minutes of compressing them.
        environment = os.environ | {
            "PORTAL_ENV": "test",
            "PORTAL_VAR": str(folder),
            "DATABASE_URL": database.address,
            "DJANGO_SETTINGS_MODULE": "mlops_portal.settings",
            "LOG_LEVEL": "WARNING",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", *web],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509  no other thread runs yet
        )
        made = Stage(environment, database, process, f"http://127.0.0.1:{port}")
        try:
            made.run("manage.py", "migrate", "--verbosity", "0")
            made.run("manage.py", "createcachetable")
            yield made
        finally:
            process.terminate()
            process.wait(20)


@dataclass
class Bench:
    stage: Stage
    known: dict[str, Any]
    costs: dict[str, Cost] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def address(self) -> str:
        return self.stage.address

    def visitors(self) -> list[Visitor]:
        return [Visitor(self.address, each["team"], each["cookies"]) for each in self.known["people"]]

    @contextmanager
    def measured(self, name: str) -> Iterator[Cost]:
        cost = self.costs.setdefault(name, Cost())
        web, database = self.stage.web, self.stage.database.process
        assert database is not None
        began, web_began, database_began = time.monotonic(), cpu_of(web.pid), cpu_of(database.pid)
        yield cost
        cost.seconds += time.monotonic() - began
        cost.web += cpu_of(web.pid) - web_began
        cost.database += cpu_of(database.pid) - database_began

    def compare(self) -> None:
        """The three kinds of request in turn, so that whatever else the machine does falls on each alike."""
        visitors = self.visitors()
        for visitor in visitors[:HANDS]:
            visitor.etag = visitor.get(visitor.poll, Hand(self.address))[1]
        kinds: dict[str, Callable[[Visitor, Hand], Any]] = {
            "/livez": lambda _visitor, hand: hand.get("/livez", {}),
            "a question, answered 304": lambda visitor, hand: visitor.ask(hand),
            "a whole page": lambda visitor, hand: visitor.get(visitor.page, hand),
        }
        for _ in range(ROUNDS):
            for name, act in kinds.items():
                with self.measured(name) as cost:
                    cost.requests += self._as_fast_as_it_goes(visitors[:HANDS], act)

    def _as_fast_as_it_goes(self, visitors: list[Visitor], act: Callable[[Visitor, Hand], Any]) -> int:
        counts, until = [0] * len(visitors), time.monotonic() + EACH

        def go_on(number: int) -> None:
            hand = Hand(self.address)
            while time.monotonic() < until:
                act(visitors[number], hand)
                counts[number] += 1

        run_all([partial(go_on, number) for number in range(len(visitors))])
        return sum(counts)

    def look(self) -> None:
        """200 people look while somebody changes something now and then."""
        visitors, now = self.visitors(), time.monotonic()
        hand = Hand(self.address)
        for visitor in visitors:
            visitor.etag = visitor.get(visitor.poll, hand)[1]
        due = [(now + random.uniform(0, EVERY), number) for number in range(len(visitors))]
        heapq.heapify(due)
        lock, end, now = threading.Lock(), time.monotonic() + LOOKING, 0.0

        def go_on() -> None:
            hand = Hand(self.address)
            while True:
                with lock:
                    at, number = heapq.heappop(due) if due else (end, -1)
                if at >= end:
                    return
                time.sleep(max(0.0, at - time.monotonic()))
                answers = visitors[number].ask(hand)
                wait = EVERY * random.uniform(1 - SPREAD, 1 + SPREAD)
                with lock:
                    self.statuses.update(answers[:1])
                    self.statuses[0] += len(answers) - 1  # pages
                    heapq.heappush(due, (time.monotonic() + wait, number))

        def change() -> None:
            with closing(psycopg2.connect(self.stage.database.address)) as database:
                database.autocommit = True
                cursor = database.cursor()
                for turn in range(int(LOOKING / CHANGE_EVERY)):
                    team = self.known["teams"][turn % TEAMS]
                    cursor.execute(
                        "UPDATE roadmaps_item SET title = %s WHERE id = (SELECT min(i.id) FROM roadmaps_item i"
                        " JOIN roadmaps_roadmap r ON r.id = i.roadmap_id WHERE r.team_id = %s)",
                        [f"Changed {turn} times", team],
                    )
                    time.sleep(CHANGE_EVERY)

        with self.measured("200 people looking") as cost:
            run_all([*[go_on] * 24, change])
            cost.requests = sum(self.statuses.values())


def run_all(acts: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def table(head: list[str], rows: list[list[Any]]) -> list[str]:
    lines: list[list[Any]] = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


# -- Telling --------------------------------------------------------------------------------------------------------


def told(bench: Bench) -> list[str]:
    yardstick, page = (sum(bench.costs[name].each()) for name in ("/livez", "a whole page"))
    rows = []
    for name in ("/livez", "a question, answered 304", "a whole page"):
        cost, queries = bench.costs[name], bench.known["queries"]
        web, database = cost.each()
        count = {"/livez": 0, "a whole page": queries["page"]}.get(name, queries["poll"])
        ratio = f"{(web + database) / yardstick:.1f}", f"{(web + database) / page:.3f}"
        rows.append([name, count, cost.requests, *ratio, f"{database / (web + database):.0%}"])
    poll = sum(bench.costs["a question, answered 304"].each())
    looking, asked = bench.costs["200 people looking"], sum(n for status, n in bench.statuses.items() if status)
    unchanged, pages = bench.statuses[304], bench.statuses[0]
    used, reloading = looking.web + looking.database, asked * page / 1000
    load = os.getloadavg()[0]
    return [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores ({platform.machine()}, load {load:.0f}"
        f" at the end), Python {platform.python_version()}, PostgreSQL. CPU is that of web and PostgreSQL together.",
        "",
        *table(
            [
                "request",
                "queries",
                "measured",
                "CPU as a multiple of /livez",
                "as a share of a page",
                "of it PostgreSQL",
            ],
            rows,
        ),
        "",
        f"{TEAMS * SEATS} people who all work ask {TEAMS * SEATS / EVERY:.0f} questions a second: as much CPU as"
        f" {TEAMS * SEATS / EVERY * poll / page:.1f} pages a second.",
        "",
        f"{TEAMS * SEATS} people looking at ten roadmaps for {looking.seconds:.0f} s, a change every {CHANGE_EVERY:.0f} s in one"
        f" team after another: {asked} questions of the {TEAMS * SEATS * LOOKING / EVERY:.0f} that a machine with time for them"
        f" would have answered in {LOOKING:.0f} s, {unchanged / asked:.1%} of them"
        f" answered 304, {pages} pages fetched because something had changed, {asked - unchanged - bench.statuses[204]} other"
        f" answers. The questions alone cost {asked * poll / 1000 / reloading:.1%} and all of it"
        f" {used / reloading:.1%} of the CPU that the same people would cost who load the page as often, and"
        f" {used / looking.seconds:.2f} of one core.",
    ]


def write(lines: list[str], begin: str = BEGIN) -> None:
    """Put the lines into the document, between what begins this part and what ends it."""
    before, rest = DOCUMENT.read_text().split(begin)
    DOCUMENT.write_text(before + begin + "\n" + "\n".join(lines) + "\n\n" + END + rest.split(END, 1)[1])


def main() -> None:
    need(POSTGRESQL)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, stage(Path(folder)) as running:
        bench = Bench(running, json.loads(running.run("-c", SEED).splitlines()[-1]))
        bench.compare()
        bench.look()
    lines = told(bench)
    say("\n".join(lines))
    write(lines)


if __name__ == "__main__":
    main()
