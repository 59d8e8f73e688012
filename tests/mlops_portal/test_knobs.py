"""What counts as a host, a network and an address among the settings."""

import pytest

from mlops_portal.knobs import is_host_or_network, is_web_address


@pytest.mark.parametrize(
    "entry",
    ["ghe.lan", "ghe.lan:8443", "ci_1.lan.", "127.0.0.1", "127.0.0.1:80", "10.0.0.0/8", "::1", "[::1]:80", "例え.jp"],
)
def test_a_host_or_network(entry: str) -> None:
    assert is_host_or_network(entry)


@pytest.mark.parametrize("entry", ["", "https://ghe.lan", "ghe.lan/api", "two words", "10.0.0.0/99", "host:port", "*"])
def test_no_host_and_no_network(entry: str) -> None:
    assert not is_host_or_network(entry)


@pytest.mark.parametrize("text", ["https://portal.example.com", "http://127.0.0.1:8000", "https://a.example/portal"])
def test_a_web_address(text: str) -> None:
    assert is_web_address(text)


@pytest.mark.parametrize("text", ["portal.example.com", "ftp://a.example", "https://", "https://a:b", "https://a/?b=c"])
def test_no_web_address(text: str) -> None:
    assert not is_web_address(text)
