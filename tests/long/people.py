"""Fifty people who read, tick, answer and check in, by pages and by the API, and write down what they were answered.

Played by locust in a process of its own (gevent patches the standard library). LOAD names a folder: `seed.json` says who
they are, `ledger` is where they write (tests/long/ledger.py). They do what browsers and scripts do: a write that was not
answered is sent again with the same request id, or, by every fifth, given up; one that cannot be repeated safely never is.
Every tenth clicks twice.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, between, events, task

FOLDER = Path(os.environ["LOAD"])
WORLD = json.loads((FOLDER / "seed.json").read_text())
DICE = random.Random(os.environ.get("SEED", "1"))
TRIES, PAUSE = 40, (0.5, 1.5)  # seconds between two tries
THINKS = (0.0, 4.0)  # seconds between what was read and what is written: meanwhile somebody else may have written
STATES = ("to_do", "in_progress", "done")
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_ledger = (FOLDER / "ledger").open("a", buffering=1)
_marks = count(1)
_seats = count()


def write_down(**facts: Any) -> None:
    _ledger.write(json.dumps(facts) + "\n")


@events.init.add_listener
def _quiet(environment: Any, **_: Any) -> None:
    environment.process_exit_code = 0  # whether it went well is for the ledger to say


def told(answer: Any) -> str:
    """What an answer that is no success says: a page's title, the API's sentence, or why there was none."""
    if not answer.status_code:
        return type(answer.error).__name__
    text = answer.text or ""
    title = TITLE.search(text)
    if title:
        return " ".join(title[1].split())
    try:
        return str(json.loads(text).get("detail", ""))[:200]
    except (ValueError, AttributeError):
        return text[:80]


class Person(FastHttpUser):
    wait_time = between(1, 3)
    connection_timeout = network_timeout = 60.0

    def on_start(self) -> None:
        self.me = WORLD["people"][next(_seats) % len(WORLD["people"])]
        self.team = WORLD["teams"][self.me["team"]]
        self.cookies = "; ".join(f"{name}={value}" for name, value in self.me["cookies"].items())
        self.csrf = next(value for name, value in self.me["cookies"].items() if "csrf" in name)
        self.home = f"/teams/{self.team['id']}"
        self.api = f"/api/v1/teams/{self.team['id']}"

    # -- One request

    def ask(self, method: str, path: str, name: str, mark: str = "", **more: Any) -> Any:
        """The answer, written down; its status is 0 if none came."""
        headers = {"Cookie": self.cookies, "X-CSRFToken": self.csrf}
        began = time.time()
        answer = self.client.request(method, path, name=name, headers=headers, allow_redirects=False, **more)
        status = answer.status_code or 0
        fine = 200 <= status < 400
        where = (answer.headers or {}).get("Location", "") if fine else ""
        write_down(
            began=began,
            ended=time.time(),
            name=name,
            status=status,
            mark=mark,
            told="" if fine else told(answer),
            location=where,
        )
        return answer

    def data(self, path: str, name: str) -> Any:
        """What the API answers to a question; None if it does not."""
        answer = self.ask("GET", path, name)
        return json.loads(answer.text) if answer.status_code == 200 else None

    def write(self, kind: str, send: Callable[[str, str], Any], *, repeatable: bool = True) -> None:
        """Send until it is answered. `send` gets the mark, and the request id that goes with it."""
        mark = f"{kind} {self.me['id']} {next(_marks)}"
        write_down(mark=mark, kind=kind, person=self.me["id"])
        gives_up = not repeatable or DICE.random() < 0.2
        clicks_twice = repeatable and DICE.random() < 0.1
        for _ in range(1 if gives_up else TRIES):
            clicks = [gevent.spawn(send, mark, mark if repeatable else "") for _ in range(1 + clicks_twice)]
            answer = gevent.joinall(clicks, raise_error=True)[0].value
            if answer.status_code and answer.status_code < 500:
                self.keep_what_it_told(mark, answer)
                return
            gevent.sleep(DICE.uniform(*PAUSE))

    def keep_what_it_told(self, mark: str, answer: Any) -> None:
        """The API names the row that it wrote."""
        if answer.status_code in (200, 201) and answer.text.startswith("{"):
            row = json.loads(answer.text)
            names = ("id", "version", "state", "number")
            write_down(mark=mark, row={name: row[name] for name in names if name in row})

    # -- What they do

    @task(6)
    def read(self) -> None:
        pages = {
            "home": "/",
            "check-ins": "/check-ins/",
            "team": f"{self.home}/",
            "roadmap": f"{self.home}/roadmap/",
            "maturity": f"{self.home}/maturity/",
            "round": f"{self.home}/maturity/rounds/{self.team['round']}/",
            "okrs": f"{self.home}/okrs/",
            "delivery": f"{self.home}/delivery/",
            "connection": f"{self.home}/connections/{self.team['source']}/",
        }
        name = DICE.choice(list(pages))
        self.ask("GET", pages[name], f"page {name}")

    @task(3)
    def tick(self) -> None:
        item, wanted = DICE.choice(self.team["items"]), DICE.choice(STATES)
        found = self.data(f"{self.api}/roadmap/items/{item}/", "api item")
        if found is None:
            return
        gevent.sleep(DICE.uniform(*THINKS))
        seen = {"wanted": wanted, "seen_version": found["version"]}

        def by_api(mark: str, request: str) -> Any:
            sent = seen | {"note": mark, "request_id": request}
            return self.ask("POST", f"{self.api}/roadmap/items/{item}/tick/", "api tick", mark, json=sent)

        def by_page(mark: str, request: str) -> Any:
            sent = seen | {"note": mark, "request_id": request}
            return self.ask("POST", f"{self.home}/roadmap/items/{item}/state/", "form tick", mark, data=sent)

        self.write("tick", DICE.choice((by_api, by_page)))

    @task(3)
    def answer(self) -> None:
        criterion, states = DICE.choice(list(self.team["criteria"].items()))
        newest = self.data(f"{self.api}/answers/?criterion={criterion}&limit=1", "api answers")
        if newest is None:
            return
        seen = max((row["version"] for row in newest["results"]), default=0)
        gevent.sleep(DICE.uniform(*THINKS))
        state = DICE.randrange(states)
        path = f"{self.team['round']}/answer"

        def by_api(mark: str, request: str) -> Any:
            sent = {"criterion": criterion, "state": state, "seen": seen, "comment": mark, "request_id": request}
            where = f"{self.api}/assessments/{self.team['round']}/answers/"
            return self.ask("POST", where, "api answer", mark, json=sent)

        def by_page(mark: str, request: str) -> Any:
            sent = {"choice": str(state), "seen": seen, "comment": mark, "request_id": request}
            where = f"{self.home}/maturity/rounds/{path}/{criterion}/"
            return self.ask("POST", where, "form answer", mark, data=sent)

        self.write("answer", DICE.choice((by_api, by_page)))

    @task(3)
    def check_in(self) -> None:
        key_result, value = DICE.choice(self.team["key_results"]), DICE.randrange(101)

        def by_api(mark: str, request: str) -> Any:
            sent = {"value": value, "comment": mark} | ({"request_id": request} if request else {})
            where = f"{self.api}/okrs/key-results/{key_result}/check-ins/"
            return self.ask("POST", where, "api check-in", mark, json=sent)

        def by_page(mark: str, request: str) -> Any:
            sent = {"value": value, "comment": mark, "request_id": request, "page": "okrs"}
            return self.ask("POST", f"/okrs/key-results/{key_result}/check-in/", "form check-in", mark, data=sent)

        self.write("check-in", DICE.choice((by_api, by_page)), repeatable=DICE.random() < 0.7)

    @task(2)
    def comment(self) -> None:
        about = f"comments/criterion/{DICE.choice(list(self.team['criteria']))}/"

        def by_api(mark: str, request: str) -> Any:
            sent = {"text": mark} | ({"request_id": request} if request else {})
            return self.ask("POST", f"{self.api}/{about}", "api comment", mark, json=sent)

        def by_page(mark: str, request: str) -> Any:
            sent = {"text": mark, "request_id": request}
            return self.ask("POST", f"{self.home}/{about}", "form comment", mark, data=sent)

        self.write("comment", DICE.choice((by_api, by_page)), repeatable=DICE.random() < 0.7)

    @task(1)
    def sync(self) -> None:
        """The team's administrator asks for a sync; the others look at the connections."""
        where = f"{self.home}/connections/"
        if WORLD["people"].index(self.me) % 5:
            self.ask("GET", where, "page connections")
        else:
            self.ask("POST", f"{where}{self.team['source']}/sync/", "form sync")
