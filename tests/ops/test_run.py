"""`make run`: the ready line, restarts, stopping, starting again after a kill, and one sentence when it cannot start."""

import json
import os
import re
import signal
import socket
import sqlite3
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.processes import descendants
from ops.run import Portal, free_port, supervisor_configuration
from ops.services import free_port as any_port
from tests.ops.conftest import Launch, Launched, until

pytestmark = pytest.mark.stack


def answers(portal: Launched) -> int:
    with urllib.request.urlopen(f"{portal.address}/livez", timeout=30) as response:
        return int(response.status)


def test_one_line_says_that_it_is_ready_and_it_is(standing: Launched) -> None:
    portal = standing
    assert len(portal.lines) == 1
    assert re.fullmatch(
        r"MLOps Portal is ready: http://127\.0\.0\.1:\d+  ·  set-up code: [A-Z0-9]{4}-[A-Z0-9]{4}", portal.ready_line
    )
    assert answers(portal) == 200
    assert portal.parents().keys() == {"web", "worker", "beat", "supervisor"}
    with urllib.request.urlopen(f"{portal.address}/", timeout=30) as page:
        styles = re.findall(r'href="(/static/build/[^"]+\.css)"', page.read().decode())
    assert styles
    for style in styles:
        with urllib.request.urlopen(portal.address + style, timeout=30) as response:
            assert response.status == 200


def test_livez_says_more_than_a_code(standing: Launched) -> None:
    with urllib.request.urlopen(f"{standing.address}/livez", timeout=30) as response:
        assert response.headers["Content-Type"] == "application/json"
        assert json.load(response)


def test_a_second_start_says_that_it_is_running_already(standing: Launched, refusal: Callable[..., str]) -> None:
    assert refusal(PORTAL_VAR=str(standing.var)) == f"The portal is already running at {standing.address}."
    assert answers(standing) == 200


def test_a_second_start_after_the_first_ended_loses_nothing(launch: Launch) -> None:
    first = launch().wait_until_ready()
    secrets = [(first.var / name).read_text() for name in ("secret_key", "encryption_key")]
    first.process.terminate()
    first.process.communicate()
    # A binding that was half written when its process was killed would stop the file broker for ever.
    for binding in (first.var / "broker" / "control").glob("*"):
        binding.write_text("")
    second = launch().wait_until_ready()
    assert len(second.lines) == 1
    assert [(second.var / name).read_text() for name in ("secret_key", "encryption_key")] == secrets
    assert not list(second.var.glob("backups/*"))  # nothing had to be migrated, so nothing was copied


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_what_died_is_started_again(standing: Launched, name: str) -> None:
    portal = standing
    before = portal.parents()
    family = {before[name], *descendants(before[name])}
    os.kill(before[name], signal.SIGKILL)
    until(lambda: portal.parents().get(name, before[name]) != before[name], f"another {name}")
    others = {other: process for other, process in portal.parents().items() if other != name}
    assert others == {other: process for other, process in before.items() if other != name}
    # Orphans of a killed web go on answering until they notice: only what answers after them is the new one.
    until(lambda: not family & set(portal.running()), f"what was left of the old {name} to end")
    if name == "web":
        until(lambda: _answers_or_not(portal), "web to answer again")


def _answers_or_not(portal: Launched) -> bool:
    try:
        return answers(portal) == 200
    except OSError:
        return False


@pytest.mark.parametrize("frozen", [False, True])
def test_a_stop_ends_everything_within_five_seconds(launch: Launch, frozen: bool) -> None:
    """Also a worker that cannot end by itself."""
    portal = launch().wait_until_ready()
    if frozen:
        os.kill(portal.parents()["worker"], signal.SIGSTOP)
    began = time.monotonic()
    portal.process.send_signal(signal.SIGTERM if frozen else signal.SIGINT)
    output, _ = portal.process.communicate()
    took = time.monotonic() - began
    assert portal.running() == []
    assert output.strip() == "Stopped."
    assert portal.process.returncode == 0
    assert took < 5, "the promise of `make run`"


@pytest.mark.parametrize("killed", [("launcher",), ("supervisor",), ("launcher", "supervisor")])
def test_a_start_after_kill_9_ends_what_was_left(launch: Launch, killed: tuple[str, ...]) -> None:
    first = launch().wait_until_ready()
    before = set(first.running())
    targets = {"launcher": first.process.pid, "supervisor": first.parents()["supervisor"]}
    for name in killed:
        os.kill(targets[name], signal.SIGKILL)
    first.process.communicate() if "launcher" in killed else first.process.wait()
    second = launch(PORT=first.address.rpartition(":")[2]).wait_until_ready()
    assert not before & set(second.running())
    assert answers(second) == 200
    assert second.parents().keys() == {"web", "worker", "beat", "supervisor"}


def test_the_worker_is_told_alone_and_the_rest_of_its_pool_is_killed_late() -> None:
    configuration = supervisor_configuration(Portal(Path("/srv/100% mine/var"), "127.0.0.1", 8000))
    worker = configuration.partition("[program:worker]")[2].partition("[program:beat]")[0]
    assert "stopsignal = QUIT" in worker
    assert "killasgroup = true" in worker
    assert "stopasgroup" not in configuration
    assert "'-Xmlops_portal=/srv/100%% mine/var/run/'" in worker
    assert "programs = web,worker,beat" in configuration  # one group: one stop signals all of them at once


# -- One sentence -------------------------------------------------------------------------------------------------


