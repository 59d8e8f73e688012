"""`make test` leaves nothing behind, and says in one sentence what it misses."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from ops import services
from ops.bootstrap import ROOT
from ops.journey import own_redis
from ops.processes import descendants, everyone
from ops.services import CHROMIUM, GETTEXT, POSTGRESQL, REDIS, Tool, redis_server
from ops.test import call_two_at_a_time
from tests.ops.conftest import plain_environment, refused, until

HANGING = """
import os, pathlib, subprocess, time

def test_that_hangs_and_has_started_something_that_leaves_its_parent_and_does_not_listen():
    script = "trap '' TERM INT HUP; sleep 600 & sleep 601"
    subprocess.Popen(["sh", "-c", f'setsid sh -c "{script}" &']).wait()
    pathlib.Path(os.environ["SEEN"]).write_text(os.environ["DATABASE_URL"] + "\\n" + os.environ["REDIS_URL"])
    time.sleep(602)
"""


def alive() -> set[int]:
    return {process for process, _, _ in everyone()}


def commands(run: "subprocess.Popen[bytes]") -> list[list[str]]:
    """The command lines of everything that descends from it."""
    family = descendants(run.pid)
    return [command for process, _, command in everyone() if process in family]


@pytest.mark.stack
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_the_tests_are_interrupted(tmp_path: Path, signum: signal.Signals) -> None:
    test, seen = tmp_path / "test_hanging.py", tmp_path / "seen"
    test.write_text(HANGING)
    options = ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "-p", "no:randomly"]
    run = subprocess.Popen(
        [sys.executable, "-m", "ops.test", "only", *options, str(test)],
        cwd=ROOT,
        env=plain_environment() | {"SEEN": str(seen), "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: seen.exists() and seen.read_text().count("\n"), "the test to hang")
    until(lambda: {"600", "601"} <= {command[1] for command in commands(run) if "sleep" in command}, "what it started")
    started = descendants(run.pid)
    names = commands(run)
    assert any(command[0].endswith("postgres") for command in names)
    assert any("redis-server" in command[0] for command in names)
    ports = [urlsplit(line).port for line in seen.read_text().splitlines()]
    run.send_signal(signum)
    assert run.wait() == 130
    assert alive() & set(started) == set()
    assert len(set(ports)) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"test_hanging.py", "seen"}
    assert not [folder for folder in Path("/tmp").glob("portal-postgresql-*") if _of(folder, started)]


def _of(folder: Path, processes: list[int]) -> bool:
    """Whether the PostgreSQL of one of these processes lived in the folder."""
    try:
        return int((folder / "data" / "postmaster.pid").read_text().split()[0]) in processes
    except (OSError, ValueError):
        return False


def test_parts_run_two_at_a_time_and_one_that_fails_fails_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each waits for another one's file: alone, or with one more beside it, the first two would never end."""
    script = (
        "import pathlib, sys, time\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "(folder / sys.argv[1]).touch()\n"
        "while not (folder / sys.argv[2]).exists(): time.sleep(0.02)\n"
        "print(sys.argv[1], 'ended')\n"
        "sys.exit(int(sys.argv[3]))\n"
    )

    def part(mine: str, other: str, code: int) -> tuple[str, ...]:
        return (sys.executable, "-c", script, mine, other, str(code))

    assert call_two_at_a_time([part("a", "b", 0), part("b", "a", 0), part("c", "a", 0)], os.environ)
    assert sorted(capsys.readouterr().out.split("\n")) == ["", "a ended", "b ended", "c ended"]
    assert not call_two_at_a_time([part("d", "e", 3), part("e", "d", 0)], os.environ)


# -- Tools that are missing ---------------------------------------------------------------------------------------


@pytest.fixture
def no_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is installed; its PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


NOWHERE = Tool("PostgreSQL", "postgresql", lambda: None)


def test_what_is_missing_and_may_not_be_installed_is_told_in_one_sentence(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as stopped:
        services.need(NOWHERE, REDIS)
    assert stopped.value.code == 1
    assert capsys.readouterr().err == (
        "Missing: PostgreSQL and Redis; they may not be installed without being root. "
        "Install postgresql redis-server and start again.\n"
    )


def _apt(folder: Path, install: str) -> Path:
    """An apt-get that writes down what it was asked."""
    asked = folder / "asked"
    file = folder / "apt-get"
    file.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n[ "$1" = install ] || exit 0\n{install}\n')
    file.chmod(0o755)
    return asked


def test_what_is_missing_is_installed_from_debian_without_starting_it(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = no_tools / "policy-rc.d"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(services, "POLICY", policy)
    binary = no_tools / "redis-server"
    asked = _apt(no_tools, f"[ -x {policy} ] && : > {binary} && {shutil.which('chmod', path=os.defpath)} +x {binary}")
    services.need(REDIS)
    assert asked.read_text().splitlines() == ["update -q", "install -q -y --no-install-recommends redis-server"]
    assert not policy.exists()


def test_an_install_that_fails_says_what_debian_said(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(services, "POLICY", no_tools / "policy-rc.d")
    _apt(no_tools, "echo 'E: Unable to locate package postgresql' >&2; exit 100")
    with pytest.raises(SystemExit):
        services.need(NOWHERE)
    told = capsys.readouterr().err
    assert told == (
        "Missing: PostgreSQL; apt-get says “Unable to locate package postgresql”. Install postgresql and start again.\n"
    )


@pytest.mark.parametrize("tool", [POSTGRESQL, REDIS, CHROMIUM, GETTEXT])
def test_what_make_test_needs_is_found(tool: Tool) -> None:
    """Not a test of the machine: `make test` has seen to it that they are here."""
    found = tool.find()
    assert found is not None
    assert found.exists()


def test_the_browser_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "my-chromium"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert services.find_chromium() == mine


def test_recordings_that_are_not_there_are_told_in_one_sentence(tmp_path: Path) -> None:
    environment = plain_environment() | {"RECORDINGS": str(tmp_path)}
    told = refused([sys.executable, "-m", "ops.test", "recorded"], environment)
    assert told == f"There are no recordings in {tmp_path}: name their folder with RECORDINGS=."


def test_a_journey_that_is_none_is_told_in_one_sentence() -> None:
    told = refused([sys.executable, "-m", "ops.journey", "nonsense"], plain_environment())
    assert told.startswith("There is no journey “nonsense”: there is ")


def test_two_journeys_never_share_a_redis_database() -> None:
    with redis_server() as address:
        with own_redis(address) as one, own_redis(address) as other:
            assert one != other
            client = redis.Redis.from_url(one)
            client.set("a task", "somebody's")
        assert client.dbsize() == 0
        redis.Redis.from_url(one).set("somebody's", "data")
        with own_redis(address) as next_one:
            assert next_one != one
