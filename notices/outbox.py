"""The outbox: what leaves stands in the database, with an id that stays the same; the broker only carries the bell's sound.

Whoever sends takes a row by a lease, sends, and marks it. Killed in between, the row is due again when the lease runs out and is
sent once more with the same id, by which the receiver can drop it: docs/adr/0017.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core import bell, clock
from notices import kinds
from notices.models import Channel, Digest, Notice, Outgoing, OutgoingState, Preference
from notices.timing import leaves_at
from teams.models import Person

LEASE = timedelta(seconds=60)  # longer than any one message may take; a killed worker's is taken over soon
RING_AGAIN = timedelta(seconds=20)  # a message to a worker that is not answered by then counts as lost
MESSAGE_LIFE = 60  # seconds
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60))
GIVE_UP = timedelta(days=7)  # since the first try
LATE = timedelta(minutes=15)
GATHER = timedelta(seconds=20)


# -- Putting in -----------------------------------------------------------------------------------------------------


def put_mail(notice: Notice, person: Person, preference: Preference) -> None:
    """Put the notice into a mail: one of its own that leaves at once, or the one that waits for the person's hour.

    Reminders come many at a time: they wait a moment for each other.
    """
    now, is_reminder = notice.created_at, kinds.of(notice.kind).reminder
    at = leaves_at(now + GATHER if is_reminder else now, preference, person.zone)
    waiting = None
    if at > now or preference.digest != Digest.AT_ONCE:
        # Locked: whoever begins it now has it first, and this notice then waits for the next one.
        mails = Outgoing.objects.select_for_update().open_mails_of(person).order_by("pk")
        waiting = mails.filter(next_at__gt=now if is_reminder else at - GATHER, next_at__lte=at).first()
    if waiting is None:
        waiting = Outgoing.objects.create(person=person, next_at=at, created_at=notice.created_at)
    notice.mail = waiting
    notice.save(update_fields=["mail"])


def reschedule(person: Person, preference: Preference) -> None:
    """The person wants mails at other hours: those that wait leave then. Inside the caller's transaction."""
    at = leaves_at(clock.now(), preference, person.zone)
    Outgoing.objects.open_mails_of(person).update(next_at=at, rung_at=None)
    ring_on_commit()


def make_due(channel: Channel) -> None:
    """What waits for the channel goes now. Inside the caller's transaction."""
    Outgoing.objects.waiting().filter(channel=channel).update(next_at=clock.now(), rung_at=None)
    ring_on_commit()


# -- The bell -------------------------------------------------------------------------------------------------------


def ring_on_commit() -> None:
    transaction.on_commit(enqueue)


def enqueue() -> None:
    """Send a message to a worker now. A broker that is away costs nothing but time: the bell rings again."""
    from notices.tasks import send

    bell.send(send, life=MESSAGE_LIFE)


def ring() -> bool:
    """Send a message if something is due and none was sent for it lately; whether it was."""
    now = clock.now()
    waiting = Outgoing.objects.due(now).filter(Q(rung_at=None) | Q(rung_at__lte=now - RING_AGAIN))
    keys = list(waiting.values_list("pk", flat=True)[:500])
    if not keys or not Outgoing.objects.filter(pk__in=keys).update(rung_at=now):
        return False
    enqueue()
    return True


# -- Taking out -----------------------------------------------------------------------------------------------------


class LeaseLost(Exception):
    """Another worker has the row now, or everything was replaced by an archive: write nothing more."""


def take() -> Outgoing | None:
    """The row that is due longest, with its lease; None if nothing is due. Of two workers one gets it."""
    now = clock.now()
    for key in Outgoing.objects.due(now).order_by("next_at", "pk").values_list("pk", flat=True)[:20]:
        lease = {"lease_owner": uuid4().hex, "lease_until": now + LEASE}
        # One conditional UPDATE over columns of the row itself: the database decides between two that come at once.
        if Outgoing.objects.free(now).filter(pk=key).update(**lease, attempts=F("attempts") + 1):
            return Outgoing.objects.select_related("channel__team").get(pk=key)
    return None


@contextmanager
def held(row: Outgoing) -> Iterator[Outgoing]:
    """A transaction with the row locked as it stands now, in which the lease is known to hold. LeaseLost."""
    with transaction.atomic():
        mine = Outgoing.objects.select_for_update(of=("self",)).filter(pk=row.pk, lease_owner=row.lease_owner).first()
        if mine is None:
            raise LeaseLost
        yield mine


def end(row: Outgoing, state: OutgoingState, code: str = "", params: Mapping[str, Any] | None = None) -> None:
    """It is over with it. Inside `held`."""
    row.state, row.ended_at = state, clock.now()
    _let_go(row, code, params)


def postpone(row: Outgoing, at: datetime, code: str = "", params: Mapping[str, Any] | None = None) -> None:
    """Not before `at`. Inside `held`."""
    row.next_at = at
    _let_go(row, code, params)


def _let_go(row: Outgoing, code: str, params: Mapping[str, Any] | None) -> None:
    row.lease_owner, row.lease_until, row.rung_at = "", None, None
    row.error_code, row.error_params = code, dict(params or {})
    row.save()


def retry(row: Outgoing, code: str, params: Mapping[str, Any], not_before: datetime | None = None) -> None:
    """Later, and later each time; after a week never. Inside `held`."""
    now = clock.now()
    if row.begun_at is not None and now - row.begun_at > GIVE_UP:
        end(row, OutgoingState.FAILED, "too_old")
        return
    wait = BACKOFF[min(row.attempts, len(BACKOFF)) - 1]
    postpone(row, max(now + wait, not_before or now), code, params)


def overdue() -> str:
    """A sentence, if something has been due for so long that nobody can be at work; else ""."""
    late = Outgoing.objects.due(clock.now()).filter(next_at__lt=clock.now() - LATE).order_by("next_at")
    since = late.values_list("next_at", flat=True).first()
    if since is None:
        return ""
    time = date_format(localtime(since), "DATETIME_FORMAT")
    return _("A notice should have left on %(time)s, and no worker has sent it.") % {"time": time}
