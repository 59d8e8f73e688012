"""When a worker is called, and which one may work: as with syncs, the row says what is due and the broker is only a bell."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.db.models import Q

from core import bell, clock
from sample.models import Sample

LEASE = timedelta(seconds=60)  # a step takes a second or two; a killed worker's is taken over after this
RING_AGAIN = timedelta(seconds=20)  # a message not answered by then counts as lost


class LeaseLost(Exception):
    """Another worker goes on with it: write nothing more."""


def take() -> str:
    """The lease, if there is something to do that nobody does, else "". Of two workers one gets it."""
    now, owner = clock.now(), uuid4().hex
    taken = Sample.objects.due(now).filter(pk=1).update(lease_owner=owner, lease_until=now + LEASE)
    return owner if taken else ""


def held(owner: str) -> Sample:
    """The row, locked until the transaction ends, with the lease known to hold and made longer. Raises LeaseLost."""
    row = Sample.objects.select_for_update().filter(pk=1, lease_owner=owner).first()
    if row is None:
        raise LeaseLost
    row.lease_until = clock.now() + LEASE
    return row


def ring() -> bool:
    """Send a message if something is due and none was sent lately; whether it was."""
    now = clock.now()
    quiet = Sample.objects.due(now).filter(Q(rung_at=None) | Q(rung_at__lte=now - RING_AGAIN))
    # Looked at first: an update takes SQLite's one write lock even where there is nothing to do.
    if not quiet.exists() or not quiet.update(rung_at=now):
        return False
    enqueue()
    return True


def enqueue() -> None:
    """Send a message now. A broker that is away costs nothing but time: the bell rings again."""
    from sample.tasks import work

    bell.send(work, life=60)
