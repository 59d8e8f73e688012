"""Understanding a repository's address as people paste it."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from connectors.records import Address

API = "https://api.github.com"
PUBLIC = frozenset({"github.com", "www.github.com", "api.github.com"})
# First parts of a path on github.com that are pages of the host, not owners.
_PAGES = (
    "about apps collections enterprise explore features login marketplace new notifications orgs organizations "
    "pricing search security settings signup sponsors stars topics trending users"
)
NOT_OWNERS = frozenset(_PAGES.split())
_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_SCP = re.compile(r"(?:[\w.-]+@)(?P<host>[\w.-]+):(?!//)(?P<path>[^\s]+)")  # git@github.com:owner/name.git


def parse_address(text: str, base_url: str = "") -> Address:
    """The API's address and owner/name. Raises ValueError with a code.

    Codes: `empty`, `not_an_address`, `unsupported_scheme`, `no_repository`, `bad_base_url`. A name or password standing
    in the pasted address is dropped.
    """
    text = text.strip()
    base_url = base_url.strip()
    if not text:
        raise ValueError("empty")
    parts, path = _split(text)
    repository = _repository(path)
    if base_url:
        return Address(_own_base(base_url), repository)
    return Address(_api_of(parts), repository)


def parse_host(text: str) -> str:
    """The API's address of a host as people type it: "" and "github.com", "https://ghe.example.com" or the API's own.

    Raises ValueError with the code `bad_base_url`.
    """
    text = text.strip()
    if not text:
        return API
    base = _own_base(text if "://" in text else f"https://{text}")
    parts = urlsplit(base)
    return base if parts.path else _api_of(parts)


def web_url(base_url: str) -> str:
    """Where people see what the API at `base_url` tells."""
    parts = urlsplit(base_url)
    host = parts.netloc
    if host == "api.github.com":
        host = "github.com"
    elif host.startswith("api.") and host.endswith(".ghe.com"):
        host = host.removeprefix("api.")
    return f"{parts.scheme}://{host}"


def _split(text: str) -> tuple[SplitResult, str]:
    """(what tells the host, the path). A bare owner/name is taken for one on github.com."""
    scp = _SCP.fullmatch(text)
    if scp:
        return urlsplit(f"https://{scp['host']}"), scp["path"]
    if "://" not in text:
        first = text.split("/", 1)[0]
        text = f"https://{text}" if "." in first or ":" in first else f"https://github.com/{text}"
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  raises ValueError where it is no number
    except ValueError:
        raise ValueError("not_an_address") from None
    if parts.scheme in ("ssh", "git"):
        parts = urlsplit(f"https://{parts.hostname or ''}{parts.path}")
    if parts.scheme not in ("http", "https"):
        raise ValueError("unsupported_scheme")
    if not parts.hostname or re.search(r"\s", parts.netloc):
        raise ValueError("not_an_address")
    return parts, parts.path


def _repository(path: str) -> str:
    pieces = [piece for piece in path.split("/") if piece]
    if pieces[:2] == ["api", "v3"]:
        pieces = pieces[2:]
    if pieces[:1] == ["repos"] and len(pieces) >= 3:  # the address of the API itself
        pieces = pieces[1:]
    if len(pieces) < 2 or pieces[0].lower() in NOT_OWNERS:
        raise ValueError("no_repository")
    owner, name = pieces[0], pieces[1].removesuffix(".git")
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name) or name in (".", ".."):
        raise ValueError("no_repository")
    return f"{owner}/{name}"


def _api_of(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if host in PUBLIC:
        return API
    if host.endswith(".ghe.com"):  # GitHub Enterprise Cloud with data residency
        return f"https://{host}" if host.startswith("api.") else f"https://api.{host}"
    return f"{parts.scheme}://{_netloc(parts)}/api/v3"


def _own_base(text: str) -> str:
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("bad_base_url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("bad_base_url")
    if not port_is_fine or re.search(r"\s", text):
        raise ValueError("bad_base_url")
    if parts.hostname in PUBLIC:
        return API
    return f"{parts.scheme}://{_netloc(parts)}{parts.path.rstrip('/')}"


def _netloc(parts: SplitResult) -> str:
    """Host and port, lower case, without a name or password."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host
