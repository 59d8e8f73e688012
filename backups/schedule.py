"""When a worker is called, and which one may work: the row says what is due and the broker is only a bell, as with the sample."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.db.models import Q

from backups.models import EXPIRED, INTERRUPTED, State, Work
from core import bell, clock

BEAT_EVERY = timedelta(seconds=1)  # at most so often the page's progress is written, and with it the lease made longer
LEASE = timedelta(seconds=60)
EXPIRES = timedelta(minutes=5)  # a restore that no worker has begun by then is no longer wanted
RING_AGAIN = timedelta(seconds=20)  # a message not answered by then counts as lost


def take() -> Work | None:
    """What is asked for, if nobody has begun. Of two workers one gets it."""
    _expire()
    owner = uuid4().hex
    taken = Work.objects.due().filter(pk=1).update(lease_owner=owner, lease_until=clock.now() + LEASE)
    return Work.current() if taken else None


def _expire() -> None:
    """Forget a restore that was asked for long ago: it would replace what people have done since."""
    late = Work.objects.due().filter(state=State.RESTORING, asked_at__lt=clock.now() - EXPIRES)
    late.update(state=State.IDLE, problem=EXPIRED)


def withdraw() -> bool:
    """Take back what nobody has begun; whether it was so."""
    return bool(Work.objects.due().filter(pk=1).update(state=State.IDLE))


def beat(work: Work, done: int, total: int) -> None:
    """Write how far it is, and keep the lease."""
    mine = Work.objects.filter(pk=1, lease_owner=work.lease_owner)
    mine.update(done=done, total=total, lease_until=clock.now() + LEASE)


def end(work: Work, problem: str = "") -> None:
    mine = Work.objects.filter(pk=1, lease_owner=work.lease_owner)
    mine.update(state=State.IDLE, problem=problem, lease_owner="", lease_until=None)


def ring() -> bool:
    """Send a message if something is due and none was sent lately; whether it was. What was interrupted is told so.

    Nothing is begun again by itself: an archive is made anew by a click, and a restore is a person's decision each time.
    """
    now = clock.now()
    _expire()
    work = Work.objects.interrupted(now).first()
    if work is not None:
        end(work, INTERRUPTED)
    quiet = Work.objects.due().filter(Q(rung_at=None) | Q(rung_at__lte=now - RING_AGAIN))
    if not quiet.exists() or not quiet.update(rung_at=now):
        return False
    enqueue()
    return True


def enqueue() -> None:
    """Send a message now. A broker that is away costs nothing but time: the bell rings again."""
    from backups.tasks import work

    bell.send(work, life=60)
