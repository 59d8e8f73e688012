"""A fake GitHub for tests and browser journeys: the project's own, with made-up data and no recording in it.

    with FakeGitHub(token="secret") as fake:
        repo = fake.add_repo("acme/shop")
        repo.deploy(instant)
        fake.faults[3] = "drop"
        ... fake.url, or fake.url + "/api/v3" ...

    python -m tests.fakes.github --port 8090 --token secret --scenario shop

It answers below "/" and, like an Enterprise server, below "/api/v3": what the token sees, repositories, deployments and
their statuses, runs, workflows, issues and labels, pull requests with their commits, reviews and files, and comparisons of
commits; with paging, Link headers, weak ETags, 304s that the limit does not count, rate limits,
missing permissions, renamed repositories, and a fault at any request (counted from 1, see `FAULTS`).

Not faithful: of an object inside another one only some fields are there (`github_schema.json` says which); a page beyond
the 1,000th run is empty; an issue's `since` and order are exact, where the real index lags; nothing is cached between
tokens; every token may do everything but what `forbid` names; the anonymous may do nothing once a token is set.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.fakes.github_answers import Answer, Answers, Refusal, moved_to
from tests.fakes.github_data import Repo, World

PREFIX = "/api/v3"
PAGE = b"<!DOCTYPE html><html><body><h1>Back soon</h1></body></html>"
FAULTS = """
500, 503 …   this status
401          bad credentials
drop         the connection ends in the middle of the body
truncate     half of the JSON, well delivered
garbage      200 with a web page
nulls        every instant of the first object is null
moved        301 to the same by the repository's id
elsewhere    302 to another host; elsewhere:URL to this one
next elsewhere:URL   200, whose next page is said to be there
circle       302 to itself
primary      403, the window is used up; resets in `fake.window` seconds
secondary    429 with Retry-After: 1
secondary403 403 with Retry-After: 1
busy         503 with Retry-After: 1
slow:S       S seconds late
"""


@dataclass(frozen=True)
class Seen:
    """One request as it came, and the status it got ("dropped" is 0)."""

    number: int
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int


class FakeGitHub(World):
    def __init__(self, token: str = "", port: int = 0) -> None:
        super().__init__()
        self.token = token
        self.faults: dict[int, str] = {}
        self.forbidden: set[str] = set()
        self.limit = 5000
        self.window = 3600.0  # seconds
        self.latency = 0.0  # seconds that each answer takes
        self.seen: list[Seen] = []
        self._used = 0
        self._window_began: float | None = None
        self.answers = Answers(self, self.forbidden)
        self.server = _Server(("127.0.0.1", port), _Handler)
        self.server.fake = self
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> FakeGitHub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def forbid(self, *parts: str) -> None:
        """Take the token's permission for "deployments", "actions", "issues", "pulls" or "compare"."""
        self.forbidden.update(parts)

    def forget(self) -> None:
        """Begin to count requests anew: faults, `seen` and the limit."""
        with self.lock:
            self.seen.clear()
            self.faults.clear()
            self._used, self._window_began = 0, None

    def fresh_window(self) -> None:
        """As if the window of the limit had passed."""
        with self.lock:
            self._used, self._window_began = 0, None

    @property
    def counts(self) -> Counter[str]:
        """Requests by path."""
        return Counter(seen.path for seen in self.seen)

    @property
    def statuses(self) -> Counter[int]:
        return Counter(seen.status for seen in self.seen)

    # -- The limit

    def admit(self) -> bool:
        with self.lock:
            self._roll()
            if self._used >= self.limit:
                return False
            self._used += 1
            return True

    def give_back(self) -> None:
        with self.lock:
            self._used = max(0, self._used - 1)

    def _roll(self) -> None:
        if self._window_began is None or time.time() >= self._window_began + self.window:
            self._window_began, self._used = time.time(), 0

    def limit_headers(self, *, used_up: bool = False) -> dict[str, str]:
        with self.lock:
            self._roll()
            left = 0 if used_up else max(0, self.limit - self._used)
            reset = int((self._window_began or 0) + self.window) + 1
            return {
                "X-RateLimit-Limit": str(self.limit),
                "X-RateLimit-Remaining": str(left),
                "X-RateLimit-Used": str(self.limit - left),
                "X-RateLimit-Reset": str(reset),
                "X-RateLimit-Resource": "core",
            }

    # -- One request

    def respond(self, path: str, query: dict[str, str], headers: dict[str, str], fault: str) -> Answer:
        """The answer before ETags and damage. Raises Refusal."""
        if fault == "moved":
            repo = self._repo_of(path)
            if repo is not None:
                return moved_to(repo, path.strip("/").split("/")[3:], query)
        if fault.startswith("elsewhere"):
            location = fault.partition(":")[2] or "http://elsewhere.example/steal"
            return Answer(302, {"message": "Found"}, {"Location": location})
        if fault == "circle":
            return Answer(302, {"message": "Found"}, {"Location": path})
        if fault == "primary":
            raise Refusal(403, "API rate limit exceeded for user ID 1.", {"used-up": "1"})
        if fault in ("secondary", "secondary403"):
            raise Refusal(
                429 if fault == "secondary" else 403, "You have exceeded a secondary rate limit.", {"Retry-After": "1"}
            )
        if fault == "busy":
            raise Refusal(503, "Back soon", {"Retry-After": "1"})
        if fault.isdigit():
            raise Refusal(int(fault), "Bad credentials" if fault == "401" else "Server Error")
        given = headers.get("authorization", "")
        if self.token and given not in (f"Bearer {self.token}", f"token {self.token}"):
            raise Refusal(401, "Bad credentials" if given else "Requires authentication")
        if not self.admit():
            raise Refusal(403, "API rate limit exceeded for user ID 1.", {"used-up": "1"})
        return self.answers.answer(path, query)

    def _repo_of(self, path: str) -> Repo | None:
        parts = path.strip("/").split("/")
        return self.named("/".join(parts[1:3]))[0] if parts[0] == "repos" and len(parts) >= 3 else None


