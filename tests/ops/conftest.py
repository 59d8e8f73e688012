"""Real portals in temporary folders, started as `make run` starts them.

On the servers that DATABASE_URL and REDIS_URL name if they do (each portal on databases of its own), else embedded.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ops.bootstrap import ROOT
from ops.journey import own_database, own_redis
from ops.processes import end, everyone, marked

# Far more than anything here takes on a slow machine: a wait that ends with it has failed.
LONG = 120.0


def plain_environment() -> dict[str, str]:
    """The environment without what pytest and the test settings have put there."""
    ours = {"DJANGO_SETTINGS_MODULE", "PORTAL_ENV", "PORTAL_VAR", "HOST", "PORT", "MAKELEVEL", "MAKEFLAGS", "MFLAGS"}
    return {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("PYTEST")}


def until(condition: Callable[[], object], what: str, patience: float = LONG) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience:.0f} s for {what}"
        time.sleep(0.05)


@dataclass
class Launched:
    """One start of the launcher."""

    process: "subprocess.Popen[str]"
    var: Path
    lines: list[str] = field(default_factory=list)

    @property
    def mark(self) -> str:
        return f"-Xmlops_portal={self.var / 'run'}/"

    @property
    def ready_line(self) -> str:
        return self.lines[-1]

    @property
    def address(self) -> str:
        found = re.search(r"http://\S+", self.ready_line)
        assert found
        return found[0]

    def wait_until_ready(self) -> "Launched":
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.strip())
            if "is ready" in line:
                return self
        pytest.fail(f"the portal ended: {self.lines} {self.process.wait()}")

    def running(self) -> list[int]:
        return marked(self.mark)

    def parents(self) -> dict[str, int]:
        """The process of web, worker and beat that supervisor started, and supervisor's own."""
        mine = set(self.running())
        found = {process: (parent, command) for process, parent, command in everyone() if process in mine}
        supervisor = next(process for process, (_, command) in found.items() if "supervisor.supervisord" in command)
        words = {"web": "gunicorn", "worker": "worker", "beat": "beat"}
        parents = {
            name: process
            for process, (parent, command) in found.items()
            for name, word in words.items()
            if parent == supervisor and word in command
        }
        return parents | {"supervisor": supervisor}


Launch = Callable[..., Launched]


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Static files collected once; compressing them for each portal would take most of the time."""
    var = tmp_path_factory.mktemp("collected")
    subprocess.run(
        [sys.executable, "-m", "ops.prepare", "static"],
        cwd=ROOT,
        env=plain_environment() | {"PORTAL_VAR": str(var)},
        check=True,
    )
    return var / "static"


@contextmanager
def new_environment(folder: Path, collected: Path) -> Iterator[dict[str, str]]:
    """The environment of a new portal."""
    var = folder / "var"
    var.mkdir()
    (var / "static").symlink_to(collected)
    environment = plain_environment() | {"PORTAL_VAR": str(var), "PORT": "0"}
    with ExitStack() as stack:
        for knob, own in (("DATABASE_URL", own_database), ("REDIS_URL", own_redis)):
            if environment.get(knob):
                environment[knob] = stack.enter_context(own(environment[knob]))
        yield environment


@contextmanager
def launcher(portal_environment: dict[str, str]) -> Iterator[Launch]:
    started: list[Launched] = []

    def launch(command: list[str] | None = None, **knobs: str) -> Launched:
        environment = portal_environment | knobs
        process = subprocess.Popen(
            command or [sys.executable, "-m", "ops.run"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        launched = Launched(process, Path(environment["PORTAL_VAR"]))
        started.append(launched)
        return launched

    try:
        yield launch
    finally:
        for launched in started:
            if launched.process.poll() is None:
                launched.process.send_signal(signal.SIGTERM)
                launched.process.communicate()
            end(launched.running, patience=0)


@pytest.fixture
def portal_environment(tmp_path: Path, collected: Path) -> Iterator[dict[str, str]]:
    with new_environment(tmp_path, collected) as environment:
        yield environment


@pytest.fixture
def launch(portal_environment: dict[str, str]) -> Iterator[Launch]:
    """Start the launcher; `launch(PORT="1")` with other knobs."""
    with launcher(portal_environment) as launch:
        yield launch


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, collected: Path) -> Iterator[Launched]:
    """A portal that is ready, for the tests that leave it standing."""
    with (
        new_environment(tmp_path_factory.mktemp("standing"), collected) as environment,
        launcher(environment) as launch,
    ):
        yield launch().wait_until_ready()


@pytest.fixture
def refusal(portal_environment: dict[str, str]) -> Callable[..., str]:
    """What the launcher says when it cannot start: one sentence, exit code 1, nothing else."""

    return lambda **knobs: refused([sys.executable, "-m", "ops.run"], portal_environment | knobs)


def refused(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONG, check=False)
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip()
