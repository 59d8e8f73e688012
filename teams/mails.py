"""Mails about a person's address. Without a mail server none leaves."""

from __future__ import annotations

from allauth.account.adapter import get_adapter

from teams.models import Person


def offer_address(person: Person, email: str, link: str) -> None:
    """The link to the new address; or word to whoever has that address already, and no link."""
    taken = Person.objects.with_address(email).exists()
    context = {"person": person, "link": "" if taken else link, "email": email}
    get_adapter().send_mail("account/email/move", email, context)


def tell_old_address(before: str, after: str) -> None:
    get_adapter().send_mail("account/email/moved", before, {"email": after})
