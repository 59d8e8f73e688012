"""Why a new token or address was refused, told alike by the page and by the API."""

from __future__ import annotations

from django.utils.translation import gettext as _

from connections import messages, services
from connections.models import Credential
from core.crypto import Undecryptable
from core.http import OutgoingError

TOKEN_CODES = frozenset({"unauthorised", "missing_scope", "forbidden"})
# What services.change_access refuses, but for a stale edit.
REFUSED = (
    OutgoingError,
    services.TokenNeeded,
    services.OtherRepository,
    services.Claimed,
    Credential.DoesNotExist,
    Undecryptable,
)


def told(error: Exception) -> tuple[str, str]:
    """(field, sentence): at the token or at the address, whichever can be put right."""
    if isinstance(error, OutgoingError):
        return "token" if error.code in TOKEN_CODES else "base_url", messages.refusal(error.code, error.params)
    if isinstance(error, services.TokenNeeded):
        return "token", _("This is another host. The stored token is not sent there: enter one for it.")
    if isinstance(error, services.OtherRepository):
        return "base_url", _("The repository of this name at this address is another one than was read so far.")
    if isinstance(error, services.Claimed):
        return "base_url", _("The team %(team)s reads this repository already.") % {"team": error.team}
    return "token", messages.problem("no_token" if isinstance(error, Credential.DoesNotExist) else "undecryptable")
