"""Where a person is signed in, and ending that. One row for each session; the session itself is Django's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from core import clock
from teams import security_log
from teams.models import Person

SEEN_EVERY = timedelta(minutes=1)  # "last seen" is no more exact, so that reading pages rarely writes
_AGENT = UserSession._meta.get_field("user_agent").max_length


def note_seen(request: HttpRequest) -> None:
    """Note when, from where and with what this session was used, at most once a minute."""
    key, now = request.session.session_key, clock.now()
    if not key:
        return
    known = UserSession.objects.filter(session_key=key).values_list("user", "last_seen_at").first()
    if known and known[0] == request.user.pk and timedelta(0) <= now - known[1] < SEEN_EVERY:
        return
    used = {
        "user": request.user,
        "ip": get_adapter().get_client_ip(request),
        "user_agent": request.headers.get("User-Agent", "")[:_AGENT],
        "last_seen_at": now,
    }
    UserSession.objects.update_or_create(session_key=key, defaults=used, create_defaults=used | {"created_at": now})


def of(person: Person) -> list[UserSession]:
    """The sessions that are open, the one used last first."""
    rows = UserSession.objects.filter(user=person).order_by("-last_seen_at", "-pk")
    open_keys = set(
        Session.objects.filter(session_key__in=rows.values("session_key"), expire_date__gt=clock.now()).values_list(
            "session_key", flat=True
        )
    )
    return [row for row in rows if row.session_key in open_keys]


@transaction.atomic
def end(rows: Iterable[UserSession]) -> None:
    rows = list(rows)
    Session.objects.filter(session_key__in=[row.session_key for row in rows]).delete()
    UserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for person_id, count in Counter(row.user_id for row in rows).items():
        security_log.sessions_ended(person_id, count)


def end_all(*, person: Person, but: str | None = None) -> None:
    """End the person's sessions, except the one of the key `but`."""
    end(UserSession.objects.filter(user=person).exclude(session_key=but or ""))


def move(*, before: str | None, after: str | None) -> None:
    """The session goes on under another key (after a new password)."""
    UserSession.objects.filter(session_key=before).update(session_key=after)
