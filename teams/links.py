"""Addresses that leave the portal: in mails and in links to copy."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


def absolute(request: HttpRequest, name: str, *args: Any) -> str:
    """The whole address of a page: under PORTAL_URL where it is set, else under the host that this request names."""
    path = reverse(name, args=args)
    return f"{settings.PORTAL_URL}{path}" if settings.PORTAL_URL else request.build_absolute_uri(path)
