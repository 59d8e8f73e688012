"""Where people reach the portal, and what follows from it: PORTAL_URL is the one knob for hosts, links, cookies and TLS."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mlops_portal.knobs import refuse

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Front:
    """An origin: https://portal.example.com:8443 has the host portal.example.com. Both are empty where none was named."""

    origin: str = ""
    host: str = ""

    @property
    def encrypted(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def stays_on_this_machine(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def front_at(text: str) -> Front | None:
    """The origin that `text` names, as browsers and Django spell it; None if it names none.

    A path is none either: the portal's pages lead to addresses from the root of their host.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:  # UnicodeError is one
        return None
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in _DEFAULT_PORTS or not host or more or set(host) & set("*, \t\r\n\\"):
        return None
    host = f"[{host}]" if ":" in host else host
    shown = host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    return Front(f"{parts.scheme}://{shown}", host)


def front(text: str, *, required: bool) -> Front:
    """The portal's own origin; stops the boot where it must be known and is not."""
    if not text and required:
        refuse("PORTAL_URL is not set: name the address at which people reach the portal, https://portal.example.com.")
    found = front_at(text) if text else Front()
    if found is None:
        refuse(f"PORTAL_URL is “{text}”; it must be an address without a path, such as https://portal.example.com.")
    return found


def hosts_to_answer(front: Front, *, production: bool, listens_on: str) -> list[str]:
    """Host names under which requests are answered.

    In production only PORTAL_URL's. Else this machine's own names too, and with HOST=0.0.0.0 every name, since nobody
    can know what the machine is called in its network; a PORTAL_URL says it.
    """
    if production:
        return [front.host]
    if listens_on in ("0.0.0.0", "::") and not front.host:  # noqa: S104
        return ["*"]
    names = ["localhost", "127.0.0.1", "[::1]", front.host]
    listens_on = f"[{listens_on}]" if ":" in listens_on else listens_on
    return list(dict.fromkeys(filter(None, [*names, listens_on])))


def cookies_and_tls(front: Front, proxies: int) -> dict[str, Any]:
    """Django's settings of cookies, HSTS and the way from http to https for a portal at `front`."""
    made: dict[str, Any] = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None}
    for cookie in ("SESSION", "CSRF", "LANGUAGE"):
        made |= {f"{cookie}_COOKIE_{flag}": value for flag, value in (("HTTPONLY", True), ("SAMESITE", "Lax"))}
        if front.encrypted:
            # Browsers take a cookie of such a name from this very host only, over TLS: no neighbour in the domain plants one.
            made |= {f"{cookie}_COOKIE_SECURE": True, f"{cookie}_COOKIE_NAME": f"__Host-{cookie.lower()}"}
    if front.encrypted:
        made |= {
            "SECURE_HSTS_SECONDS": 60 * 60 * 24 * 365,
            "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
            # Without a trusted proxy nobody says how a request came: each would be sent round in a circle.
            "SECURE_SSL_REDIRECT": proxies > 0,
            "SECURE_SSL_HOST": front.origin.removeprefix("https://"),
            "SECURE_REDIRECT_EXEMPT": [r"^livez$", r"^readyz$"],
        }
    return made
