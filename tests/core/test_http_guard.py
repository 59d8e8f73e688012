"""The guard of outgoing requests against everything that an address can be called; the rest is in test_http_addresses.py."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from connectors.github.address import parse_address
from core import http, http_guard
from core.http import Client, OutgoingError
from tests.core.http_host import Host, Reply, names, refusal

TOKEN = {"Authorization": "Bearer never-to-be-sent"}


@pytest.fixture
def host(hosts: Callable[..., Host], settings: Any) -> Host:
    """A host on 127.0.0.1, which nothing lists."""
    settings.OUTGOING_ALLOW = []
    return hosts()


# What follows reaches 127.0.0.1 if anything does: by the C library, by a browser's rules, or by a careless parser.
LOOPBACK = {
    "plain": "127.0.0.1",
    "another of the network": "127.8.9.10",
    "name": "localhost",
    "capitals": "LOCALHOST",
    "name with a dot": "localhost.",
    "address with a dot": "127.0.0.1.",
    "short": "127.1",
    "shorter": "127.0.1",
    "decimal": "2130706433",
    "octal": "0177.0.0.1",
    "octal with more zeros": "00000177.0.0.01",
    "one octal number": "017700000001",
    "hexadecimal": "0x7f.0.0.1",
    "one hexadecimal number": "0x7f000001",
    "mixed": "0x7f.0.1",
    "too large, so that it wraps": "4294967297",
    "zero": "0",
    "zeros": "0.0.0.0",
    "full-width digits": "１２７.０.０.１",
    "ideographic dots": "127。0。0。1",
    "half-width dots": "127｡0｡0｡1",
    "circled digits": "①②⑦.⓪.⓪.①",
    "full-width letters": "ｌｏｃａｌｈｏｓｔ",
    "soft hyphen": "local\xadhost",
    "escaped": "%31%32%37.0.0.1",
    "escaped dot": "127%2e0.0.1",
    "IPv6": "[::1]",
    "IPv6 in full": "[0:0:0:0:0:0:0:1]",
    "IPv6, nothing": "[::]",
    "IPv6, mapped": "[::ffff:127.0.0.1]",
    "IPv6, mapped, in hex": "[::ffff:7f00:1]",
    "IPv6, compatible": "[::127.0.0.1]",
    "IPv6, translated": "[::ffff:0:127.0.0.1]",
    "IPv6, NAT64": "[64:ff9b::127.0.0.1]",
    "IPv6, a network's own NAT64": "[64:ff9b:1::127.0.0.1]",
    "IPv6, 6to4": "[2002:7f00:1::1]",
    "IPv6, Teredo": "[2001:0:7f00:1::]",
    "IPv6, ISATAP": "[2600::5efe:127.0.0.1]",
    "IPv6 with a zone": "[fe80::1%25lo]",
    "IPv6 with a bare zone": "[::1%lo]",
    "IPv4 in brackets": "[127.0.0.1]",
    "IPv6 with a future version": "[v1.::1]",
    "a name before it": "api.github.com@127.0.0.1",
    "name and password": "api.github.com:443@127.0.0.1",
    "an escaped name before it": "api.github.com%40127.0.0.1",
    "a backslash": "127.0.0.1\\@api.github.com",
    "a fragment": "127.0.0.1#@api.github.com",
    "a question": "127.0.0.1?@api.github.com",
    "a tab": "127.0.\t0.1",
    "a line end": "127.0.0.1\n",
    "a blank": " 127.0.0.1",
    "a NUL": "127.0.0.1\x00.example.com",
    "punycode of nothing": "xn--127.0.0.1-.",
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("spelt", LOOPBACK.values(), ids=LOOPBACK.keys())
def test_no_spelling_reaches_this_machine(spelt: str, scheme: str, host: Host) -> None:
    error = refusal(lambda: Client(f"{scheme}://{spelt}:{host.port}", TOKEN).get("x"))
    assert error.code in ("address_refused", "unknown_host", "bad_address", "user_in_address"), error.code
    assert (host.connections, host.seen) == (0, [])


@pytest.mark.parametrize("spelt", LOOPBACK.values(), ids=LOOPBACK.keys())
def test_a_redirect_to_any_spelling_stays_here(spelt: str, hosts: Callable[..., Host], settings: Any) -> None:
    """The first host is listed by host and port; what it leads to is another origin or another address."""
    if any(not character.isprintable() or not character.isascii() for character in spelt):
        return  # no header can say it
    first, second = hosts(), hosts()
    settings.OUTGOING_ALLOW = [f"127.0.0.1:{first.port}"]
    for target in (f"http://{spelt}:{second.port}/", f"//{spelt}:{second.port}/", f"https://{spelt}:{second.port}/"):
        first.replies = [Reply(302, b"", {"Location": target})]
        with pytest.raises(OutgoingError):
            Client(first.url, TOKEN).get("x")
    assert (second.connections, second.seen) == (0, [])


# What a name server may answer; each is one address that a name has.
PRIVATE = """
127.0.0.1 10.0.0.1 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 255.255.255.255 192.0.0.192 198.18.0.1 224.0.0.1
::1 :: fe80::1 fc00::1 fd00:ec2::254 ff02::1 fec0::1 ::ffff:10.0.0.1 ::ffff:0:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1 100::1
2001:db8::1 2001:2::1 2002:a00:1::1 2002:c0a8:1::1 2001:0:a00:1::1 2600::5efe:10.0.0.1 2600::200:5efe:192.168.0.1
3fff::1 5f00::1 4000::1 ::a00:1 2001:10::1
"""
SPECIAL = PRIVATE.split()


@pytest.mark.parametrize("address", SPECIAL)
@pytest.mark.parametrize("place", ["alone", "first", "last"])
def test_a_name_with_such_an_address_is_refused(
    address: str, place: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTGOING_ALLOW = []
    public = ["1.1.1.1", "2606:4700::1111"]
    answer = {"alone": [address], "first": [address, *public], "last": [*public, address]}[place]
    monkeypatch.setattr(http_guard, "resolve", names(answer))
    monkeypatch.setattr(http_guard.socket, "socket", _no_socket)
    error = refusal(lambda: http_guard.connect("nice.example", 443, encrypted=True))
    assert (error.code, ip_address(error.params["address"])) == ("address_refused", ip_address(address))


def _no_socket(*_: Any) -> socket.socket:
    raise AssertionError("a socket was made")


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "140.82.121.6", "2606:4700::1111", "2a01:4f8::1", "2002:101:101::1", "2600::5efe:1.1.1.1"]
)
def test_the_internet_is_not_refused(address: str) -> None:
    assert http_guard.is_public(ip_address(address))


# -- What is listed opens nothing else ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow", "host_name", "address", "fine"),
    [
        ("ghe.lan", "ghe.lan", "10.0.0.1", True),
        ("ghe.lan", "GHE.LAN.", "10.0.0.1", True),
        ("ghe.lan", "ghe。lan", "10.0.0.1", False),
        ("ghe.lan", "ｇｈｅ.lan", "10.0.0.1", False),
        ("ghe.lan", "xghe.lan", "10.0.0.1", False),
        ("ghe.lan", "ghe.lan..", "10.0.0.1", True),  # no name at all: it resolves to nothing
        ("10.0.0.0/8", "any.lan", "::ffff:10.0.0.1", True),
        ("10.0.0.0/8", "any.lan", "64:ff9b::10.0.0.1", False),
        ("10.0.0.0/8", "any.lan", "2002:a00:1::1", False),
        ("10.0.0.0/8", "any.lan", "2600::5efe:10.0.0.1", False),
        ("10.0.0.1", "any.lan", "10.0.0.2", False),
        ("0.0.0.0/0", "any.lan", "::1", False),
        ("::/0", "any.lan", "127.0.0.1", False),
    ],
)
def test_the_list(allow: str, host_name: str, address: str, fine: bool, settings: Any) -> None:
    settings.OUTGOING_ALLOW = [allow]
    if fine:
        http_guard.check(host_name, 443, ip_address(address), encrypted=True)
    else:
        error = refusal(lambda: http_guard.check(host_name, 443, ip_address(address), encrypted=True))
        assert error.code == "address_refused"


# -- Every library's way out --------------------------------------------------------------------------------------------


def test_a_proxy_of_the_environment_gets_nothing(
    hosts: Callable[..., Host],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy, host = hosts(), hosts()
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    settings.OUTGOING_ALLOW = [f"127.0.0.1:{host.port}"]
    assert Client(host.url, TOKEN).get("x").data == {"fine": True}
    settings.OUTGOING_ALLOW = []
    assert refusal(lambda: Client(host.url, TOKEN).get("x")).code == "address_refused"
    assert refusal(lambda: Client("https://10.0.0.1", TOKEN).get("x")).code == "address_refused"
    assert proxy.connections == 0


@pytest.mark.parametrize("spelt", LOOPBACK.values(), ids=LOOPBACK.keys())
def test_what_is_typed_as_a_repository_s_address_leads_nowhere_either(spelt: str, host: Host) -> None:
    try:
        address = parse_address(f"https://{spelt}:{host.port}/acme/shop", "")
    except ValueError:
        return
    with pytest.raises(OutgoingError):
        Client(address.base_url, TOKEN).get("x")
    assert host.connections == 0


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "sleep", lambda _: None)
