"""core.http and its guard: where requests may go, what they carry, what every kind of answer becomes."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import translation

from core import clock, http, http_guard
from core.http import Client, OutgoingError, RateLimited
from core.http_errors import PERMANENT, TEMPORARY
from core.http_messages import SENTENCES, sentence

TOKEN = "ghp_never_to_be_seen"
SECRET = {"Authorization": f"Bearer {TOKEN}"}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


# -- A host that answers by a script ----------------------------------------------------------------------------------


@dataclass
class Reply:
    status: int = 200
    body: bytes = b'{"fine": true}'
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None  # says another length than the body has
    raw: Callable[[Any], None] | None = None  # writes the whole answer itself


class Host:
    """Answers with `replies` in turn, then with 200. `seen` holds (path, headers) of every request."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.replies: list[Reply] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                host.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                reply = host.replies.pop(0) if host.replies else Reply()
                if reply.raw:
                    self.close_connection = True
                    with suppress(OSError):
                        reply.raw(self.wfile)
                    return
                self.send_response_only(reply.status)  # the Date is the script's affair
                headers = {"Content-Type": "application/json", **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                if reply.status != 304:
                    self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
                self.end_headers()
                self.wfile.write(reply.body)
                if reply.length is not None:
                    self.close_connection = True

        self.connections = 0

        class Server(ThreadingHTTPServer):
            daemon_threads, block_on_close = True, False

            def get_request(self) -> Any:
                sock, address = self.socket.accept()
                host.connections += 1
                return (context.wrap_socket(sock, server_side=True) if context else sock), address

            def handle_error(self, *_: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hosts() -> Iterator[Callable[..., Host]]:
    made: list[Host] = []

    def make(context: ssl.SSLContext | None = None) -> Host:
        made.append(Host(context))
        return made[-1]

    yield make
    for host in made:
        host.close()


@pytest.fixture
def host(hosts: Callable[..., Host], settings: Any) -> Host:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    return hosts()


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that would have been slept."""
    slept: list[float] = []
    monkeypatch.setattr(http, "sleep", slept.append)
    return slept


def refusal(call: Callable[[], object]) -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        call()
    return caught.value


# -- Which addresses are public ---------------------------------------------------------------------------------------

SPECIAL = """
127.0.0.1 127.8.9.1 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
100.127.255.255 192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.9 192.88.99.1 224.0.0.1 239.1.1.1 240.0.0.1
255.255.255.255
::1 :: fe80::1 fe80::1%lo fc00::1 fd12:3456::1 fec0::1 ff02::1 2001:db8::1 100::1 ::127.0.0.1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:100.64.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1
2002:7f00:1:: 2002:a00:1::1 2001:0:a00:1::1
"""
ORDINARY = """
1.1.1.1 140.82.121.6 172.15.0.1 172.32.0.1 100.63.255.255 100.128.0.1 11.0.0.1
2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101
"""
REFUSED, PUBLIC = SPECIAL.split(), ORDINARY.split()


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not http_guard.is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_ordinary_addresses_are_public(address: str) -> None:
    assert http_guard.is_public(ip_address(address))


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_refused_and_the_refusal_names_the_host(address: str, settings: Any) -> None:
    settings.OUTGOING_ALLOW = []
    error = refusal(lambda: http_guard.check("ci.example", 443, ip_address(address), encrypted=True))
    assert (error.code, error.params["host"]) == ("address_refused", "ci.example")


@pytest.mark.parametrize(
    ("allow", "host", "port", "address", "fine"),
    [
        (["ci.lan"], "ci.lan", 80, "10.0.0.7", True),
        (["CI.lan."], "ci.LAN", 80, "10.0.0.7", True),
        (["ci.lan:8080"], "ci.lan", 8080, "10.0.0.7", True),
        (["ci.lan:8080"], "ci.lan", 80, "10.0.0.7", False),
        (["ci.lan"], "other.ci.lan", 80, "10.0.0.7", False),
        (["ci.lan"], "ci.lan.evil.example", 80, "10.0.0.7", False),
        (["10.0.0.0/8"], "any.lan", 80, "10.0.0.7", True),
        (["10.0.0.7/8"], "any.lan", 80, "10.0.0.7", True),  # host bits set, as people write it
        (["10.0.0.0/8"], "any.lan", 80, "192.168.0.1", False),
        (["10.0.0.7"], "any.lan", 80, "10.0.0.7", True),
        (["10.0.0.7"], "any.lan", 80, "10.0.0.8", False),
        (["127.0.0.0/8"], "x", 80, "::ffff:127.0.0.1", True),
        (["::1"], "x", 80, "::1", True),
        (["[::1]:90"], "::1", 90, "::1", True),
        (["[::1]:90"], "::1", 91, "::1", False),
        (["[::1]"], "[::1]", 91, "::1", True),
        (["fd00::/8"], "x", 80, "fd00::5", True),
        (["", " ", "http://ci.lan", "10.0.0.0/99"], "ci.lan", 80, "10.0.0.7", False),
        ([], "ci.lan", 80, "10.0.0.7", False),
    ],
)
def test_the_allow_list(allow: list[str], host: str, port: int, address: str, fine: bool, settings: Any) -> None:
    settings.OUTGOING_ALLOW = allow
    if fine:
        http_guard.check(host, port, ip_address(address), encrypted=False)
    else:
        error = refusal(lambda: http_guard.check(host, port, ip_address(address), encrypted=False))
        assert error.code == "address_refused"


def test_plain_http_needs_to_be_listed_even_to_a_public_address(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["ci.lan"]
    public = ip_address("1.1.1.1")
    error = refusal(lambda: http_guard.check("api.example", 80, public, encrypted=False))
    assert error.code == "plain_http_refused"
    http_guard.check("api.example", 443, public, encrypted=True)
    settings.OUTGOING_ALLOW = ["1.1.1.0/24"]
    http_guard.check("api.example", 80, public, encrypted=False)


@pytest.mark.parametrize(
    ("host", "port", "encrypted", "shown"),
    [("a", 443, True, "a"), ("a", 80, False, "a"), ("a", 8080, False, "a:8080"), ("::1", 8080, False, "[::1]:8080")],
)
def test_a_refusal_shows_the_host_as_it_would_be_listed(
    host: str, port: int, encrypted: bool, shown: str, settings: Any
) -> None:
    settings.OUTGOING_ALLOW = []
    error = refusal(lambda: http_guard.check(host, port, ip_address("127.0.0.1"), encrypted=encrypted))
    assert error.params["host"] == shown
    settings.OUTGOING_ALLOW = [shown]
    http_guard.check(host, port, ip_address("127.0.0.1"), encrypted=encrypted)


# -- The check is made on the socket that carries the request ---------------------------------------------------------


def names(*answers: list[str]) -> Callable[[str, int], list[Any]]:
    """A name server that gives `answers` in turn, the last one for ever."""
    left = list(answers)

    def resolve(host: str, port: int) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, (address, port)) for address in found]

    return resolve


class Wire:
    """Stands for a socket; remembers where it was told to connect, and may come out elsewhere."""

    went: list[str] = []
    peer: str | None = None

    def __init__(self, *_: Any) -> None:
        self.closed = False

    def setsockopt(self, *_: Any) -> None: ...
    def settimeout(self, *_: Any) -> None: ...

    def connect(self, target: tuple[Any, ...]) -> None:
        self.target = target
        Wire.went.append(target[0])

    def getpeername(self) -> tuple[Any, ...]:
        return (Wire.peer or self.target[0], self.target[1])

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> type[Wire]:
    monkeypatch.setattr(Wire, "went", [])
    monkeypatch.setattr(Wire, "peer", None)
    monkeypatch.setattr(http_guard.socket, "socket", Wire)
    return Wire


def test_a_loopback_host_is_refused_before_a_connection_is_made(hosts: Callable[..., Host], settings: Any) -> None:
    settings.OUTGOING_ALLOW = []
    host = hosts()
    error = refusal(lambda: Client(host.url, SECRET).get("x"))
    assert error.code == "address_refused"
    assert error.permanent
    assert error.params == {"host": f"127.0.0.1:{host.port}", "address": "127.0.0.1"}
    assert host.connections == 0


@pytest.mark.parametrize("spelt", ["localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "127.1"])
def test_no_spelling_of_loopback_gets_through(spelt: str, hosts: Callable[..., Host], settings: Any) -> None:
    settings.OUTGOING_ALLOW = []
    host = hosts()
    error = refusal(lambda: Client(f"http://{spelt}:{host.port}").get("x"))
    assert error.code in ("address_refused", "unknown_host")
    assert host.connections == 0


def test_a_name_that_leads_to_a_private_address_is_refused(
    host: Host, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTGOING_ALLOW = ["10.0.0.0/8"]
    monkeypatch.setattr(http_guard, "resolve", names(["127.0.0.1"]))
    error = refusal(lambda: Client(f"http://nice.example:{host.port}").get("x"))
    assert error.code == "address_refused"
    assert host.connections == 0


def test_one_private_address_beside_a_public_one_is_enough_to_refuse(
    settings: Any, monkeypatch: pytest.MonkeyPatch, wire: type[Wire]
) -> None:
    settings.OUTGOING_ALLOW = []
    monkeypatch.setattr(http_guard, "resolve", names(["1.1.1.1", "10.0.0.1"]))
    error = refusal(lambda: http_guard.connect("nice.example", 443, encrypted=True))
    assert (error.code, error.params["address"]) == ("address_refused", "10.0.0.1")
    assert wire.went == []


def test_a_name_server_that_changes_its_mind_changes_nothing(
    settings: Any, monkeypatch: pytest.MonkeyPatch, wire: type[Wire]
) -> None:
    settings.OUTGOING_ALLOW = []
    monkeypatch.setattr(http_guard, "resolve", names(["1.1.1.1"], ["127.0.0.1"]))
    http_guard.connect("rebind.example", 443, encrypted=True)
    assert wire.went == ["1.1.1.1"]  # what was checked, not what the name means now
    error = refusal(lambda: http_guard.connect("rebind.example", 443, encrypted=True))
    assert error.code == "address_refused"


def test_every_new_connection_is_checked_anew(host: Host, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(http_guard, "resolve", names(["127.0.0.1"], ["10.0.0.1"]))
    client = Client(f"http://rebind.example:{host.port}")
    host.replies = [Reply(headers={"Connection": "close"})]
    client.get("x")
    assert refusal(lambda: client.get("x")).code == "address_refused"
    assert host.connections == 1


def test_the_peer_of_the_socket_is_what_counts(
    settings: Any, monkeypatch: pytest.MonkeyPatch, wire: type[Wire]
) -> None:
    settings.OUTGOING_ALLOW = []
    monkeypatch.setattr(http_guard, "resolve", names(["1.1.1.1"]))
    monkeypatch.setattr(wire, "peer", "192.168.0.9")
    error = refusal(lambda: http_guard.connect("nice.example", 443, encrypted=True))
    assert (error.code, error.params["address"]) == ("address_refused", "192.168.0.9")


def test_the_next_address_is_tried_where_one_does_not_answer(
    host: Host, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTGOING_ALLOW = ["twice.example"]
    monkeypatch.setattr(http_guard, "resolve", names(["::1", "127.0.0.1"]))  # nothing listens on ::1
    assert Client(f"http://twice.example:{host.port}").get("x").data == {"fine": True}


def test_a_host_that_is_down(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    with socket.socket() as taken:  # bound, so nobody else gets the port, and not listening
        taken.bind(("127.0.0.1", 0))
        error = refusal(lambda: Client(f"http://127.0.0.1:{taken.getsockname()[1]}").get("x"))
    assert (error.code, error.permanent) == ("unreachable", False)


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(http_guard.socket, "getaddrinfo", nowhere)
    error = refusal(lambda: Client("https://typo.example").get("x"))
    assert (error.code, error.permanent) == ("unknown_host", False)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "github.com",
        "ftp://github.com",
        "https://",
        "https://u:p@github.com",
        "https://h:99999",
        "http://[::1",
        "//x",
    ],
)
def test_what_is_no_address(address: str) -> None:
    error = refusal(lambda: Client(address))
    assert (error.code, error.permanent) == ("bad_address", True)
    assert "u:p" not in str(error)


def test_no_proxy_and_no_netrc(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert Client(host.url).get("x").data == {"fine": True}
    assert "authorization" not in host.seen[0][1]


# -- TLS ---------------------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """(a server's context, the path of the certificate) for a self-signed certificate of `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both, alone = folder / "both.pem", folder / "certificate.pem"
    both.write_bytes(pem + private)
    alone.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, str(alone)


def test_tls_verifies_the_name_that_was_asked_for_though_the_address_was_checked(
    hosts: Callable[..., Host], settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(http_guard, "resolve", names(["127.0.0.1"]))
    context, bundle = certificate(tmp_path, "right.example")
    host = hosts(context)
    right = Client(f"https://right.example:{host.port}", SECRET, ca_bundle=bundle)
    assert right.get("x").data == {"fine": True}
    assert right.get("x").data == {"fine": True}
    wrong = Client(f"https://wrong.example:{host.port}", SECRET, ca_bundle=bundle)
    error = refusal(lambda: wrong.get("x"))
    assert (error.code, error.permanent) == ("tls", True)
    unknown = Client(f"https://right.example:{host.port}", SECRET)
    assert refusal(lambda: unknown.get("x")).code == "tls"
    assert len(host.seen) == 2  # nobody else got a request, so nobody got the token


def test_a_host_that_speaks_no_tls(host: Host) -> None:
    assert refusal(lambda: Client(f"https://127.0.0.1:{host.port}", SECRET).get("x")).code == "tls"
    assert host.seen == []


# -- Where the token goes ---------------------------------------------------------------------------------------------


def test_a_redirect_within_the_origin_keeps_the_token(host: Host) -> None:
    host.replies = [Reply(301, b"", {"Location": "/repositories/7?page=2"}), Reply(302, b"{}", {"Location": "../x"})]
    response = Client(host.url, SECRET).get("repos/a/b", {"page": 2})
    assert [path for path, _ in host.seen] == ["/repos/a/b?page=2", "/repositories/7?page=2", "/x"]
    assert all(headers["authorization"] == SECRET["Authorization"] for _, headers in host.seen)
    assert response.url == f"{host.url}/x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_refused(status: int, hosts: Callable[..., Host], host: Host) -> None:
    other = hosts()  # the same host, another port
    host.replies = [Reply(status, b"", {"Location": f"{other.url}/steal"})]
    error = refusal(lambda: Client(host.url, SECRET).get("x"))
    assert (error.code, error.permanent) == ("redirected_elsewhere", True)
    assert error.params == {"host": f"127.0.0.1:{host.port}", "to": f"127.0.0.1:{other.port}"}
    assert other.connections == 0


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1:{port}/x",
        "http://localhost:{port}/x",
        "//elsewhere.example/x",
        "http://127.0.0.1.evil.example/",
    ],
)
def test_what_counts_as_another_origin(target: str, host: Host) -> None:
    host.replies = [Reply(302, b"", {"Location": target.format(port=host.port)})]
    assert refusal(lambda: Client(host.url, SECRET).get("x")).code == "redirected_elsewhere"
    assert len(host.seen) == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://user:pw@127.0.0.1:{port}/x", "gopher://127.0.0.1/"])
def test_a_redirect_to_something_odd_is_refused(target: str, host: Host) -> None:
    host.replies = [Reply(302, b"", {"Location": target.format(port=host.port)})]
    error = refusal(lambda: Client(host.url, SECRET).get("x"))
    assert error.code in ("bad_address", "redirected_elsewhere")
    assert "pw" not in str(error)


def test_redirects_come_to_an_end(host: Host) -> None:
    host.replies = [Reply(302, b"", {"Location": "/round"}) for _ in range(20)]
    assert refusal(lambda: Client(host.url).get("x")).code == "too_many_redirects"
    assert len(host.seen) == 6


def test_a_page_link_to_another_origin_is_refused(hosts: Callable[..., Host], host: Host) -> None:
    other = hosts()
    host.replies = [Reply(headers={"Link": f'<{other.url}/x?page=2>; rel="next", <{host.url}/x?page=9>; rel="last"'})]
    client = Client(host.url, SECRET)
    link = client.get("x").next_url
    assert link == f"{other.url}/x?page=2"
    assert refusal(lambda: client.get(str(link))).code == "redirected_elsewhere"
    assert other.connections == 0


def test_a_page_link_within_the_origin_is_followed_as_it_stands(host: Host) -> None:
    host.replies = [Reply(headers={"Link": '</x?after=A%2BB%3D&page=2>; rel="next"'})]
    client = Client(f"{host.url}/api/v3", SECRET)
    assert client.get("/x").next_url == f"{host.url}/x?after=A%2BB%3D&page=2"
    client.get(f"{host.url}/x?after=A%2BB%3D&page=2")
    assert [path for path, _ in host.seen] == ["/api/v3/x", "/x?after=A%2BB%3D&page=2"]


@pytest.mark.parametrize("link", ["", "nonsense", '<>; rel="next"', '<http://a/>; rel="prev"', ",,;;=<"])
def test_no_next_page(link: str, host: Host) -> None:
    host.replies = [Reply(headers={"Link": link})]
    assert Client(host.url).get("x").next_url is None


def test_the_token_is_never_logged_or_shown(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    host.replies = [Reply(500), Reply(401, b'{"message": "Bad credentials"}')]
    client = Client(host.url, SECRET)
    error = refusal(lambda: client.get("x"))
    assert caplog.records
    for text in (caplog.text, repr(client), str(error), repr(error), json.dumps(error.params)):
        assert TOKEN not in text


def test_cookies_are_not_kept(host: Host) -> None:
    host.replies = [Reply(headers={"Set-Cookie": "session=1; Path=/"})]
    client = Client(host.url)
    client.get("x")
    client.get("x")
    assert "cookie" not in host.seen[1][1]


def test_a_token_with_characters_that_no_token_has(host: Host) -> None:
    for token in ("two\nlines", "日本語"):
        assert refusal(lambda: Client(host.url, {"Authorization": f"Bearer {token}"}).get("x")).code == "unauthorised"  # noqa: B023
    assert host.seen == []


# -- Bounds ------------------------------------------------------------------------------------------------------------


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


# -- Faults that pass --------------------------------------------------------------------------------------------------

PASSING = {
    "500": Reply(500),
    "502 with a page": Reply(502, b"<html>", {"Content-Type": "text/html"}),
    "dropped": Reply(body=b'{"fi', length=99),
    "dropped at once": Reply(raw=lambda _: None),
    "half of it": Reply(body=b'{"fine": tr'),
    "a page": Reply(body=b"<!DOCTYPE html><html>", headers={"Content-Type": "text/html"}),
    "bad gzip": Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
    "not text": Reply(body=b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("times", [1, 2])
def test_what_passes_is_tried_again(kind: str, times: int, host: Host, naps: list[float]) -> None:
    host.replies = [PASSING[kind]] * times
    client = Client(host.url)
    assert client.get("x").data == {"fine": True}
    assert client.requests_made == len(host.seen) == times + 1
    assert len(naps) == times
    assert all(0 < nap < 2 for nap in naps)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("500", "server_error"),
        ("502 with a page", "server_error"),
        ("dropped", "dropped"),
        ("dropped at once", "dropped"),
        ("half of it", "bad_answer"),
        ("a page", "not_json"),
        ("bad gzip", "dropped"),
        ("not text", "bad_answer"),
    ],
)
def test_what_does_not_pass_is_given_up_after_three_tries(kind: str, code: str, host: Host) -> None:
    host.replies = [PASSING[kind]] * 5
    error = refusal(lambda: Client(host.url).get("x"))
    assert (error.code, error.permanent, len(host.seen)) == (code, False, 3)
    assert error.params["host"] == f"127.0.0.1:{host.port}"


def test_deeply_nested_json_is_a_bad_answer(host: Host) -> None:
    host.replies = [Reply(body=b"[" * 200_000)] * 3
    assert refusal(lambda: Client(host.url).get("x")).code == "bad_answer"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, b'{"message": "Bad credentials"}', "unauthorised"),
        (403, b'{"message": "Must have admin rights"}', "forbidden"),
        (404, b"<html>Not found</html>", "not_found"),
        (410, b"{}", "gone"),
        (422, b'{"message": "Validation Failed"}', "refused"),
        (400, b'["odd"]', "refused"),
        (301, b"{}", "refused"),  # without a Location
    ],
)
def test_refusals_are_not_tried_again(status: int, body: bytes, code: str, host: Host, naps: list[float]) -> None:
    host.replies = [Reply(status, body)]
    error = refusal(lambda: Client(host.url).get("x"))
    assert (error.code, error.permanent, error.params["status"]) == (code, True, status)
    assert (len(host.seen), naps) == (1, [])


