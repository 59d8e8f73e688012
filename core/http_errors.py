"""What can go wrong with an outgoing request, as stable codes. `core.http_messages` has a sentence for each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

# Trying again later by itself cannot help with these: a person must change something first.
PERMANENT = frozenset(
    {
        "bad_address",
        "user_in_address",
        "address_refused",
        "plain_http_refused",
        "tls",
        "unauthorised",
        "forbidden",
        "missing_scope",
        "not_found",
        "gone",
        "refused",
        "redirected_elsewhere",
        "too_many_redirects",
        "too_large",
    }
)
TEMPORARY = frozenset(
    {"unknown_host", "unreachable", "timeout", "dropped", "rate_limited", "server_error", "not_json", "bad_answer"}
)


class OutgoingError(Exception):
    """A request that gave no usable answer.

    `code` is stable, `permanent` says that waiting cannot help, `params` (text and numbers only, fit for JSON, never a
    secret) fills the sentence: `host` always, and by code `address`, `to`, `status`, `said`, `needs`, `limit`.
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params: dict[str, Any] = params
        super().__init__(code, params)

    @property
    def permanent(self) -> bool:
        return self.code in PERMANENT

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.params.items())])


class RateLimited(OutgoingError):
    """The host asks for a wait that is too long to sleep through; go on at `retry_at` (aware, UTC).

    Its code is `rate_limited`, or `server_error` of a host under maintenance that says how long.
    """

    def __init__(self, retry_at: datetime, code: str = "rate_limited", **params: Any) -> None:
        super().__init__(code, retry_at=retry_at.isoformat(), **params)
        self.retry_at = retry_at
