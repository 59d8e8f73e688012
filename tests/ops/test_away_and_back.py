"""Postgres, Redis and the worker away and back under requests: what is answered meanwhile, and that it goes on without hands."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from ops.bootstrap import ROOT
from ops.processes import descendants
from ops.services import Server
from tests.long.killing import Stage, stage
from tests.ops.conftest import until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="needs servers that can go away"),
]
ADMINISTRATOR = """
import json, django; django.setup()
from tests.long.seed import _signed_in
from teams.models import Organisation, Person, OrganisationRole
Organisation.objects.create(name="Example Ltd", time_zone="UTC")
ada = Person.objects.create(name="Ada", email="ada@example.com", organisation_role=OrganisationRole.ADMINISTRATOR)
print(json.dumps(_signed_in(ada)))
"""
PAGES = ("/", "/teams/", "/portfolio/", "/api/v1/teams/", "/organisation/sample/")
WAITS_AT_MOST = 15.0  # seconds for one answer, on a slow machine


@dataclass(frozen=True)
class Answer:
    path: str
    status: int
    headers: dict[str, str]
    text: str
    took: float


@dataclass
class Visitor:
    """An administrator with a session; `told` is everything that was answered."""

    address: str
    cookies: dict[str, str]
    told: list[Answer] = field(default_factory=list)

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        csrf = next(value for name, value in self.cookies.items() if "csrf" in name)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "X-CSRFToken": csrf, "Accept-Language": "en", **headers}
        body = None
        if form is not None:
            body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        began = time.monotonic()
        connection.request("GET" if form is None else "POST", path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        answer = Answer(path, response.status, dict(response.headers), text, time.monotonic() - began)
        self.told.append(answer)
        return answer

    def missing(self) -> set[str]:
        answer = self.ask("/readyz")
        missing = set(json.loads(answer.text)["missing"])
        assert answer.status == (503 if missing else 200)
        return missing


@contextmanager
def load(visitor: Visitor) -> Iterator[list[Answer]]:
    """Four people who ask for page after page as long as the block lasts; all that they were answered."""
    over, told = threading.Event(), []

    def walk(shift: int) -> None:
        me = Visitor(visitor.address, visitor.cookies, told)
        while not over.is_set():
            for path in PAGES[shift:] + PAGES[:shift]:
                me.ask(path)

    walkers = [threading.Thread(target=walk, args=(shift,)) for shift in range(4)]
    for walker in walkers:
        walker.start()
    try:
        yield told
    finally:
        over.set()
        for walker in walkers:
            walker.join()


@contextmanager
def away(server: Server) -> Iterator[None]:
    """Stopped inside the block, and there again after it, whatever a test finds meanwhile."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.fixture(scope="module")
def standing_stage(tmp_path_factory: pytest.TempPathFactory, collected: Path) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("away"), collected) as made:
        yield made


@pytest.fixture(scope="module")
def visitor(standing_stage: Stage) -> Visitor:
    environment = standing_stage.environment | {"DJANGO_SETTINGS_MODULE": "mlops_portal.settings"}
    told = subprocess.run(
        [sys.executable, "-c", ADMINISTRATOR], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    found = Visitor(standing_stage.portal.address, json.loads(told.stdout))
    assert found.ask("/").status == 200
    until(lambda: found.missing() == set(), "everything to be there")
    return found


def rows(stage: Stage, question: str) -> list[Any]:
    with stage.database() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def test_without_postgres_pages_say_so_and_come_back_by_themselves(standing_stage: Stage, visitor: Visitor) -> None:
    with load(visitor) as told:
        until(lambda: len(told) > 8, "some pages")
        assert {answer.status for answer in told} == {200}
        with away(standing_stage.servers["PostgreSQL"]):
            assert visitor.missing() == {"database"}
            assert visitor.ask("/livez").status == 200
            page, api = visitor.ask("/teams/"), visitor.ask("/api/v1/teams/")
            fragment = visitor.ask("/teams/", **{"HX-Request": "true"})
            japanese = visitor.ask("/teams/", **{"Accept-Language": "ja"})
            for answer in (page, api, fragment, japanese):
                assert answer.status == 503
                assert int(answer.headers["Retry-After"]) > 0
            assert "The database is away" in page.text
            assert json.loads(api.text)["detail"].startswith("The database is away")
            assert fragment.headers["HX-Retarget"] == "#away"
            assert 'lang="ja"' in japanese.text
            style = next(part for part in page.text.split('"') if part.endswith(".css"))
            assert visitor.ask(style).status == 200, "the page that says so has its looks"
            until(lambda: sum(answer.status == 503 for answer in told) > 20, "more people to be told")
        until(lambda: visitor.ask("/teams/").status == 200, "a page")
        until(lambda: visitor.missing() == set(), "everything to be there again")
        seen = len(told)
        until(lambda: len(told) > seen + 12, "some more pages")
        assert {answer.status for answer in told[seen:]} == {200}
    assert {answer.status for answer in told} == {200, 503}
    assert max(answer.took for answer in told) < WAITS_AT_MOST


def test_without_redis_every_page_is_there_and_what_is_asked_for_is_done_later(
    standing_stage: Stage, visitor: Visitor
) -> None:
    with load(visitor) as told:
        with away(standing_stage.servers["Redis"]):
            until(lambda: visitor.missing() >= {"broker"}, "the broker to be missed")
            assert visitor.ask("/accounts/login/").status in (200, 302)
            asked = visitor.ask("/organisation/sample/load/", form={})
            assert asked.status == 302, "a write that is acknowledged although no message can be sent"
            assert asked.took < WAITS_AT_MOST
            assert rows(standing_stage, "SELECT state, step FROM sample_sample") == [("loading", 0)]
        until(lambda: rows(standing_stage, "SELECT step FROM sample_sample") > [(0,)], "a worker to come for it")
        until(lambda: visitor.missing() == set(), "everything to be there again")
    assert {answer.status for answer in told} == {200}
    assert max(answer.took for answer in told) < WAITS_AT_MOST


def test_without_a_worker_every_page_is_there_and_administrators_are_told(
    standing_stage: Stage, visitor: Visitor
) -> None:
    worker = standing_stage.portal.parents()["worker"]
    family = [worker, *descendants(worker)]
    signal_all(family, signal.SIGSTOP)
    # As if its last sign of life were long ago.
    with standing_stage.database() as cursor:
        cursor.execute("DELETE FROM portal_cache WHERE cache_key LIKE '%pulse-worker'")
    assert visitor.missing() == {"worker"}
    for path in PAGES:
        assert visitor.ask(path).status == 200
    assert "Background work stands still" in visitor.ask("/").text
    signal_all(family, signal.SIGCONT)
    until(lambda: visitor.missing() == set(), "the worker's next sign of life")
    assert "Background work stands still" not in visitor.ask("/").text


def signal_all(processes: list[int], signum: signal.Signals) -> None:
    for process in processes:
        os.kill(process, signum)
