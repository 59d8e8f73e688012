"""Where outgoing requests may go: which addresses are public, and that the very socket of a request is checked."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from core import http_guard
from core.http import Client
from core.http_messages import sentence
from tests.core.http_host import SECRET, Host, Reply, names, refusal

pytestmark = pytest.mark.usefixtures("naps")


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
        "https://h:99999",
        "http://[::1",
        "//x",
    ],
)
def test_what_is_no_address(address: str) -> None:
    error = refusal(lambda: Client(address))
    assert (error.code, error.permanent) == ("bad_address", True)


@pytest.mark.parametrize("address", ["https://u:p@github.com", "https://u:p@github.com/x", "http://u@github.com"])
def test_an_address_holds_no_name_and_no_password(address: str) -> None:
    error = refusal(lambda: Client(address))
    assert (error.code, error.permanent) == ("user_in_address", True)
    assert "leave out what stands before “@github.com”" in sentence(error.code, error.params)
    assert "u:p" not in str(error) + sentence(error.code, error.params)


def test_no_proxy_and_no_netrc(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert Client(host.url).get("x").data == {"fine": True}
    assert "authorization" not in host.seen[0][1]
