"""A sentence for each code of `core.http_errors`: what happened and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Promise | str] = {
    "bad_address": _("“%(host)s” is not an address the portal can use. Give one that starts with https://."),
    "user_in_address": _(
        "The address must hold no user name and no password: leave out what stands before “@%(host)s”."
    ),
    "address_refused": _(
        "%(host)s leads to %(address)s, which is a private or local address. An administrator can allow it by adding "
        "“%(host)s” to OUTGOING_ALLOW and restarting the portal."
    ),
    "plain_http_refused": _(
        "%(host)s would be reached without encryption, and the token could be read on the way. Use https://, or let an "
        "administrator add “%(host)s” to OUTGOING_ALLOW."
    ),
    "unknown_host": _("There is no host called %(host)s. Check the address for a typing error."),
    "unreachable": _(
        "%(host)s cannot be reached at present. Check the address; if it is right, the portal tries again."
    ),
    "dropped": _("%(host)s closed the connection in the middle of its answer. The portal tries again."),
    "tls": _(
        "%(host)s could not prove who it is (its certificate was not accepted), so the token was not sent. "
        "Ask the host's administrator to renew or correct the certificate."
    ),
    "timeout": _("%(host)s did not answer in time. The portal tries again."),
    "unauthorised": _("%(host)s does not accept the token. It may be mistyped, expired or revoked: enter a new one."),
    "forbidden": _("%(host)s refuses to show this to the token. It said: “%(said)s”. Check what the token may read."),
    "missing_scope": _(
        "The token may not read all that is needed; %(host)s asks for the permission “%(needs)s”. "
        "Add it to the token, or enter another token."
    ),
    "not_found": _(
        "%(host)s knows no such repository, or the token may not see it. "
        "Check the address, and that the token has access to it."
    ),
    "gone": _("%(host)s no longer has this; it was switched off or deleted there."),
    "refused": _("%(host)s refused the request (%(status)s). It said: “%(said)s”."),
    "redirected_elsewhere": _(
        "%(host)s sends the portal on to another host, %(to)s. The token was not sent there. "
        "If the move is right, change the connection's address to it and enter the token again."
    ),
    "too_many_redirects": _("%(host)s sends the portal round in circles. Check the address."),
    "rate_limited": _("%(host)s asks the portal to wait because its request limit is used up. It goes on by itself."),
    "server_error": _("%(host)s has a problem of its own (%(status)s). The portal tries again."),
    "not_json": _(
        "%(host)s answered with a web page instead of data. Check that the address is that of the API; "
        "if it is right, the host may be under maintenance, and the portal tries again."
    ),
    "bad_answer": _(
        "%(host)s answered in a form the portal does not understand. Check that the address is that of the API."
    ),
    "too_large": _("%(host)s answered with more than %(limit)s MB at once, so the portal stopped reading."),
}
# While a person waits in front of a form nothing is tried again by itself.
TRY_YOURSELF: dict[str, Promise | str] = {
    "unreachable": _(
        "%(host)s cannot be reached at present. Check the address; if it is right, try again in a moment."
    ),
    "dropped": _("%(host)s closed the connection in the middle of its answer. Try again in a moment."),
    "timeout": _("%(host)s did not answer in time. Try again in a moment."),
    "server_error": _("%(host)s has a problem of its own (%(status)s). Try again in a moment."),
}
# "address_refused" where an address was typed, not a name that leads to one.
OWN_ADDRESS_REFUSED = _(
    "%(address)s is a private or local address. An administrator can allow it by adding “%(host)s” to OUTGOING_ALLOW "
    "and restarting the portal."
)
UNKNOWN = _("Something unexpected happened while talking to %(host)s.")


class Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence for `code` in the reader's language; plain text, to be escaped like all that hosts wrote."""
    known = Blank(params or {})
    said = SENTENCES.get(code, UNKNOWN)
    if code == "address_refused" and str(known["host"]).lstrip("[").startswith(str(known["address"])):
        said = OWN_ADDRESS_REFUSED
    return str(said) % known
