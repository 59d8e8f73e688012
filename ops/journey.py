"""`make journey J=name`: plays tests/journeys/<name>.py in a browser, once in each language, each on a portal of its own.

The portal is started as `make run` starts it, on a free port and in a temporary folder, and on databases of its own if
DATABASE_URL and REDIS_URL name servers. Beside it runs the project's own fake GitHub. `make test` plays them all, on portals
that begin with a copy of what was made once (`prepared`). Screenshots, and after a failure the portal's logs, are kept in
var/journeys/<name>/<language>/.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ops.bootstrap import ROOT
from ops.guard import leave_nothing_behind
from ops.processes import end_with_parent
from ops.say import refuse, say
from ops.services import CHROMIUM, execute, find_chromium, free_port, need

LANGUAGES = ("en", "ja")
FROM_NOTHING = {
    "sample"
}  # journeys whose portal makes its tables itself: this one says how long all of a first start takes
MAILED = {"shared"}  # journeys whose portal has a mail server; it keeps what it gets as files
MAIL_SERVER_TAKES = 20.0  # seconds at most
STATIC, TABLES = "JOURNEY_STATIC", "JOURNEY_TABLES"  # where `prepared` says what it made
STAGE = "play"  # what the journeys share; not one of them


def journeys() -> list[str]:
    files = (ROOT / "tests" / "journeys").glob("[!_]*.py")
    return sorted(file.stem for file in files if file.stem != STAGE)


@contextmanager
def own_database(address: str, template: str = "") -> Iterator[str]:
    """A new database on the server that `address` names: empty, or a copy of `template`, which nobody is connected to."""
    name = f"journey_{secrets.token_hex(6)}"
    execute(address, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield urlsplit(address)._replace(path=f"/{name}").geturl()
    finally:
        execute(address, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def own_redis(address: str) -> Iterator[str]:
    """A number on the Redis server that `address` names under which nothing is kept; emptied again at the end."""
    import redis

    for number in range(8, 16):
        ours = urlsplit(address)._replace(path=f"/{number}").geturl()
        client = redis.Redis.from_url(ours)
        if client.dbsize() == 0 and client.set("taken-by-a-journey", os.getpid(), nx=True):  # nobody else takes it too
            break
    else:
        refuse(
            "Databases 8 to 15 of the Redis server that REDIS_URL names are all in use; a journey needs an empty one."
        )
    try:
        yield ours
    finally:
        client.flushdb()
        client.close()


@contextmanager
def background(*command: str, environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that runs along, told to end at the end. Its standard output can be read."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def line_with(wanted: str, process: "subprocess.Popen[str]", log: Path) -> str:
    """The first line of output that holds `wanted`."""
    assert process.stdout is not None
    found = next((line.strip() for line in process.stdout if wanted in line), None)
    if found is None:
        process.wait()
        refuse((log.read_text().strip().splitlines() or [f"{process.args!r} ended and said nothing."])[-1])
    return found


@contextmanager
def mail_server(log: Path, folder: Path) -> Iterator[dict[str, str]]:
    """A real SMTP server that puts each mail into the Maildir `folder`; what the portal and the journey need to know of it."""
    port = free_port()
    server = ("-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Mailbox", str(folder))
    with background(sys.executable, *server, environment=dict(os.environ), log=log):
        deadline = time.monotonic() + MAIL_SERVER_TAKES
        while not answers(port):
            if time.monotonic() > deadline:
                refuse("The mail server did not come up.")
            time.sleep(0.05)
        ours = free_port()  # links in mails lead to PORTAL_URL, so the port has to be known before the portal listens
        yield {
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "PORT": str(ours),
            "PORTAL_URL": f"http://127.0.0.1:{ours}",
            "MAILBOX": str(folder),
        }


def answers(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"PORTAL_ENV", "MAKELEVEL"}}


@contextmanager
def prepared(address: str) -> Iterator[dict[str, str]]:
    """What all new portals begin with, made once for many journeys: the tables on this server, and the static files."""
    with tempfile.TemporaryDirectory(prefix="portal-prepared-") as folder, own_database(address) as database:
        environment = plain_environment() | {"PORTAL_VAR": folder, "DATABASE_URL": database}
        for command in (("manage", "migrate", "--verbosity=0"), ("ops.prepare", "static")):
            subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, check=True)
        yield {STATIC: str(Path(folder, "static")), TABLES: urlsplit(database).path.removeprefix("/")}


@contextmanager
def stage(var: Path, *, mailed: bool = False, from_nothing: bool = True) -> Iterator[dict[str, str]]:
    """A portal and a fake GitHub, both new; the environment in which a journey finds them."""
    python = (sys.executable, "-m")
    environment = plain_environment()
    static, tables = environment.pop(STATIC, ""), environment.pop(TABLES, "")
    log = var / "log"
    log.mkdir(parents=True)
    if static and not from_nothing:
        shutil.copytree(static, var / "static")
    with ExitStack() as stack:

        def start(name: str, *command: str, wanted: str) -> str:
            file = log / f"{name}.err"
            process = stack.enter_context(background(*command, environment=environment, log=file))
            return line_with(wanted, process, file)

        token = secrets.token_hex(20)
        fake = ("tests.fakes.github", "--port", "0", "--token", token, "--scenario", "shop")
        github = start("github", *python, *fake, wanted="http://")
        environment |= {"PORTAL_VAR": str(var), "HOST": "127.0.0.1", "PORT": "0"}
        environment["OUTGOING_ALLOW"] = urlsplit(github).netloc
        if mailed:
            environment |= stack.enter_context(mail_server(log / "mail.err", var / "mailbox"))
        if address := environment.get("DATABASE_URL"):
            environment["DATABASE_URL"] = stack.enter_context(own_database(address, "" if from_nothing else tables))
        if address := environment.get("REDIS_URL"):
            environment["REDIS_URL"] = stack.enter_context(own_redis(address))
        environment["PORTAL_STARTED"] = str(time.time())
        ready = start("run", *python, "ops.run", wanted="is ready:")
        told = dict(part.split(": ", 1) for part in ready.split("  ·  "))
        yield environment | {
            "PORTAL_ADDRESS": told["MLOps Portal is ready"],
            "SETUP_CODE": told.get("set-up code", ""),
            "FAKE_GITHUB": github,
            "FAKE_GITHUB_TOKEN": token,
        }


def play(name: str, language: str) -> bool:
    """One journey in one language; whether every step went well."""
    kept = ROOT / "var" / "journeys" / name / language
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    say(f"{name} in {'English' if language == 'en' else 'Japanese'}")
    with tempfile.TemporaryDirectory(prefix="portal-journey-") as folder:
        var = Path(folder, "var")
        with stage(var, mailed=name in MAILED, from_nothing=name in FROM_NOTHING) as environment:
            mine = {"JOURNEY_LANGUAGE": language, "JOURNEY_FOLDER": str(kept), "CHROMIUM": str(find_chromium())}
            options: dict[str, Any] = {"cwd": ROOT, "env": environment | mine, "stdin": subprocess.DEVNULL}
            command = [sys.executable, "-m", f"tests.journeys.{name}"]
            well = subprocess.run(command, check=False, **options).returncode == 0
        if not well:
            shutil.copytree(var / "log", kept / "log")
            say(f"{name} in {language} FAILED: screenshots and logs are in {kept.relative_to(ROOT)}.")
    return well


def main(arguments: list[str]) -> bool:
    name = arguments[0] if arguments else ""
    if name not in journeys():
        refuse(f"There is no journey “{name}”: there is {', '.join(journeys()) or 'none yet'} (make journey J=NAME).")
    need(CHROMIUM)
    results = [play(name, language) for language in LANGUAGES]  # the second one also when the first one failed
    return all(results)


if __name__ == "__main__":
    with leave_nothing_behind():
        content = main(sys.argv[1:])
    sys.exit(not content)
