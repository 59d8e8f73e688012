"""What can go wrong with a mail or a post, as stable codes, and a sentence for each."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import http_messages

GONE = frozenset({"gone", "not_found"})  # nobody takes messages at this address any more

# Of what core/http_messages.py says in words of a token and of a repository.
_SENTENCES: dict[str, Promise | str] = {
    "mail_refused": _("The mail server refused the address. It said: “%(said)s”."),
    "mail_deferred": _("The mail server did not take the mail yet. It said: “%(said)s”. The portal tries again."),
    "mail_server": _(
        "The mail server could not be reached or refused the portal. It said: “%(said)s”. The portal tries again."
    ),
    "too_old": _("It could not be sent for a week, and the portal stopped trying."),
    "failed": _("It could not be made. The worker's log says why; the portal tries again."),
    "plain_http_refused": _(
        "%(host)s would be reached without encryption, and what is posted could be read on the way. Use https://, or let an "
        "administrator add “%(host)s” to OUTGOING_ALLOW."
    ),
    "tls": _(
        "%(host)s could not prove who it is (its certificate was not accepted), so nothing was posted. "
        "Ask its administrator to renew or correct the certificate."
    ),
    "unauthorised": _("%(host)s does not accept the address any more (%(status)s). Make a new one there and enter it."),
    "forbidden": _("%(host)s refuses messages at this address. It said: “%(said)s”."),
    "not_found": _("%(host)s knows nobody at this address any more (404). Make a new one there and enter it."),
    "gone": _("%(host)s says that this address is gone for good (410). Make a new one there and enter it."),
    "refused": _("%(host)s refused the message (%(status)s). It said: “%(said)s”."),
    "redirected_elsewhere": _(
        "%(host)s sends the portal on to %(to)s. Nothing was posted there. If the move is right, enter the new address."
    ),
    "rate_limited": _("%(host)s asks the portal to wait. The messages go on by themselves."),
}

# Of a test message, which is sent once and waits for nothing.
_OF_A_TEST: dict[str, Promise | str] = {
    **http_messages.TRY_YOURSELF,
    "mail_deferred": _("The mail server did not take the mail. It said: “%(said)s”. Try again later."),
    "mail_server": _(
        "The mail server could not be reached or refused the portal. It said: “%(said)s”. Try again later."
    ),
    "rate_limited": _("%(host)s asks the portal to wait. Try again later."),
}


def sentence_of_test(code: str, params: Mapping[str, Any]) -> str:
    """As `sentence`, of a test message that failed: the portal does not try again by itself."""
    return str(_OF_A_TEST[code]) % http_messages.Blank(params) if code in _OF_A_TEST else sentence(code, params)


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """In the reader's language; plain text, to be escaped like all that hosts wrote."""
    if code in _SENTENCES:
        return str(_SENTENCES[code]) % http_messages.Blank(params)
    return http_messages.sentence(code, params) if code else ""


class MailFault(Exception):
    """A mail that was not taken. `permanent`: this address will never take one."""

    def __init__(self, code: str, said: str, *, permanent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.params = {"said": " ".join(said.split())[:300]}
        self.permanent = permanent


def of_mail(error: Exception) -> MailFault:
    """What an exception of smtplib, of the network or of an address that cannot be written means."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        permanent = 500 <= code < 600
        return MailFault("mail_refused" if permanent else "mail_deferred", _answer(code, said), permanent=permanent)
    if isinstance(error, (smtplib.SMTPNotSupportedError, ValueError)):  # an address that this server cannot write
        return MailFault("mail_refused", str(error), permanent=True)
    if isinstance(error, smtplib.SMTPDataError):
        return MailFault("mail_deferred", _answer(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPResponseException):
        return MailFault("mail_server", _answer(error.smtp_code, error.smtp_error))
    return MailFault("mail_server", str(error) or type(error).__name__)


def _answer(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
