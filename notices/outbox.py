"""The outbox: what leaves stands in the database, with an id that stays the same; the broker only carries the bell's sound.

Whoever sends takes a row by a lease, sends, and marks it. Killed in between, the row is due again when the lease runs out and is
sent once more with the same id, by which the receiver can drop it: docs/adr/0017.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Q

from core import bell, clock
from notices.models import Digest, Notice, Outgoing, Preference
from notices.timing import leaves_at
from teams.models import Person

LEASE = timedelta(seconds=60)  # longer than any one message takes: see SEND_TIMEOUT
RING_AGAIN = timedelta(seconds=20)  # a message to a worker that is not answered by then counts as lost
MESSAGE_LIFE = 60  # seconds


# -- Putting in -----------------------------------------------------------------------------------------------------


def put_mail(notice: Notice, person: Person, preference: Preference) -> None:
    """Put the notice into a mail: one of its own that leaves at once, or the one that waits for the person's hour."""
    at = leaves_at(notice.created_at, preference, person.zone)
    waiting = None
    if at > notice.created_at or preference.digest != Digest.AT_ONCE:
        # Locked: whoever begins it now has it first, and this notice then waits for the next one.
        waiting = Outgoing.objects.select_for_update().open_mails_of(person).filter(next_at=at).order_by("pk").first()
    if waiting is None:
        waiting = Outgoing.objects.create(person=person, next_at=at, created_at=notice.created_at)
    notice.mail = waiting
    notice.save(update_fields=["mail"])


def reschedule(person: Person, preference: Preference) -> None:
    """The person wants mails at other hours: those that wait leave then. Inside the caller's transaction."""
    at = leaves_at(clock.now(), preference, person.zone)
    Outgoing.objects.open_mails_of(person).filter(attempts=0).update(next_at=at, rung_at=None)
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


def take() -> Outgoing | None:
    """The row that is due longest, with its lease; None if nothing is due. Of two workers one gets it."""
    now = clock.now()
    for key in Outgoing.objects.due(now).order_by("next_at", "pk").values_list("pk", flat=True)[:20]:
        owner = uuid4().hex
        # One conditional UPDATE over columns of the row itself: the database decides between two that come at once.
        if Outgoing.objects.free(now).filter(pk=key).update(lease_owner=owner, lease_until=now + LEASE):
            return Outgoing.objects.select_related("person", "channel__team").get(pk=key)
    return None
