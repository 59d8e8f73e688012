"""Mails about a person's address and second factors. Without a mail server none leaves."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from teams.models import Person
from teams.sender import sender

# What became of the second factors, by the action in the audit log: whoever did not do it hears of it.
_CHANGES = {
    "person.app_added": _("An authenticator app was set up."),
    "person.app_removed": _("The authenticator app was removed."),
    "person.passkey_added": _("A passkey was added."),
    "person.passkey_removed": _("A passkey was removed."),
    "person.recovery_codes_made": _("New recovery codes were made; those before no longer work."),
    "person.recovery_code_used": _("Somebody signed in, or confirmed who they are, with a recovery code."),
    "person.second_factors_removed": _("All second factors were removed by a reset of the sign-in."),
}


def offer_address(person: Person, email: str, link: str) -> None:
    """The link to the new address; or word to whoever has that address already, and no link."""
    taken = Person.objects.with_address(email).exists()
    context = {"person": person, "link": "" if taken else link, "email": email}
    get_adapter().send_mail("account/email/move", email, context)


def tell_old_address(before: str, after: str) -> None:
    get_adapter().send_mail("account/email/moved", before, {"email": after})


def tell_of_factors(person: Person, action: str) -> None:
    """Once it is committed, in the language of the person. A mail server that is away undoes nothing of it."""
    email, language, change = person.email, person.language, _CHANGES[action]

    def send() -> None:
        with translation.override(language):
            subject = render_to_string("account/email/factors_subject.txt").strip()
            send_mail(
                subject, render_to_string("account/email/factors_message.txt", {"change": change}), sender(), [email]
            )

    if settings.MAIL_WORKS:  # not by the adapter, which wants a request: a reset may come from the console
        transaction.on_commit(send, robust=True)
