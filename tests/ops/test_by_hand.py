"""Every service of the compose file run by hand, since no container engine runs here.

Commands, environment and limits are taken from docker-compose.yml and the Dockerfile, and set up as an engine would: a clean
virtual environment from requirements.txt alone; a copy of what the image holds, read only but for the places that the compose
file mounts; no capability and no new privileges; secrets in files; Caddy with TLS in front.
"""

from __future__ import annotations

import fnmatch
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import yaml

from ops import make_secrets
from ops.bootstrap import ROOT
from ops.processes import end_with_parent
from ops.services import forgetful_redis, free_port, postgresql_server
from tests.ops.conftest import LONG, until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="servers are PostgreSQL and Redis"),
]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")
PASSWORD = "four quiet lighthouse keepers"
# As root without any capability, file modes hold for root too.
CONFINED = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--")


def clean_environment() -> Path:
    """A virtual environment with what the image installs and nothing else; made once for each requirements.txt."""
    locked = ROOT / "requirements.txt"
    venv = ROOT / "var" / "tmp" / f"servers-{hashlib.sha256(locked.read_bytes()).hexdigest()[:16]}"
    done = venv / ".done"
    if not done.exists():
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [
            venv / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--disable-pip-version-check",
        ]
        subprocess.run([*pip, "--require-hashes", "-r", locked], check=True, env={**os.environ, "PYTHONPATH": ""})
        done.touch()
    return venv


def copy_context(app: Path) -> None:
    """What `COPY . .` and the front end's stage bring: the files under version control that .dockerignore leaves."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        parts = [name, *(str(parent) for parent in Path(name).parents)]
        left_out = False
        for pattern in ignored:
            if any(fnmatch.fnmatch(part, pattern.lstrip("!")) for part in parts):
                left_out = not pattern.startswith("!")
        if not left_out and (ROOT / name).exists():
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, app / name)
    shutil.copytree(ROOT / "static" / "build", app / "static" / "build")


def build_steps() -> list[str]:
    """The commands of the portal's last RUN that need no root."""
    stage = (ROOT / "Dockerfile").read_text().partition(" AS portal\n")[2]
    run = re.findall(r"^RUN ((?:.*\\\n)*.*)", stage, re.MULTILINE)[-1]
    steps = [step.strip() for step in run.replace("\\\n", " ").split("&&")]
    return [step for step in steps if "python" in step or step.startswith("mkdir")]


def web_command() -> list[str]:
    return list(json.loads(re.findall(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1]))


@dataclass
class Servers:
    app: Path
    environment: dict[str, str]
    port: int
    url: str
    logs: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def command(self, words: list[str]) -> list[str]:
        """As the compose file has it, on a port of our own and on this machine's own address."""
        port = str(self.port)
        return [*CONFINED, *(word.replace("0.0.0.0", "127.0.0.1").replace("8000", port) for word in words)]

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(words),
            cwd=self.app,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONG,
        )

    def start(self, name: str, words: list[str], environment: dict[str, str] | None = None) -> None:
        with (self.logs / name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.command(words),
                cwd=self.app,
                env=environment or self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509  nothing else runs in this process
            )

    def healthy(self, name: str) -> bool:
        return self.run(COMPOSE["services"][name]["healthcheck"]["test"][1:]).returncode == 0

    def stop(self, name: str) -> int:
        """As the engine does: the service's signal, and no more time than its grace period."""
        service = COMPOSE["services"][name]
        self.processes[name].send_signal(getattr(signal, service.get("stop_signal", "SIGTERM")))
        return self.processes[name].wait(int(service["stop_grace_period"].removesuffix("s")))


