"""What proxies say about a request: set right before anything else reads it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Headers with which somebody in front, or somebody who pretends to be, says who really asks. Libraries believe some of them.
_SAYINGS = frozenset(
    {
        "HTTP_CF_CONNECTING_IP",
        "HTTP_CLIENT_IP",
        "HTTP_FASTLY_CLIENT_IP",
        "HTTP_FORWARDED",
        "HTTP_FORWARDED_FOR",
        "HTTP_TRUE_CLIENT_IP",
        "HTTP_VIA",
        "HTTP_X_CLIENT_IP",
        "HTTP_X_CLUSTER_CLIENT_IP",
        "HTTP_X_REAL_IP",
    }
)
FOR, PROTO = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"


def _hop(said: str, proxies: int) -> str:
    """What the outermost trusted proxy wrote: each one adds on the right, so the rest is whatever the client liked to send."""
    hops = said.split(",")
    return hops[-proxies].strip() if len(hops) >= proxies else ""


def _address(text: str) -> str:
    """The IP address in it, which some proxies write with a port; "" if there is none."""
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""


def believe(meta: dict[str, Any], proxies: int) -> None:
    """Leave in `meta` only what `proxies` trusted proxies said: REMOTE_ADDR is the client, one word for the protocol.

    With 0 nothing is believed. Everything else that claims to know more goes, so that no library can believe it.
    """
    address = _address(_hop(meta.get(FOR, ""), proxies)) if proxies else ""
    said = meta.get(PROTO, "")
    # Most proxies replace the protocol, some add to it; one word alone is therefore the last proxy's.
    protocol = (said if "," not in said else _hop(said, proxies)).strip().lower() if proxies else ""
    for name in [name for name in meta if name.startswith("HTTP_X_FORWARDED") or name in _SAYINGS]:
        del meta[name]
    if address:
        meta["REMOTE_ADDR"] = address
    if protocol in ("http", "https"):
        meta[PROTO] = protocol


class ProxyMiddleware:
    """Settles who asks and by which protocol."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        believe(request.META, settings.TRUSTED_PROXIES)
        return self.respond(request)