def test_a_connector_may_know_better_what_a_refusal_means(host: Host) -> None:
    host.replies = [Reply(403, b'{"message": "no"}', {"X-Needs": "read"})]

    def explain(status: int, headers: Any, data: Any) -> tuple[str, dict[str, Any]] | None:
        return "missing_scope", {"needs": headers["X-Needs"], "said": data["message"]}

    error = refusal(lambda: Client(host.url, explain=explain).get("x"))
    assert (error.code, error.params["needs"], error.params["said"]) == ("missing_scope", "read", "no")


# -- Limits ------------------------------------------------------------------------------------------------------------


def limited(status: int, date: datetime = NOON, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, b'{"message": "slow down"}', {"Date": format_datetime(date, usegmt=True), **named})


def epoch(at: datetime) -> str:
    return str(int(at.timestamp()))


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (limited(429, Retry_After="2"), 2),
        (limited(403, Retry_After="3"), 3),
        (limited(503, Retry_After="4"), 4),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON + timedelta(seconds=5))), 5),
        (limited(429, Retry_After=format_datetime(NOON + timedelta(seconds=2), usegmt=True)), 2),
        (limited(429, Retry_After="0"), 1),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON - timedelta(hours=1))), 1),
    ],
)
def test_a_short_wait_is_slept_through(reply: Reply, wait: float, host: Host, naps: list[float]) -> None:
    host.replies = [reply]
    with clock.at(NOON):
        assert Client(host.url).get("x").data == {"fine": True}
    assert naps == [wait]


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (limited(429, Retry_After="6"), 6),
        (limited(403, Retry_After="3600"), 3600),
        (limited(503, Retry_After="600"), 600),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON + timedelta(minutes=40))), 2400),
        (limited(429, X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON + timedelta(minutes=40))), 2400),
        (limited(429, Retry_After="90", X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON)), 90),
        (limited(429), 60),
        (limited(429, Retry_After="soon"), 60),
        (limited(403, X_RateLimit_Remaining="0"), 60),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="9" * 15), 60),
        (limited(429, Retry_After="99999999"), 24 * 3600),
        # The host's clock is an hour ahead of ours: what counts is its reset against its own Date.
        (
            limited(
                403,
                NOON + timedelta(hours=1),
                X_RateLimit_Remaining="0",
                X_RateLimit_Reset=epoch(NOON + timedelta(hours=1, seconds=30)),
            ),
            30,
        ),
    ],
)
def test_a_longer_wait_is_handed_back(reply: Reply, wait: float, host: Host, naps: list[float]) -> None:
    host.replies = [reply]
    with clock.at(NOON):
        error = refusal(lambda: Client(host.url).get("x"))
    assert isinstance(error, RateLimited)
    assert error.retry_at == NOON + timedelta(seconds=wait)
    assert error.code == ("server_error" if reply.status == 503 else "rate_limited")
    assert not error.permanent
    assert (len(host.seen), naps) == (1, [])


