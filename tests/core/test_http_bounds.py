"""Outgoing requests come to an end: answers that are too large, say nothing, or drip."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from core import http_guard
from core.http import Client, OutgoingError
from tests.core.http_host import Host, Reply, certificate, names, refusal

pytestmark = pytest.mark.usefixtures("naps")


def test_an_answer_that_says_it_is_too_large_or_is(host: Host) -> None:
    client = Client(host.url, max_bytes=1000)
    host.replies = [Reply(body=json.dumps("x" * 998).encode())]
    assert len(client.get("x").data) == 998
    for reply in (
        Reply(body=json.dumps("x" * 999).encode()),
        Reply(body=gzip.compress(json.dumps("x" * 5_000_000).encode()), headers={"Content-Encoding": "gzip"}),
    ):
        host.replies = [reply]
        before = len(host.seen)
        error = refusal(lambda: client.get("x"))
        assert (error.code, error.permanent) == ("too_large", True)
        assert len(host.seen) == before + 1


def test_a_host_that_says_nothing(host: Host) -> None:
    done = threading.Event()
    host.replies = [Reply(raw=lambda _: done.wait(30))]
    error = refusal(lambda: Client(host.url, read_timeout=0.2).get("x"))
    done.set()
    assert (error.code, error.permanent, len(host.seen)) == ("timeout", False, 1)


class Drip:
    """Keeps a reader busy with a byte now and then, for far longer than the total bound, or until it hangs up."""

    def __init__(self, head: bytes) -> None:
        self.head = head
        self.done = threading.Event()
        self.to_the_end = False

    def __call__(self, out: Any) -> None:
        out.write(self.head)
        for _ in range(400):
            out.write(b" ")
            out.flush()
            if self.done.wait(0.05):
                return
        self.to_the_end = True
        out.write(b"{}")

    def cuts_off(self, client: Client) -> OutgoingError:
        error = refusal(lambda: client.get("x"))
        self.done.set()
        assert not self.to_the_end
        return error


SIZED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 402\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        SIZED,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",  # ends with the connection: a cut looks like an end
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
    ],
)
@pytest.mark.parametrize("used", [False, True])
def test_a_host_that_drips_is_cut_off(head: bytes, used: bool, host: Host) -> None:
    client = Client(host.url, read_timeout=5, total_timeout=0.4)
    if used:
        client.get("x")
    drip = Drip(head)
    host.replies = [Reply(raw=drip)]
    assert drip.cuts_off(client).code == "timeout"
    assert (len(host.seen), host.connections) == (1 + used, 1)


@pytest.mark.parametrize("used", [False, True])
def test_a_host_that_drips_over_tls_is_cut_off(
    used: bool, hosts: Callable[..., Host], settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(http_guard, "resolve", names(["127.0.0.1"]))
    context, bundle = certificate(tmp_path, "right.example")
    host = hosts(context)
    client = Client(f"https://right.example:{host.port}", read_timeout=5, total_timeout=0.5, ca_bundle=bundle)
    if used:
        client.get("x")
    drip = Drip(SIZED)
    host.replies = [Reply(raw=drip)]
    assert drip.cuts_off(client).code == "timeout"
    assert host.connections == 1


def test_a_host_that_drips_while_tls_is_agreed_on_is_cut_off(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    drip = Drip(b"\x16\x03\x03\x40\x00")  # the head of a long record
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            sock, _address = server.accept()
            with sock, sock.makefile("wb") as out, suppress(OSError):
                drip(out)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        client = Client(f"https://127.0.0.1:{server.getsockname()[1]}", total_timeout=0.4)
        assert drip.cuts_off(client).code == "timeout"
        thread.join(5)
