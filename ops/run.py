"""`make run`: looks whether the portal can start, then keeps web, worker and beat running until it is told to stop.

supervisor starts the three, restarts what died and signals only the parent of the worker's pool; this module writes its
configuration, says the one line when everything is ready, and cleans up: before, what an earlier start left behind when
it was killed; after, what did not end in time. Every process of the portal carries a mark in its command line
(`-Xmlops_portal=VAR/run/`), and the lock on VAR/run/lock is held as long as this process lives.
"""

import errno
import fcntl
import http.client
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from ops.bootstrap import PYTHON, ROOT
from ops.prepare import WARNING
from ops.processes import end, end_with_my_parent, end_with_parent, marked
from ops.say import refuse, say

# The promise is that all has ended 5 s after Ctrl-C: the worker gives its tasks 2 s (CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT),
# then supervisor kills what is left, and what outlives even supervisor is killed after 3.5 s. A sync is safe to kill.
SUPERVISOR_KILLS_AFTER, LAUNCHER_KILLS_AFTER = 2, 3.5
READY_WITHIN = 90.0


@dataclass(frozen=True)
class Portal:
    """Where this portal lives and answers."""

    var: Path
    host: str
    port: int

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def mark(self) -> str:
        return f"-Xmlops_portal={self.run}/"

    @property
    def reached_at(self) -> str:
        """The host to ask on this machine: a server on every address answers on the loopback one too."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    @property
    def address(self) -> str:
        host = f"[{self.reached_at}]" if ":" in self.reached_at else self.reached_at
        return f"http://{host}:{self.port}"


def knob(name: str, default: str) -> str:
    """A variable of the environment, or the content of the file that NAME_FILE names."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text().strip()
        except OSError as error:
            refuse(f"{name}_FILE names {file}, which cannot be read ({error.strerror}).")
    return os.environ.get(name) or default


# -- Before the start ---------------------------------------------------------------------------------------------


def keep_to_oneself(var: Path) -> None:
    """Mend what an earlier command left readable for everybody."""
    for path, mode in ((var, 0o700), *((file, 0o600) for file in var.glob("*.sqlite3*"))):
        with suppress(OSError):  # somebody else's, or not there yet
            path.chmod(mode)


