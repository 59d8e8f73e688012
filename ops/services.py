"""What tests need beside Python: PostgreSQL, Redis and Chromium found or installed, private servers started and removed.

The servers listen on a random loopback port, keep their data in a folder of their own and ask for a password made for
the run. As root, PostgreSQL runs as Debian's `postgres` user, because it refuses to run as root.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.processes import end_with_parent
from ops.say import refuse, say

POLICY = Path("/usr/sbin/policy-rc.d")


# -- Finding and installing ---------------------------------------------------------------------------------------


def find_postgresql() -> Path | None:
    """The folder with `postgres` and `initdb`; of several versions the newest."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).parent
    versions = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "postgres").exists()]
    return max(versions, key=lambda folder: int(folder.parent.name.partition(".")[0]), default=None)


def find_redis() -> Path | None:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def find_chromium() -> Path | None:
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, (shutil.which(name) for name in names if name)), None)
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return Path(found) if found else mac if mac.exists() else None


def find_gettext() -> Path | None:
    found = shutil.which("xgettext")
    return Path(found) if found and shutil.which("msgmerge") else None


@dataclass(frozen=True)
class Tool:
    name: str
    package: str
    find: Callable[[], Path | None]


POSTGRESQL = Tool("PostgreSQL", "postgresql", find_postgresql)
REDIS = Tool("Redis", "redis-server", find_redis)
CHROMIUM = Tool("Chromium", "chromium", find_chromium)
GETTEXT = Tool("GNU gettext", "gettext", find_gettext)


def need(*tools: Tool) -> None:
    """Make sure that the tools are here: found, else installed from Debian's packages, else one sentence and the end."""
    missing = [tool for tool in tools if tool.find() is None]
    if not missing:
        return
    packages = [tool.package for tool in missing]
    why = "they may not be installed without being root" if os.geteuid() else "there is no apt-get to install them with"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing {', '.join(packages)} …")
        began = time.monotonic()
        why = _apt_install(packages)
        missing = [tool for tool in tools if tool.find() is None]
        say(f"  {time.monotonic() - began:.0f} s")
    if missing:
        names = " and ".join(tool.name for tool in missing)
        refuse(f"Missing: {names}; {why}. Install {' '.join(tool.package for tool in missing)} and start again.")


def _apt_install(packages: list[str]) -> str:
    """Install Debian's packages without starting their services; what apt-get complained about."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options: dict[str, Any] = {"env": environment, "stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    subprocess.run(["apt-get", "update", "-q"], check=False, **options)
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")  # Debian's way to say: install it, do not start it
        POLICY.chmod(0o755)
    try:
        done = subprocess.run(
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], check=False, **options
        )
    finally:
        if ours:
            POLICY.unlink()
    complaints = [line for line in done.stderr.splitlines() if line.startswith("E:")]
    return f"apt-get says “{complaints[-1].removeprefix('E: ')}”" if complaints else "apt-get did not bring them"


# -- Private servers ----------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _wait_for(name: str, server: "subprocess.Popen[Any]", port: int, log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
    refuse(f"The private {name} did not start: {last}")


def _stop(server: "subprocess.Popen[Any]", politely: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        server.send_signal(politely)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of this run's own; the address of its database `portal`."""
    binaries = find_postgresql()
    assert binaries is not None, "need(POSTGRESQL) comes first"
    # As root in /tmp itself: PostgreSQL's own user must get there, and TMPDIR may be root's alone.
    folder = Path(tempfile.mkdtemp(prefix="portal-postgresql-", dir=None if os.geteuid() else "/tmp"))
    run_as: dict[str, Any] = {}
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            refuse(
                "PostgreSQL does not run as root, and there is no user “postgres”: add one, or test as another user."
            )
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        run_as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    password, port, log = secrets.token_hex(16), free_port(), folder / "log"
    started: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, **run_as}
    server = None
    try:
        password_file = folder / "password"
        password_file.write_text(password)
        password_file.chmod(0o644)  # inside a folder that only its owner may enter
        settings = (
            "--username=portal",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
        )
        made = subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "--no-sync", *settings],
            capture_output=True,
            text=True,
            check=False,
            **started,
        )
        if made.returncode:
            refuse(f"The private PostgreSQL could not be made: {(made.stderr.strip().splitlines() or ['?'])[-1]}")
        fast = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
        # mmap keeps shared memory in the data folder: nobody who tidies /dev/shm takes it away.
        own = ("unix_socket_directories=", "dynamic_shared_memory_type=mmap")
        options = ["listen_addresses=127.0.0.1", f"port={port}", *own, *fast]
        with log.open("wb") as output:
            server = subprocess.Popen(
                [
                    binaries / "postgres",
                    "-D",
                    folder / "data",
                    *(part for option in options for part in ("-c", option)),
                ],
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us; it would stop the server under the tests' feet
                preexec_fn=end_with_parent(signal.SIGINT),  # SIGINT: disconnect everybody and stop
                **started,
            )
        _wait_for("PostgreSQL", server, port, log)
        address = f"postgres://portal:{password}@127.0.0.1:{port}"
        execute(f"{address}/postgres", "CREATE DATABASE portal")
        yield f"{address}/portal"
    finally:
        if server is not None:
            _stop(server, signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


def execute(address: str, statement: str) -> None:
    """One statement outside any transaction, as CREATE DATABASE wants it."""
    import psycopg2  # type: ignore[import-untyped]

    for attempt in range(100):
        try:
            connection = psycopg2.connect(address)
            break
        except psycopg2.OperationalError:  # it listens, and is not ready for connections yet
            if attempt == 99:
                raise
            time.sleep(0.05)
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis server of this run's own that keeps nothing on disk; its address."""
    binary = find_redis()
    assert binary is not None, "need(REDIS) comes first"
    folder = Path(tempfile.mkdtemp(prefix="portal-redis-"))
    password, port, log = secrets.token_hex(16), free_port(), folder / "log"
    # Told through standard input, so that no other user reads the password from the list of processes.
    configuration = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n'
    server = None
    try:
        with log.open("wb") as output:
            server = subprocess.Popen(
                [binary, "-"],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )
        assert server.stdin is not None
        server.stdin.write(configuration.encode())
        server.stdin.close()
        _wait_for("Redis", server, port, log)
        yield f"redis://:{password}@127.0.0.1:{port}/0"
    finally:
        if server is not None:
            _stop(server, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)
