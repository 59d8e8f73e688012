from __future__ import annotations

import pytest

from connectors.github.address import parse_address, web_url
from connectors.records import Address
from connectors.registry import CONNECTORS

API = "https://api.github.com"


@pytest.mark.parametrize(
    ("pasted", "base_url", "repository"),
    [
        ("https://github.com/acme/shop", API, "acme/shop"),
        ("  https://github.com/acme/shop/ \n", API, "acme/shop"),
        ("https://github.com/acme/shop.git", API, "acme/shop"),
        ("https://github.com/acme/shop/tree/main/src?x=1#top", API, "acme/shop"),
        ("https://github.com/acme/shop/actions/runs/77", API, "acme/shop"),
        ("https://github.com//acme//shop", API, "acme/shop"),
        ("http://www.github.com/acme/shop", API, "acme/shop"),
        ("HTTPS://GitHub.com/Acme/Shop", API, "Acme/Shop"),
        ("github.com/acme/shop", API, "acme/shop"),
        ("acme/shop", API, "acme/shop"),
        ("acme/.github", API, "acme/.github"),
        ("acme/shop.py", API, "acme/shop.py"),
        ("git@github.com:acme/shop.git", API, "acme/shop"),
        ("ssh://git@github.com/acme/shop.git", API, "acme/shop"),
        ("ssh://git@ghe.example.com:2222/acme/shop.git", "https://ghe.example.com/api/v3", "acme/shop"),
        ("git://github.com/acme/shop.git", API, "acme/shop"),
        ("https://user:ghp_secret@github.com/acme/shop.git", API, "acme/shop"),
        ("https://api.github.com/repos/acme/shop/issues", API, "acme/shop"),
        ("https://ghe.example.com/acme/shop", "https://ghe.example.com/api/v3", "acme/shop"),
        ("https://ghe.example.com/api/v3/repos/acme/shop", "https://ghe.example.com/api/v3", "acme/shop"),
        ("https://GHE.example.com:8443/acme/shop", "https://ghe.example.com:8443/api/v3", "acme/shop"),
        ("ghe.example.com:8443/acme/shop", "https://ghe.example.com:8443/api/v3", "acme/shop"),
        ("git@ghe.example.com:acme/shop.git", "https://ghe.example.com/api/v3", "acme/shop"),
        ("https://acme.ghe.com/team/shop", "https://api.acme.ghe.com", "team/shop"),
        ("http://127.0.0.1:8090/acme/shop", "http://127.0.0.1:8090/api/v3", "acme/shop"),
        ("http://[::1]:8090/acme/shop", "http://[::1]:8090/api/v3", "acme/shop"),
    ],
)
def test_addresses_as_people_paste_them(pasted: str, base_url: str, repository: str) -> None:
    assert parse_address(pasted) == Address(base_url, repository)
    assert CONNECTORS["github"].parse_address(pasted) == Address(base_url, repository)


@pytest.mark.parametrize(
    ("given", "base_url"),
    [
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
        ("http://127.0.0.1:8090/", "http://127.0.0.1:8090"),
        ("https://GHE.example.com/api/v3/", "https://ghe.example.com/api/v3"),
        ("https://github.com", API),
        ("https://api.github.com/", API),
    ],
)
@pytest.mark.parametrize("pasted", ["https://github.com/acme/shop", "http://127.0.0.1:8090/acme/shop", "acme/shop"])
def test_a_base_url_that_is_given_wins(given: str, base_url: str, pasted: str) -> None:
    assert parse_address(pasted, given) == Address(base_url, "acme/shop")


@pytest.mark.parametrize(
    ("pasted", "base_url", "code"),
    [
        ("", "", "empty"),
        ("   ", "", "empty"),
        ("https://github.com", "", "no_repository"),
        ("https://github.com/acme", "", "no_repository"),
        ("https://github.com/acme/..", "", "no_repository"),
        ("https://github.com/../shop", "", "no_repository"),
        ("https://github.com/orgs/acme", "", "no_repository"),
        ("https://github.com/settings/tokens", "", "no_repository"),
        ("https://github.com/acme/shop%20list", "", "no_repository"),
        ("https://github.com/acme/日本", "", "no_repository"),
        ("acme", "", "no_repository"),
        ("acme/.git", "", "no_repository"),
        ("ftp://github.com/acme/shop", "", "unsupported_scheme"),
        ("file:///etc/passwd", "", "unsupported_scheme"),
        ("https:///acme/shop", "", "not_an_address"),
        ("https://git hub.com/acme/shop", "", "not_an_address"),
        ("https://github.com:port/acme/shop", "", "not_an_address"),
        ("http://[::1/acme/shop", "", "not_an_address"),
        ("acme/shop", "ghe.example.com", "bad_base_url"),
        ("acme/shop", "ftp://ghe.example.com", "bad_base_url"),
        ("acme/shop", "https://u:p@ghe.example.com", "bad_base_url"),
        ("acme/shop", "https://ghe.example.com/api?x=1", "bad_base_url"),
        ("acme/shop", "https://ghe.example.com:x", "bad_base_url"),
        ("acme/shop", "https://", "bad_base_url"),
    ],
)
def test_what_is_no_address_says_why(pasted: str, base_url: str, code: str) -> None:
    with pytest.raises(ValueError, match=f"^{code}$"):
        parse_address(pasted, base_url)


@pytest.mark.parametrize(
    ("base_url", "page"),
    [
        (API, "https://github.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
    ],
)
def test_where_people_look(base_url: str, page: str) -> None:
    assert web_url(base_url) == page
