"""The link at the end of each mail that ends mails of its kind with one click, without signing in or signing anybody in."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

_SALT = "notices.unsubscribe"
EVERYTHING = ""  # the kind of a link that ends all mail: of a mail with notices of several kinds


@dataclass(frozen=True)
class Unsubscribing:
    person_id: int
    kind: str


def link_for(person_id: int, kind: str) -> str:
    """The path of the link. It never runs out: old mails are kept for years."""
    return reverse("unsubscribe", args=[signing.dumps([person_id, kind], salt=_SALT)])


def read(token: str) -> Unsubscribing | None:
    """What the link is for; None for one that this portal did not make, or made with another SECRET_KEY."""
    try:
        person_id, kind = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Unsubscribing(int(person_id), str(kind))