def environment_of(secrets: Path, database: str, redis: str, url: str, venv: Path, temporary: Path) -> dict[str, str]:
    """Nothing but what the compose file gives, with the names of containers made those of this machine."""
    dotenv = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)) | {
        "PORTAL_URL": url
    }
    found = {
        name: VARIABLE.sub(lambda found: dotenv.get(found[1]) or found[2] or "", value)
        .replace("/run/secrets/", f"{secrets}/")
        .replace("@postgres:5432", f"@127.0.0.1:{urlsplit(database).port}")
        .replace("//redis:6379", f"//127.0.0.1:{urlsplit(redis).port}")
        for name, value in COMPOSE["services"]["web"]["environment"].items()
    }
    (secrets / "postgres_password").write_text(f"{urlsplit(database).password}\n")
    (secrets / "redis_password").write_text(f"{urlsplit(redis).password}\n")
    image = re.findall(r"^ENV (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0]
    return {
        **dict(pair.split("=") for pair in image.split()),
        **found,
        "PATH": f"{venv / 'bin'}:{os.environ['PATH']}",
        "TMPDIR": str(temporary),
    }


def read_only(app: Path) -> None:
    writable = {app / "var" / "run", app / "var" / "archives", app / "var" / "archives" / "uploading"}
    for path in [app, *app.rglob("*")]:
        if path not in writable and not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


@contextmanager
def built(folder: Path) -> Iterator[Servers]:
    venv, app, temporary, secrets = clean_environment(), folder / "app", folder / "tmp", folder / "secrets"
    for each in (app, temporary, folder / "logs"):
        each.mkdir()
    copy_context(app)
    make_secrets.make(secrets)
    bare = {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(temporary)}
    for step in build_steps():
        subprocess.run(["sh", "-c", step.replace("/tmp", str(temporary))], cwd=app, env=bare, check=True)
    read_only(app)
    with ExitStack() as stack:
        database, redis = stack.enter_context(postgresql_server("fsync=off")), stack.enter_context(forgetful_redis())
        url = f"https://localhost:{free_port()}"
        environment = environment_of(secrets, database.address, redis.address, url, venv, temporary)
        servers = Servers(app, environment, free_port(), url, folder / "logs")
        try:
            yield servers
        finally:
            for process in servers.processes.values():
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


class Browser:
    """Somebody who reaches the portal by PORTAL_URL only, through TLS."""

    def __init__(self, url: str) -> None:
        self.where, self.cookies = urlsplit(url), dict[str, str]()

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, http.client.HTTPMessage]:
        context = ssl._create_unverified_context()  # the certificate is Caddy's own
        connection = http.client.HTTPSConnection(self.where.netloc, context=context, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"Referer": self.where.geturl() + "/", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("GET" if form is None else "POST", path, urlencode(form) if form else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            assert name.startswith("__Host-")
        connection.close()
        return response.status, text, response.headers

    def send(self, path: str, **form: str) -> int:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.ask(path)[1])
        assert token, path
        return self.ask(path, {**form, "csrfmiddlewaretoken": token[1]})[0]


def test_the_services_of_the_compose_file_run_as_it_says(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with built(tmp_path) as servers:
        prepared = servers.run(COMPOSE["services"]["migrate"]["command"])
        assert prepared.returncode == 0, prepared.stderr
        code = prepared.stdout.strip().removeprefix("set-up code: ")
        refused = servers.run(["touch", "written"])
        assert refused.returncode, "what runs cannot change what it is made of"

        commands = {"web": web_command()} | {name: COMPOSE["services"][name]["command"] for name in ("worker", "beat")}
        for name, words in commands.items():
            servers.start(name, words)
        _start_proxy(servers, tmp_path)
        for name in commands:
            until(lambda name=name: servers.healthy(name), f"{name} to be healthy")  # type: ignore[misc]

        _set_up_through_the_proxy(servers, code)
        until(lambda: _missing(servers) == {}, "a message to have come through beat, Redis and the worker")
        for name in commands:
            for line in (servers.logs / name).read_text().splitlines():
                assert line.startswith("{"), f"{name} says: {line}"
                assert json.loads(line)["event"]
        _a_request_that_runs_is_finished(servers)
        for name in ("worker", "beat"):
            assert servers.stop(name) in (0, -signal.SIGQUIT), name


def _start_proxy(servers: Servers, folder: Path) -> None:
    if shutil.which("caddy") is None:
        pytest.fail("caddy is not here: ops.services.need(CADDY) brings it")
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PORTAL_URL": servers.url,
        "HTTP_PORT": str(free_port()),
        "HTTPS_PORT": str(urlsplit(servers.url).port),
        "WEB": f"127.0.0.1:{servers.port}",
    }
    servers.start("proxy", ["caddy", "run", "--config", str(servers.app / "Caddyfile"), "--adapter", "caddyfile"], own)
    until(lambda: _listens(urlsplit(servers.url).port or 0), "the proxy")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _set_up_through_the_proxy(servers: Servers, code: str) -> None:
    somebody = Browser(servers.url)
    until(lambda: somebody.ask("/setup/")[0] == 200, "the set-up page through TLS")
    assert somebody.ask("/readyz")[0] == 404, "the world needs not know"
    form = {"code": code, "organisation": "Example", "name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    assert somebody.send("/setup/", **form, time_zone="UTC", language="en") == 302
    another = Browser(servers.url)
    assert another.send("/accounts/login/", login="ada@example.com", password=PASSWORD) == 302
    status, page, headers = another.ask("/")
    assert status == 200
    assert "Ada" in page
    assert "max-age=31536000" in headers["Strict-Transport-Security"]


def _missing(servers: Servers) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", servers.port, timeout=30)
    connection.request("GET", "/readyz")
    found: dict[str, str] = json.load(connection.getresponse())["missing"]
    return found


def _a_request_that_runs_is_finished(servers: Servers) -> None:
    """Told to stop while a form is still coming in, web takes the rest of it, answers, and ends."""
    somebody = Browser(servers.url)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', somebody.ask("/accounts/login/")[1])
    assert token
    form = {"csrfmiddlewaretoken": token[1], "login": "ada@example.com", "password": PASSWORD}
    body = urlencode(form).encode()
    head = [
        "POST /accounts/login/ HTTP/1.1",
        f"Host: {somebody.where.netloc}",
        "X-Forwarded-Proto: https",
        f"Referer: {servers.url}/accounts/login/",
        f"Cookie: {'; '.join(f'{name}={value}' for name, value in somebody.cookies.items())}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",  # its answer says that a worker is at it
    ]
    with socket.create_connection(("127.0.0.1", servers.port), timeout=60) as slow:
        slow.sendall("\r\n".join([*head, "", ""]).encode())
        assert slow.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        slow.sendall(body[:-5])
        servers.processes["web"].terminate()
        until(lambda: "Handling signal: term" in (servers.logs / "web").read_text(), "web to be told")
        slow.sendall(body[-5:])
        assert slow.recv(4096).startswith(b"HTTP/1.1 302"), "signed in"
    assert servers.processes["web"].wait(30) == 0