def test_a_limit_may_be_told_by_its_message_alone(host: Host) -> None:
    host.replies = [Reply(403, b'{"message": "You have exceeded a secondary rate limit."}')]
    assert isinstance(refusal(lambda: Client(host.url).get("x")), RateLimited)


def test_a_403_with_requests_left_is_no_limit(host: Host) -> None:
    host.replies = [limited(403, X_RateLimit_Remaining="10", X_RateLimit_Reset=epoch(NOON))]
    assert refusal(lambda: Client(host.url).get("x")).code == "forbidden"


def test_short_waits_come_to_an_end(host: Host, naps: list[float]) -> None:
    host.replies = [limited(429, Retry_After="1")] * 9
    assert isinstance(refusal(lambda: Client(host.url).get("x")), RateLimited)
    assert (len(host.seen), len(naps)) == (4, 3)


# -- What a client counts ----------------------------------------------------------------------------------------------


def test_conditional_requests_and_counts(host: Host) -> None:
    rate = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": epoch(NOON)}
    host.replies = [
        Reply(headers={"ETag": 'W/"1"', **rate}),
        Reply(304, b"", rate),
        Reply(301, b"", {"Location": "/y"}),
    ]
    client = Client(host.url)
    first = client.get("x")
    assert (first.etag, first.not_modified, first.json()) == ('W/"1"', False, {"fine": True})
    second = client.get("x", etag=first.etag)
    assert host.seen[1][1]["if-none-match"] == 'W/"1"'
    assert (second.not_modified, second.json()) == (True, None)
    client.get("x")
    assert "if-none-match" not in host.seen[2][1]
    assert (client.requests_made, client.not_modified) == (4, 1)
    assert client.rate is not None
    assert (client.rate.limit, client.rate.remaining, client.rate.reset) == (5000, 4999, NOON)