def make_folders(var: Path) -> None:
    try:
        keep_to_oneself(var)
        for folder in (var, var / "run", var / "log"):
            folder.mkdir(mode=0o700 if folder == var else 0o755, parents=True, exist_ok=True)
            with open(folder / ".writable", "w"):
                pass
            (folder / ".writable").unlink()
        for file in (*var.glob("*.sqlite3*"), *(var / "log").iterdir(), var / "static"):
            if file.exists() and not os.access(file, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
    except OSError as error:
        refuse(
            f"The portal keeps its data in {var} and cannot write {error.filename} ({error.strerror}): "
            "give yourself that right, or name another folder with PORTAL_VAR=."
        )


@contextmanager
def only_one(run: Path) -> Iterator[None]:
    """Hold the lock that says that this portal is running; the kernel lets go of it however this process ends."""
    with open(run / "lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(FileNotFoundError):
                refuse(f"The portal is already running at {(run / 'address').read_text()}.")
            refuse("The portal is being started already, by another `make run`.")
        yield


def clean_up(portal: Portal) -> None:
    """End what an earlier start left behind when it was killed, and take its files away."""
    if end(lambda: marked(portal.mark), patience=2):
        say("What was left of an earlier start has been ended.")
    for file in portal.run.iterdir():
        if file.name != "lock":
            file.unlink()
    # What a killed process was writing or reading (mlops_portal/file_broker.py); the bindings are made anew.
    shutil.rmtree(portal.var / "broker" / "control", ignore_errors=True)
    for left in ("*.part", "*.taken"):
        for file in (portal.var / "broker").glob(left):
            file.unlink(missing_ok=True)


def free_port(host: str, port: str) -> int:
    """`port` as a number, after a look whether it can be had; 0 asks for any."""
    if not port.isdigit() or int(port) > 65535:
        refuse(f"PORT is “{port}”: it must be a number up to 65535.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            return int(trial.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            refuse(
                f"Port {port} on {host} is taken by another program: stop that one, or choose another port with PORT=."
            )
        if error.errno == errno.EACCES:
            refuse(f"Port {port} on {host} needs more rights than you have: choose one above 1023 with PORT=.")
        refuse(f"The portal cannot listen on {host} ({error.strerror}): HOST= must be an address of this machine.")


def prepare(portal: Portal, environment: dict[str, str]) -> str:
    """Bring database and static files up to date; `set-up code: …`, or nothing once there is an administrator."""
    done = subprocess.run(
        [PYTHON, portal.mark, "-m", "ops.prepare"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        if "Traceback (most recent call last):" in done.stderr:
            log = portal.log / "prepare.log"
            log.write_text(done.stderr)
            refuse(f"The portal could not be prepared: {told[-1].rstrip('.')}. All that is known is in {log}.")
        refuse(told[-1])
    for line in done.stderr.splitlines():
        if line.startswith(WARNING):
            say(line)
    return done.stdout.strip()


# -- Running ------------------------------------------------------------------------------------------------------


def supervisor_configuration(portal: Portal) -> str:
    """One group, so that a stop signals all at once. QUIT makes Celery's worker give its tasks a moment and then end."""
    python = f"{shlex.quote(str(PYTHON))} {shlex.quote(portal.mark)} -m"
    host = f"[{portal.host}]" if ":" in portal.host else portal.host
    celery = f"{python} celery -A mlops_portal"
    schedule = shlex.quote(str(portal.run / "beat-schedule"))
    programs = {
        "web": (
            f"{python} gunicorn mlops_portal.wsgi:application --bind {shlex.quote(f'{host}:{portal.port}')}"
            " --worker-class gthread --workers 2 --threads 4 --graceful-timeout 2 --no-control-socket",
            "TERM",
        ),
        "worker": (f"{celery} worker --concurrency 2 --loglevel INFO --without-gossip --without-mingle", "QUIT"),
        "beat": (f"{celery} beat --loglevel INFO --schedule {schedule}", "TERM"),
    }
    lines = [
        "[supervisord]",
        f"logfile = {portal.log / 'supervisord.log'}",
        f"pidfile = {portal.run / 'supervisord.pid'}",
        f"directory = {ROOT}",
        *(["user = root"] if os.geteuid() == 0 else []),  # said, so that it does not warn
        "[group:portal]",
        f"programs = {','.join(programs)}",
    ]
    for name, (command, stop_signal) in programs.items():
        lines += [
            f"[program:{name}]",
            f"command = {command}",
            f"stopsignal = {stop_signal}",
            f"stopwaitsecs = {SUPERVISOR_KILLS_AFTER}",
            "killasgroup = true",
            "autorestart = true",
            "startretries = 1000000",  # a database that is away for a night is no reason to give up
            "redirect_stderr = true",
            f"stdout_logfile = {portal.log / name}.log",
            "stdout_logfile_maxbytes = 5MB",
            "stdout_logfile_backups = 2",
        ]
    return "\n".join(line.replace("%", "%%") for line in lines) + "\n"


def start(portal: Portal, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    configuration = portal.run / "supervisord.conf"
    configuration.write_text(supervisor_configuration(portal))
    return subprocess.Popen(
        [PYTHON, portal.mark, "-m", "supervisor.supervisord", "--nodaemon", "--silent", "-c", configuration],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches this process only, which then tells supervisor
        preexec_fn=end_with_parent(signal.SIGTERM),
    )


def web_answers(portal: Portal) -> bool:
    """Whether /livez says 200; it answers under every name."""
    connection = http.client.HTTPConnection(portal.reached_at, portal.port, timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until_ready(portal: Portal, supervisor: "subprocess.Popen[bytes]") -> None:
    """Until web answers, the worker takes tasks and beat rings."""
    deadline = time.monotonic() + READY_WITHIN
    waiting = {
        "web": lambda: web_answers(portal),
        "worker": (portal.run / "worker.ready").exists,
        "beat": (portal.run / "beat.ready").exists,
    }
    while waiting:
        if supervisor.poll() is not None:
            refuse(f"The process manager ended while the portal was starting: see {portal.log / 'supervisord.log'}.")
        waiting = {name: is_ready for name, is_ready in waiting.items() if not is_ready()}
        if waiting and time.monotonic() > deadline:
            logs = " and ".join(str(portal.log / f"{name}.log") for name in waiting)
            refuse(f"{' and '.join(waiting).capitalize()} did not get ready in {READY_WITHIN:.0f} s: see {logs}.")
        time.sleep(0.1)


def stop(portal: Portal, supervisor: "subprocess.Popen[bytes]") -> None:
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)  # being told twice changes nothing
    supervisor.terminate()
    with suppress(subprocess.TimeoutExpired):
        supervisor.wait(LAUNCHER_KILLS_AFTER)
    end(lambda: marked(portal.mark), patience=0)
    for name in ("address", "worker.ready", "beat.ready"):
        (portal.run / name).unlink(missing_ok=True)


class Stopped(BaseException):
    """Somebody wants the portal to stop."""


def _stop_signal(signum: int, frame: FrameType | None) -> NoReturn:
    raise Stopped


def main() -> None:
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _stop_signal)
    if "MAKELEVEL" in os.environ:
        end_with_my_parent(signal.SIGTERM)  # whoever kills make means the portal
    var = Path(knob("PORTAL_VAR", str(ROOT / "var"))).resolve()
    make_folders(var)
    with only_one(var / "run"):
        host = knob("HOST", "127.0.0.1")
        clean_up(Portal(var, host, 0))
        portal = Portal(var, host, free_port(host, knob("PORT", "8000")))
        environment = {**os.environ, "PORTAL_VAR": str(var), "HOST": host, "PORT": str(portal.port)}
        code = prepare(portal, environment)
        supervisor = start(portal, environment)
        try:
            wait_until_ready(portal, supervisor)
            (portal.run / "address").write_text(portal.address)
            say(f"MLOps Portal is ready: {portal.address}" + (f"  ·  {code}" if code else ""))
            supervisor.wait()
            refuse(f"The process manager was killed, so the portal stops: see {portal.log / 'supervisord.log'}.")
        finally:
            stop(portal, supervisor)


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        main()
    except Stopped:
        say("Stopped.")
