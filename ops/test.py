"""`make test` and its parts. Brings what the tests need, runs them, leaves no process behind, says what took how long.

python -m ops.test all | lint | recorded | long | only ARGUMENT ...     (`only` hands its arguments to pytest)
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from ops.bootstrap import ROOT
from ops.guard import Interrupted, leave_nothing_behind
from ops.journey import journeys, prepared
from ops.lint import lint
from ops.processes import end_with_parent
from ops.say import refuse, say
from ops.services import CADDY, CHROMIUM, GETTEXT, POSTGRESQL, REDIS, find_chromium, need, postgresql, redis_server

INSTALL_TOOK = float(os.environ.get("PORTAL_BOOTSTRAP_TOOK") or 0)
STARTED = time.monotonic() - INSTALL_TOOK
PYTEST = (sys.executable, "-m", "pytest", "-q")
Environment = dict[str, str]


# -- Parts --------------------------------------------------------------------------------------------------------


Command = tuple[str, ...]
Process = subprocess.Popen[bytes]


def start(command: Command, environment: Mapping[str, str], output: IO[bytes] | None = None) -> Process:
    """A part in a session of its own."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )


def stop(process: Process) -> None:
    """Tell a part that we were interrupted, as by Ctrl-C."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(15)  # servers that a test started are stopped by it
    except subprocess.TimeoutExpired:
        process.kill()


def call(command: Command, environment: Mapping[str, str]) -> bool:
    """Run one part; whether it went well."""
    process = start(command, environment)
    try:
        return process.wait() == 0
    except Interrupted:
        stop(process)
        raise


def call_two_at_a_time(commands: Sequence[Command], environment: Mapping[str, str]) -> bool:
    """Run parts that mostly wait, one for each core; what each said is shown when it ends. Whether all went well."""
    waiting, running, content = list(commands), dict[Process, IO[bytes]](), True
    with ExitStack() as outputs:
        try:
            while waiting or running:
                while waiting and len(running) < 2:
                    output = outputs.enter_context(tempfile.TemporaryFile())
                    running[start(waiting.pop(0), environment, output)] = output
                for process in [each for each in running if each.poll() is not None]:
                    content &= process.returncode == 0
                    _show(running.pop(process))
                time.sleep(0.2)
        except Interrupted:
            for process in running:
                stop(process)
            raise
    return content


def _show(output: IO[bytes]) -> None:
    output.seek(0)
    say(output.read().decode(errors="replace").rstrip())


class Report:
    """Runs the parts one after the other, also after one that failed, and closes with a line about all of them."""

    def __init__(self) -> None:
        self.took: list[str] = []
        self.failed: list[str] = []
        if INSTALL_TOOK >= 1:
            self.took.append(f"install {duration(INSTALL_TOOK)}")

    def part(self, name: str, work: Callable[[], bool]) -> None:
        say(f"\n== {name}")
        began = time.monotonic()
        content = work()
        self.took.append(f"{name} {duration(time.monotonic() - began)}" + ("" if content else " FAILED"))
        if not content:
            self.failed.append(name)

    def close(self, command: str) -> bool:
        result = f"FAILED: {', '.join(self.failed)}" if self.failed else "all is well"
        say(f"\n{command}: {result}. {' · '.join(self.took)} · in all {duration(time.monotonic() - STARTED)}")
        return not self.failed


def duration(seconds: float) -> str:
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s" if seconds >= 60 else f"{seconds:.0f} s"


@contextmanager
def servers() -> Iterator[tuple[Environment, Environment]]:
    """Private PostgreSQL and Redis; the environment that names them, and the one for SQLite and files.

    Both keep temporary files and the portal's folder where they are removed at the end, and name the browser.
    """
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-test-")))
        temporary.chmod(0o711)  # PostgreSQL's own user passes through it when a test starts a server
        base = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        base |= {"TMPDIR": str(temporary), "CHROMIUM": str(find_chromium())}
        database = stack.enter_context(postgresql())
        redis = stack.enter_context(redis_server())
        yield (
            base | {"PORTAL_VAR": str(temporary / "servers"), "DATABASE_URL": database, "REDIS_URL": redis},
            base | {"PORTAL_VAR": str(temporary / "embedded")},
        )


# -- Commands -----------------------------------------------------------------------------------------------------


def everything() -> bool:
    report = Report()
    began = time.monotonic()
    need(POSTGRESQL, REDIS, CHROMIUM, GETTEXT, CADDY)
    if time.monotonic() - began >= 1:
        report.took.append(f"Debian packages {duration(time.monotonic() - began)}")
    report.part("lint", lint)
    with servers() as (on_servers, embedded):
        pytest = (*PYTEST, "-n", "2", "--dist", "worksteal")
        here = "not recorded and not long"
        report.part("tests on PostgreSQL and Redis", lambda: call((*pytest, "-m", here), on_servers))
        again = f"{here} and not browser and not walk and not once"
        report.part("tests on SQLite", lambda: call((*pytest, "-m", again), embedded))
        report.part("journeys", lambda: play_all(on_servers))
    return report.close("make test")


def play_all(on_servers: Environment) -> bool:
    played = [(sys.executable, "-m", "ops.journey", name) for name in journeys()]
    with prepared(on_servers["DATABASE_URL"]) as ready:
        return call_two_at_a_time(played, on_servers | ready)


def recorded() -> bool:
    """Compare with recorded answers of GitHub: PostgreSQL, Redis, Chromium and the recordings' own replay server."""
    folder = (ROOT / os.environ.get("RECORDINGS", "../shared/recordings")).resolve()
    if not (folder / "replay.py").is_file():
        refuse(f"There are no recordings in {folder}: name their folder with RECORDINGS=.")
    need(POSTGRESQL, REDIS, CHROMIUM)
    report = Report()
    with servers() as (on_servers, _):
        command = (*PYTEST, "tests/recorded", "-m", "recorded")
        report.part("recorded", lambda: call(command, on_servers | {"RECORDINGS": str(folder)}))
    return report.close("make test-recorded")


def long() -> bool:
    """People at work, and syncs, while everything is killed with -9 in turn; tests/long."""
    need(POSTGRESQL, REDIS)
    report = Report()
    with servers() as (on_servers, _):
        # A test that hangs ends with where each thread stood, and not with the patience of whoever waits for it.
        hung = ("-o", "faulthandler_timeout=900", "-o", "faulthandler_exit_on_timeout=true")
        report.part("long", lambda: call((*PYTEST, "tests/long", "-m", "long", *hung), on_servers))
    return report.close("make test-long")


def only(arguments: list[str]) -> bool:
    """Some tests on PostgreSQL and Redis."""
    need(POSTGRESQL, REDIS, CHROMIUM, GETTEXT, CADDY)
    with servers() as (on_servers, _):
        return call((*PYTEST, *arguments), on_servers)


def only_lint() -> bool:
    need(GETTEXT)
    return lint()


def main(arguments: list[str]) -> bool:
    commands: dict[str, Callable[[], bool]] = {"all": everything, "lint": only_lint, "recorded": recorded, "long": long}
    name, rest = (arguments or [""])[0], arguments[1:]
    if name == "only":
        return only(rest)
    if name not in commands or rest:
        refuse("Say all, lint, recorded, long, or only and what pytest shall run.")
    return commands[name]()


if __name__ == "__main__":
    with leave_nothing_behind():
        content = main(sys.argv[1:])
    sys.exit(not content)
