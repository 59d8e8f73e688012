"""What the status, headers and body of an answer say; `core.http` asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


def decode(body: bytes) -> tuple[bool, Any]:
    """(whether it is readable, the JSON)."""
    if not body.strip():
        return True, None
    try:
        return True, json.loads(body)
    except (ValueError, RecursionError):
        return False, None


def looks_like_a_page(headers: Mapping[str, str], body: bytes) -> bool:
    return "html" in headers.get("Content-Type", "").lower() or body.lstrip()[:1] == b"<"


def said(data: Any) -> str:
    """The host's own message, short."""
    message = data.get("message") if isinstance(data, dict) else None
    return message[:200] if isinstance(message, str) else ""


def words(headers: Mapping[str, str], body: bytes) -> str:
    """What a host says without JSON, on one line; "" of a page."""
    return "" if looks_like_a_page(headers, body) else " ".join(body[:1000].decode(errors="replace").split())


def is_limit(status: int, headers: Mapping[str, str], said: str) -> bool:
    """429 always; 403 where the window is used up, a wait is named, or the message says so (GitHub's second limit)."""
    if status == 429:
        return True
    if status != 403:
        return False
    used_up = headers.get("X-RateLimit-Remaining", "").strip() == "0"
    return used_up or "Retry-After" in headers or "rate limit" in said.lower() or "abuse detection" in said.lower()


def number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def epoch(text: str | None) -> datetime | None:
    found = number(text)
    try:
        return None if found is None else datetime.fromtimestamp(found, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def http_date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
