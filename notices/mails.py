"""Mails to people: HTML and text, in the reader's language and time zone. Nothing in them tells whether they were read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notices import unsubscribing, wording
from notices.models import Notice
from teams.models import Person
from teams.sender import sender

LONGEST_SUBJECT = 150  # characters


def as_read_by(person: Person) -> AbstractContextManager[None]:
    return wording.reading(person.language, person.zone)


def of_notices(uid: UUID, person: Person, notices: Sequence[Notice]) -> EmailMultiAlternatives:
    """One mail with these notices, one or more, of one person."""
    kinds = {each.kind for each in notices}
    kind = kinds.pop() if len(kinds) == 1 else unsubscribing.EVERYTHING
    with as_read_by(person):
        told = wording.told(notices)
        subject = told[0].sentence
        if len(told) > 1:
            subject = ngettext("%(n)s notice from the MLOps Portal", "%(n)s notices from the MLOps Portal", len(told))
            subject %= {"n": len(told)}
        context: dict[str, object] = {
            "lines": [(each, absolute(reverse("notice", args=[each.notice.pk]))) for each in told],
            "only": told[0] if len(told) == 1 else None,
            "kinds": wording.kind_titles([kind]),
            "unsubscribe": absolute(unsubscribing.link_for(person.pk, kind)),
        }
        return _mail(uid, person, subject, context)


def test_mail(uid: UUID, person: Person) -> EmailMultiAlternatives:
    with as_read_by(person):
        context: dict[str, object] = {"lines": [], "test": True, "unsubscribe": ""}
        return _mail(uid, person, _("Test message from the MLOps Portal"), context)


def _mail(uid: UUID, person: Person, subject: str, context: dict[str, object]) -> EmailMultiAlternatives:
    context |= {
        "subject": subject,
        "language": person.language,
        "portal": settings.PORTAL_URL,
        "inbox": absolute(reverse("inbox")),
        "preferences": absolute(reverse("account-notices")),
    }
    # The id stays the same however often the mail is sent, so that whoever gets it twice can tell.
    headers = {
        "Message-ID": f"<{uid}@{_host()}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if context["unsubscribe"]:
        headers["List-Unsubscribe"] = f"<{context['unsubscribe']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    text = render_to_string("notices/mail.txt", context)
    made = EmailMultiAlternatives(_short(subject), text, sender(), to=[person.email], headers=headers)
    made.attach_alternative(render_to_string("notices/mail.html", context), "text/html")
    return made


def _short(subject: str) -> str:
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"


def absolute(path: str) -> str:
    """From the setting only: a mail never leads where a request's Host header pointed."""
    return f"{settings.PORTAL_URL}{path}"


def _host() -> str:
    return urlsplit(settings.PORTAL_URL).hostname or "portal.invalid"