def test_a_host_without_limit_headers(host: Host) -> None:
    client = Client(host.url)
    client.get("x")
    assert client.rate is None


def test_an_empty_answer(host: Host) -> None:
    host.replies = [Reply(204, b"")]
    assert Client(host.url).get("x").data is None


def test_connections_are_used_again(host: Host) -> None:
    with Client(host.url) as client:
        for _ in range(5):
            client.get("x")
    assert host.connections == 1


# -- Sentences ---------------------------------------------------------------------------------------------------------


def test_every_code_has_a_sentence_and_is_permanent_or_not() -> None:
    assert set(SENTENCES) == PERMANENT | TEMPORARY
    assert not PERMANENT & TEMPORARY


@pytest.mark.parametrize("code", [*sorted(PERMANENT | TEMPORARY), "never heard of"])
def test_sentences(code: str) -> None:
    params = {name: f"<{name}>" for name in ("host", "address", "to", "status", "said", "needs", "limit")}
    with translation.override("en"):
        full, bare = sentence(code, params), sentence(code)
    assert "%(" not in full + bare
    assert "<host>" in full
    assert full.endswith(".")


def test_the_refusal_of_an_address_names_the_setting() -> None:
    with translation.override("en"):
        assert "OUTGOING_ALLOW" in sentence("address_refused", {"host": "ci.lan", "address": "10.0.0.1"})
        assert "OUTGOING_ALLOW" in sentence("plain_http_refused", {"host": "ci.lan"})
