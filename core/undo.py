"""Undo after an archive, a drop, a removal: one registry, and an offer that holds for as long as the page says.

Whatever takes something away makes an offer, and the page that follows says what happened, with a button and until when:

    return undo.after(request, redirect("team-settings", team.pk), "team.archive", {"team": team.pk, "at": …})

A room says in its `AppConfig.ready` what a kind means: `undo.register(Kind("team.archive", said=…, may=…, take_back=…))`. Taking
back is a service of the room, with its lock, its audit entry and its refusals: what was changed meanwhile is refused with a
sentence. `data` holds ids and plain values, never a person's name or address. What offers no undo stands in tests/undo_table.py
with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core import clock
from core.models import UndoOffer
from core.refusals import Refused

LASTS = timedelta(minutes=10)
MOST = 10  # offers that a session remembers
_KEPT = "undo"  # in the session: which offers pages at which addresses show, the newest first

Data = Mapping[str, Any]


class TooLate(Refused):
    """The time is over, or what stands there now is no longer what the offer was about."""


@dataclass(frozen=True)
class Kind:
    """`said`: what happened, in the reader's language. `may`: whether the person may take it back now. `take_back` restores what
    was there, inside a transaction; Refused where it no longer can. Where it stands there again already it does nothing.
    """

    id: str
    said: Callable[[Data], str]
    may: Callable[[Any, Data], bool]
    take_back: Callable[[Data, Any], None]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.id] = kind


def kinds() -> set[str]:
    return set(_kinds)


def after(request: HttpRequest, response: HttpResponse, kind: str, data: Data) -> HttpResponse:
    """Offer on the page that the answer leads to, to whoever asked and nobody else, to take this back. Nothing for {}: nothing
    was done. KeyError for a kind that nobody answers for.
    """
    if data and response.status_code == HTTPStatus.FOUND:
        page, now = urlsplit(response.headers["Location"]), clock.now()
        made = UndoOffer.objects.create(  # type: ignore[misc]
            kind=_kinds[kind].id,
            person=cast(Any, request.user),  # signed in: they have just changed something
            data=dict(data),
            page=page._replace(fragment="").geturl(),
            made_at=now,
            until=now + LASTS,
        )
        request.session[_KEPT] = [[made.pk, page.path], *request.session.get(_KEPT, [])][:MOST]
    return response


@dataclass(frozen=True)
class Shown:
    """What a page says. `may`: whether it still is for this person to take back; who removed themselves can not."""

    pk: int
    may: bool
    said: str
    until: datetime


def shown(request: HttpRequest) -> Shown | None:
    """The offer that this page shows. Asks the database only on the page that follows, and while there is one."""
    session = getattr(request, "session", None)
    kept = session.get(_KEPT, []) if session is not None else []
    here = [pk for pk, path in kept if path == request.path]
    if not here:
        return None
    open_still = UndoOffer.objects.filter(person=request.user.pk, used_at=None, until__gt=clock.now())
    found = open_still.filter(pk__in=here).order_by("-pk").first()
    if found is None:
        return None
    kind = _kinds[found.kind]
    return Shown(found.pk, kind.may(request.user, found.data), kind.said(found.data), found.until)


def forget(request: HttpRequest, found: UndoOffer) -> None:
    """Show the offer no more: it can no longer be kept."""
    request.session[_KEPT] = [each for each in request.session.get(_KEPT, []) if each[0] != found.pk]


@transaction.atomic
def take_back(found: UndoOffer, *, by: Any) -> None:
    """Restore exactly what was there. Twice is as once. Refused with a sentence if that is no longer possible."""
    locked = UndoOffer.objects.select_for_update().get(pk=found.pk)
    if locked.used_at is not None:
        return
    if clock.now() >= locked.until:
        raise TooLate(_("The time to undo this is over. Nothing was changed."))
    kind = _kinds[locked.kind]
    if not kind.may(by, locked.data):
        raise TooLate(_("You may no longer undo this. Nothing was changed."))
    kind.take_back(locked.data, by)
    locked.used_at = clock.now()
    locked.save(update_fields=["used_at"])


def changed_meanwhile() -> TooLate:
    return TooLate(_("This was changed meanwhile, so it cannot be undone any more. Nothing was changed."))


def prune(before: datetime) -> int:
    """Offers that ended go, whatever is kept longer."""
    return int(UndoOffer.objects.filter(until__lt=clock.now() - LASTS).delete()[0])