def nulled(body: Any) -> Any:
    """The same with every instant of the first object null."""
    if isinstance(body, dict):
        for name in ("workflow_runs", "workflows"):
            if name in body:
                return {**body, name: nulled(body[name])}
        return {name: None if name.endswith("_at") else value for name, value in body.items()}
    return [nulled(body[0]), *body[1:]] if body else body


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    fake: FakeGitHub


class _Handler(BaseHTTPRequestHandler):
    protocol_version, server_version, sys_version = "HTTP/1.1", "fake", ""
    disable_nagle_algorithm, wbufsize = True, -1
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        fake = self.server.fake
        raw, _, text = self.path.partition("?")
        self.prefix = PREFIX if raw.startswith(PREFIX + "/") else ""
        path = unquote(raw[len(self.prefix) :])
        query = dict(parse_qsl(text, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with fake.lock:
            number = len(fake.seen) + 1
            fake.seen.append(Seen(number, path, query, headers, 0))
        fault = fake.faults.get(number, "")
        time.sleep(float(fault[5:]) if fault.startswith("slow:") else fake.latency)
        try:
            answer = fake.respond(path, query, headers, fault)
        except Refusal as refusal:
            answer = refusal.answer
        status = self._send(answer, fault, headers)
        with fake.lock:
            fake.seen[number - 1] = Seen(number, path, query, headers, status)

    def _send(self, answer: Answer, fault: str, headers: dict[str, str]) -> int:
        fake = self.server.fake
        out = dict(answer.headers)
        used_up = bool(out.pop("used-up", ""))
        body = self._encode(nulled(answer.body) if fault == "nulls" and answer.status == 200 else answer.body)
        out = {name: self._address(value) for name, value in out.items()}
        status = answer.status
        if fault.startswith("next elsewhere:"):
            out["Link"] = f'<{fault.partition(":")[2]}>; rel="next"'
        if status == 200:
            tag = hashlib.sha256(fake.token.encode() + body).hexdigest()
            out["ETag"] = f'W/"{tag}"'
            if headers.get("if-none-match", "").removeprefix("W/") == f'"{tag}"':
                fake.give_back()
                status, body = 304, b""
        out |= fake.limit_headers(used_up=used_up)
        kind = "application/json; charset=utf-8"
        if fault == "garbage" and status == 200:
            body, kind = PAGE, "text/html; charset=utf-8"
        if fault == "truncate" and status == 200:
            body = body[: len(body) // 2]
        dropped = fault == "drop" and status == 200
        self.send_response(status)
        for name, value in out.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if dropped else body)
        if dropped:
            self.wfile.flush()
            self.close_connection = True
        return 0 if dropped else status

    def _address(self, text: str) -> str:
        host = f"http://{self.headers.get('Host') or self.server.fake.host}"
        return text.replace("{base}", host + self.prefix).replace("{web}", host)

    def _encode(self, body: Any) -> bytes:
        return self._address(json.dumps(body, separators=(",", ":"))).encode()


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; the address is the only line printed."""
    from tests.fakes.github_scenarios import SCENARIOS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="shop")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND@N", help=FAULTS)
    options = parser.parse_args(arguments)
    fake = FakeGitHub(options.token, options.port)
    for spec in options.fault:
        kind, _, number = spec.rpartition("@")
        fake.faults[int(number)] = kind
    SCENARIOS[options.scenario](fake)
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    with fake:
        print(fake.url, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
