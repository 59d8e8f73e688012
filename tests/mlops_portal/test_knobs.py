"""What counts as a host and a network among the settings."""

import pytest

from mlops_portal.knobs import is_host_or_network


@pytest.mark.parametrize(
    "entry",
    ["ghe.lan", "ghe.lan:8443", "ci_1.lan.", "127.0.0.1", "127.0.0.1:80", "10.0.0.0/8", "::1", "[::1]:80", "例え.jp"],
)
def test_a_host_or_network(entry: str) -> None:
    assert is_host_or_network(entry)


@pytest.mark.parametrize("entry", ["", "https://ghe.lan", "ghe.lan/api", "two words", "10.0.0.0/99", "host:port", "*"])
def test_no_host_and_no_network(entry: str) -> None:
    assert not is_host_or_network(entry)