def test_a_taken_port_is_told_in_one_sentence(refusal: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert refusal(PORT=port) == (
            f"Port {port} on 127.0.0.1 is taken by another program: stop that one, or choose another port with PORT=."
        )


@pytest.mark.parametrize("port", ["eighty", "-1", "65536"])
def test_a_port_that_is_none_is_told_in_one_sentence(refusal: Callable[..., str], port: str) -> None:
    assert refusal(PORT=port) == f"PORT is “{port}”: it must be a number up to 65535."


def test_a_host_that_is_not_ours_is_told_in_one_sentence(refusal: Callable[..., str]) -> None:
    assert "HOST= must be an address of this machine" in refusal(HOST="192.0.2.1")


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(refusal: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = refusal(PORTAL_VAR=str(tmp_path / "file" / "var"))
    assert str(tmp_path / "file") in told
    assert told.endswith("give yourself that right, or name another folder with PORTAL_VAR=.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_told_in_one_sentence(refusal: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "var").chmod(0o555)
    assert "(Permission denied)" in refusal()


def test_a_database_that_is_away_is_told_in_one_sentence(refusal: Callable[..., str]) -> None:
    port = any_port()
    told = refusal(DATABASE_URL=f"postgres://portal:hush@127.0.0.1:{port}/portal")
    assert told.startswith(f"The database portal at 127.0.0.1:{port} is away: ")
    assert told.endswith("Start it, or correct DATABASE_URL.")
    assert "hush" not in told


def test_a_redis_that_is_away_is_told_in_one_sentence(refusal: Callable[..., str]) -> None:
    port = any_port()
    told = refusal(REDIS_URL=f"redis://:hush@127.0.0.1:{port}/0")
    assert told.startswith(f"Redis at 127.0.0.1:{port} is away: ")
    assert told.endswith("Start it, or correct REDIS_URL.")
    assert "hush" not in told


@pytest.mark.parametrize("address", ["nonsense", "mysql://portal@127.0.0.1/portal"])
def test_a_database_address_that_is_none_is_told_in_one_sentence(refusal: Callable[..., str], address: str) -> None:
    assert "DATABASE_URL" in refusal(DATABASE_URL=address)


def test_a_broken_database_file_is_told_in_one_sentence(refusal: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "var" / "portal.sqlite3"
    file.write_bytes(b"this was never a database " * 100)
    assert f"The database file {file} cannot be used: file is not a database" in refusal(DATABASE_URL="")


def test_production_without_its_secrets_is_told_in_one_sentence(refusal: Callable[..., str]) -> None:
    assert "SECRET_KEY is not set" in refusal(PORTAL_ENV="production")
    key = "c29tZSB0aGlydHktdHdvIGJ5dGVzIG9mIGEga2V5ISE="
    told = refusal(PORTAL_ENV="production", SECRET_KEY="x" * 60, ENCRYPTION_KEYS=key)
    assert "PORTAL_URL is not set: name the address at which people reach the portal" in told


def test_mail_that_would_not_know_where_to_lead_is_told_in_one_sentence(refusal: Callable[..., str]) -> None:
    assert "EMAIL_URL is set and PORTAL_URL is not" in refusal(EMAIL_URL="smtp://mail.example.com")


def test_a_key_that_encrypts_nothing_is_told_before_a_token_needs_it(refusal: Callable[..., str]) -> None:
    assert "ENCRYPTION_KEYS holds something that is not a Fernet key" in refusal(ENCRYPTION_KEYS="bad")


def test_an_unknown_log_level_is_told_in_one_sentence(refusal: Callable[..., str]) -> None:
    assert "LOG_LEVEL is “LOUD”" in refusal(LOG_LEVEL="loud")


@pytest.mark.parametrize(
    ("knob", "value", "sentence"),
    [
        ("OUTGOING_ALLOW", "10.0.0.0/8,https://ghe.lan", "OUTGOING_ALLOW holds “https://ghe.lan”"),
        ("PORTAL_URL", "portal.example.com", "PORTAL_URL is “portal.example.com”"),
        ("TRUSTED_PROXIES", "all", "TRUSTED_PROXIES is “all”; it must be a number from 0 to 9."),
        ("EMAIL_URL", "mail.example.com", "EMAIL_URL names no mail server"),
        ("SECRET_KEY_FILE", "/nowhere/secret", "SECRET_KEY_FILE names /nowhere/secret, which cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_told_in_one_sentence(
    refusal: Callable[..., str], knob: str, value: str, sentence: str
) -> None:
    assert sentence in refusal(**{knob: value})


def test_an_address_already_taken_is_not_taken_by_the_trial_itself() -> None:
    assert free_port("127.0.0.1", str(free_port("127.0.0.1", "0")))


# -- Updates ------------------------------------------------------------------------------------------------------


def test_the_sqlite_file_is_copied_before_it_is_migrated(launch: Launch) -> None:
    first = launch(DATABASE_URL="").wait_until_ready()
    first.process.terminate()
    first.process.communicate()
    database = first.var / "portal.sqlite3"
    _forget_a_migration(database)
    second = launch(DATABASE_URL="").wait_until_ready()
    (copy,) = second.var.glob("backups/*.sqlite3")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert _migrations(database) == _migrations(copy) + 1


def _forget_a_migration(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        # Dropping an index that the migration makes lets it be applied once more.
        connection.execute("DELETE FROM django_migrations WHERE app='sessions' AND name='0001_initial'")
        connection.execute("DROP TABLE django_session")
    connection.close()


def _migrations(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM django_migrations").fetchone()[0])
    finally:
        connection.close()


def test_whoever_kills_make_means_the_portal(launch: Launch) -> None:
    """Killed with -9, `make` cannot tell the launcher; the kernel does."""
    portal = launch(command=["make", "--silent", "run"]).wait_until_ready()
    assert portal.running()
    portal.process.kill()
    until(lambda: not portal.running(), "everything to end")
