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

from ops.processes import end_with_parent, kill_family
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


def find_caddy() -> Path | None:
    found = shutil.which("caddy")
    return Path(found) if found else None


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
CADDY = Tool("Caddy", "caddy", find_caddy)
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


@dataclass
class Server:
    """A private server on a port of its own. It can be killed, and started again with the data it has on disk."""

    name: str
    address: str
    port: int
    command: list[str | Path]
    log: Path
    politely: signal.Signals
    options: dict[str, Any]
    told: str = ""  # through standard input, so that no other user reads it from the list of processes
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us; it would stop the server under the tests' feet
                preexec_fn=end_with_parent(self.politely),
                **self.options,
            )
        assert self.process.stdin is not None
        self.process.stdin.write(self.told.encode())
        self.process.stdin.close()
        self._wait()

    def _wait(self) -> None:
        assert self.process is not None
        for _ in range(600):
            if self.process.poll() is not None:
                break
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        last = (self.log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        refuse(f"The private {self.name} did not start: {last}")

    def kill(self) -> None:
        """kill -9, with all its children at once: nothing is tidied up."""
        assert self.process is not None
        kill_family(self.process.pid)
        self.process.wait()

    def stop(self) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(self.politely)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of this run's own; the address of its database `portal`."""
    with postgresql_server("fsync=off", "synchronous_commit=off", "full_page_writes=off") as server:
        yield server.address


@contextmanager
def postgresql_server(*settings: str) -> Iterator[Server]:
    """The same as something to kill. Without `settings` it keeps what it has acknowledged, as PostgreSQL does."""
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
    password, port = secrets.token_hex(16), free_port()
    started: dict[str, Any] = {"cwd": folder, **run_as}
    # mmap keeps shared memory in the data folder: nobody who tidies /dev/shm takes it away.
    own = ("unix_socket_directories=", "dynamic_shared_memory_type=mmap", "max_connections=200")
    options = ["listen_addresses=127.0.0.1", f"port={port}", *own, *settings]
    address = f"postgres://portal:{password}@127.0.0.1:{port}"
    server = Server(
        name="PostgreSQL",
        address=f"{address}/portal",
        port=port,
        command=[binaries / "postgres", "-D", folder / "data", *(part for each in options for part in ("-c", each))],
        log=folder / "log",
        politely=signal.SIGINT,  # disconnect everybody and stop
        options=started,
    )
    try:
        _initdb(binaries, folder, password, started)
        server.start()
        execute(f"{address}/postgres", "CREATE DATABASE portal")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _initdb(binaries: Path, folder: Path, password: str, started: dict[str, Any]) -> None:
    password_file = folder / "password"
    password_file.write_text(password)
    password_file.chmod(0o644)  # inside a folder that only its owner may enter
    settings = ("--username=portal", f"--pwfile={password_file}", "--auth=scram-sha-256")
    made = subprocess.run(
        [binaries / "initdb", "-D", folder / "data", "--no-sync", *settings, "--encoding=UTF8", "--no-locale"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **started,
    )
    if made.returncode:
        refuse(f"The private PostgreSQL could not be made: {(made.stderr.strip().splitlines() or ['?'])[-1]}")


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
    with forgetful_redis() as server:
        yield server.address


@contextmanager
def forgetful_redis() -> Iterator[Server]:
    """The same as something to kill: what it held is gone then."""
    binary = find_redis()
    assert binary is not None, "need(REDIS) comes first"
    folder = Path(tempfile.mkdtemp(prefix="portal-redis-"))
    password, port = secrets.token_hex(16), free_port()
    server = Server(
        name="Redis",
        address=f"redis://:{password}@127.0.0.1:{port}/0",
        port=port,
        command=[binary, "-"],
        log=folder / "log",
        politely=signal.SIGTERM,
        options={"cwd": folder},
        told=f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n',
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
