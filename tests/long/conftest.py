"""What the long tests share: how long they take, the seed of their dice, and the lines that they close with."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator

import pytest

from tests.long.figures import Report

TOLD = pytest.StashKey[list[str]]()
Tell = Callable[[str], None]


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Tell:
    """A line that the run closes with, whatever pytest captures."""
    return pytestconfig.stash.setdefault(TOLD, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(TOLD, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def seed(tell: Tell) -> int:
    """Of everything that is thrown. SEED=… throws the same again, as far as two machines are equally fast."""
    found = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    tell(f"SEED={found}")
    return found


@pytest.fixture
def dice(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.fixture(scope="session")
def report(seed: int) -> Iterator[Report]:
    """The figures of all tests; UPDATE_DOCS=1 writes them into docs/reliability.md."""
    made = Report(seed)
    yield made
    if os.environ.get("UPDATE_DOCS") and made.load and made.syncs and made.edits:
        made.write()
