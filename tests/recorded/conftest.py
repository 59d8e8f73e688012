"""One portal for all recorded tests, on PostgreSQL and Redis with a real worker; recordings replayed on free ports."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from ops.bootstrap import ROOT
from ops.journey import background, line_with, own_database, own_redis
from tests.ops.conftest import plain_environment
from tests.recorded.stage import ANTS, OPENBIC, MakeReplay, Person, Portal, Replay, Seen, Source

TOLD = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """A line that the run closes with, whatever pytest captures."""
    return pytestconfig.stash.setdefault(TOLD, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(TOLD, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def recordings() -> Path:
    folder = (ROOT / os.environ.get("RECORDINGS", "../shared/recordings")).resolve()
    if not (folder / "replay.py").is_file():
        pytest.skip(f"there are no recordings in {folder}")
    return folder


@pytest.fixture(scope="session")
def make_replay(recordings: Path) -> Iterator[MakeReplay]:
    """`make_replay("--latency", "50")`: another host with the same repositories."""
    made: list[Replay] = []

    def make(*options: str) -> Replay:
        made.append(Replay(recordings))
        return made[-1].start(*options)

    yield make
    for replay in made:
        replay.stop()


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """As `make run` starts it; it may reach this machine's own addresses."""
    var = tmp_path_factory.mktemp("portal") / "var"
    (var / "log").mkdir(parents=True)
    environment = plain_environment() | {
        "PORTAL_VAR": str(var),
        "HOST": "127.0.0.1",
        "PORT": "0",
        "OUTGOING_ALLOW": "127.0.0.1",
    }
    with ExitStack() as stack:
        for knob, own in (("DATABASE_URL", own_database), ("REDIS_URL", own_redis)):
            environment[knob] = stack.enter_context(own(environment[knob]))
        log = var / "log" / "run.err"
        command = (sys.executable, "-m", "ops.run")
        process = stack.enter_context(background(*command, environment=environment, log=log))
        address, code = line_with("is ready:", process, log).removeprefix("MLOps Portal is ready: ").split("  ·  ")
        yield Portal(address, code.removeprefix("set-up code: "), environment)


@pytest.fixture(scope="session")
def ada(portal: Portal, browser: Browser) -> Iterator[Person]:
    """The administrator, who set the portal up; her browser complains about nothing."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    person = Person(page, portal)
    person.set_up()
    yield person
    context.close()
    assert complaints == []


@dataclass
class Undisturbed:
    """A repository as it was read without any fault."""

    source: Source
    replay: Replay
    seen: Seen
    rows: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def undisturbed(ada: Person, portal: Portal, make_replay: MakeReplay) -> dict[str, Undisturbed]:
    """Each repository connected for a team of its own."""
    replay = make_replay()
    found = {}
    for repository, team in ((ANTS, "Ants"), (OPENBIC, "OpenBIC")):
        source = ada.connect(ada.create_team(team), repository, replay)
        seen = ada.wait_for_sync(source)
        found[repository] = Undisturbed(source, replay, seen, portal.rows(source))
    return found


@pytest.fixture(scope="session")
def team(ada: Person) -> str:
    """For the hosts that fail."""
    return ada.create_team("Disturbed")


Rows = Callable[[Source], dict[str, list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def rows(portal: Portal) -> Rows:
    return portal.rows
