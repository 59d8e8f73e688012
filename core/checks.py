"""What `check --deploy` says beyond Django's own list; a start in production says it too."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

PLAIN = Warning(
    "PORTAL_URL is plain http: passwords, sessions and tokens cross the network readable by everybody on the way.",
    hint="Put a proxy with TLS in front and write https:// into PORTAL_URL.",
    id="portal.W001",
)
NO_PROXY = Warning(
    "PORTAL_URL is https and TRUSTED_PROXIES is 0: it takes every request for unencrypted and every client for the proxy.",
    hint="Set TRUSTED_PROXIES to the number of proxies in front, usually 1.",
    id="portal.W002",
)


@register(Tags.security, deploy=True)
def front(**_: Any) -> list[CheckMessage]:
    if not settings.FRONT.encrypted and not settings.FRONT.stays_on_this_machine:
        return [PLAIN]
    return [NO_PROXY] if settings.FRONT.encrypted and not settings.TRUSTED_PROXIES else []
