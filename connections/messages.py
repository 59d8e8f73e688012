"""Sentences for what happened to a sync: what it was and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connections.schedule import NotNow
from core import http_messages

PROBLEMS: dict[str, Promise | str] = {
    "no_token": _("There is no token for this connection. Enter one, and reading goes on."),
    "undecryptable": _(
        "The stored token can no longer be read, because the portal's encryption key was changed. Enter the token again, "
        "or let an administrator put the old key back into ENCRYPTION_KEYS."
    ),
    "other_repository": _(
        "The name stands for another repository by now: the one that was read was deleted, or moved without a trace. "
        "Nothing more is read; connect the new one as another repository."
    ),
    "internal": _(
        "The portal made a mistake while it was reading. Nothing stored was lost, and it tries again. "
        "An administrator finds the details in the worker's log."
    ),
}

TRY_YOURSELF: dict[str, Promise | str] = {
    **http_messages.TRY_YOURSELF,
    "not_json": _("%(host)s answered with a web page instead of data. Check that the address is that of the API."),
    "rate_limited": _("The request limit of this token at %(host)s is used up. Try again later, or use another token."),
}

ASIDE: dict[str, Promise | str] = {
    "missing_instant": _("The host sent it without a time that the portal needs."),
    "missing_value": _("The host sent it without a value that the portal needs."),
    "unknown_value": _("The host sent a value that the portal does not know."),
    "gone": _("The host no longer has it."),
}
ASIDE_OTHER = _("The portal could not understand it.")

NOT_NOW: dict[str, Promise | str] = {
    "running": _("A sync is already running."),
    "waiting": _("The host's request limit is used up. Reading goes on by itself as soon as the host allows it."),
    "needs_token": _("Enter a new token first; nothing can be read without one."),
    "paused": _("Reading is paused. Resume it first."),
    "disconnected": _("This repository is disconnected. Connect it again to read it."),
    "sample": _("This repository belongs to the sample organisation: there is nothing to read."),
}


def problem(code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence for a run's error code; plain text, it may quote the host."""
    return str(PROBLEMS[code]) if code in PROBLEMS else http_messages.sentence(code, params)


def refusal(code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence for a look that a person asked for; plain text, it may quote the host."""
    if code in TRY_YOURSELF:
        return str(TRY_YOURSELF[code]) % {"host": "", "status": "", **(params or {})}
    return problem(code, params)


def aside(reason: str) -> str:
    return str(ASIDE.get(reason, ASIDE_OTHER))


def not_now(refusal: NotNow) -> str:
    return str(NOT_NOW[refusal.reason])
