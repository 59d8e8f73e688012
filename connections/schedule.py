"""When to read, and who reads: what is due, the bell, the lease. The broker only carries the bell's sound.

docs/adr/0001: what is due stands in the database, so a lost or doubled message changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from connections.models import Budget, Connection, Draft, Source
from core import bell, clock
from teams.models import Person

INTERVAL = timedelta(minutes=15)
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60))
PERMANENT_RETRY = timedelta(hours=1)  # somebody may have put it right at the host
SPACING = timedelta(minutes=1)  # from the beginning of a sync to that of the next one that a webhook asks for
LEASE = timedelta(seconds=60)  # short, so that a killed worker's sync is soon taken over
RING_AGAIN = timedelta(seconds=20)  # a message not answered by then counts as lost
MESSAGE_LIFE = 60  # seconds; a worker that comes later would only find the next message


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to read a source with the options of one edition, as long as it is kept alive."""

    source_id: int
    owner: str
    edition: int


class LeaseLost(Exception):
    """Another worker reads this source now: write nothing more."""


class Stopped(Exception):
    """The lease still holds, but a person changed the rules, paused or disconnected meanwhile."""


class NotNow(Exception):
    """A sync cannot be asked for; `reason` is "running", "waiting", "needs_token", "paused", "disconnected" or "sample"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def take(source_id: int) -> Lease | None:
    """Take the lease of a source that is due and free; None if it is not. Of two workers one gets it."""
    now = clock.now()
    owner = uuid4().hex
    # One conditional UPDATE over columns of the row itself: the database decides between two that come at once.
    taken = (
        Source.objects.due(now)
        .filter(pk=source_id)
        .update(lease_owner=owner, lease_until=now + LEASE, heartbeat_at=now)
    )
    if not taken:
        return None
    edition = Source.objects.values_list("edition", flat=True).get(pk=source_id)
    return Lease(source_id, owner, edition)


@contextmanager
def held(lease: Lease) -> Iterator[Source]:
    """A transaction with the source's row locked, in which the lease is known to hold. Raises LeaseLost or Stopped.

    Every page is written inside one: a worker that was taken over while it waited for its answer writes nothing.
    """
    with transaction.atomic():
        source = _own(lease)
        if source.edition != lease.edition or source.paused or not source.active:
            raise Stopped
        now = clock.now()
        source.lease_until, source.heartbeat_at = now + LEASE, now
        yield source


@contextmanager
def ended(lease: Lease) -> Iterator[Source]:
    """The same for the end of a sync: the lease is given back, whatever the person changed. Raises LeaseLost.

    The budget's row is locked first, then the connection's, as everywhere where both are: so two ends, of which each may let
    the other's repository wait, cannot wait for each other.
    """
    with transaction.atomic():
        Budget.objects.select_for_update().filter(credentials__connection__sources=lease.source_id).first()
        Connection.objects.select_for_update(of=("self",)).filter(sources__pk=lease.source_id).first()
        source = _own(lease)
        source.lease_owner, source.lease_until, source.rung_at = "", None, None
        yield source


def _own(lease: Lease) -> Source:
    source = Source.objects.select_for_update().filter(pk=lease.source_id).first()
    if source is None or source.lease_owner != lease.owner:
        raise LeaseLost
    return source


def beat(lease: Lease) -> bool:
    """Keep the lease alive between two pages; False when it is lost."""
    now = clock.now()
    mine = Source.objects.filter(pk=lease.source_id, lease_owner=lease.owner)
    return bool(mine.update(lease_until=now + LEASE, heartbeat_at=now))


def ring() -> list[int]:
    """Send a message for every source that is due and has not been rung for lately; returns their ids."""
    now = clock.now()
    Draft.objects.filter(expires_at__lte=now).delete()
    quiet = Q(rung_at=None) | Q(rung_at__lte=now - RING_AGAIN)
    # An archived team is read only; what was due is due again when it is restored.
    waiting = Source.objects.due(now).filter(quiet).wanted()
    rung = []
    for source_id in waiting.order_by("next_sync_at", "pk").values_list("pk", flat=True):
        if Source.objects.due(now).filter(quiet, pk=source_id).update(rung_at=now):
            enqueue(source_id)
            rung.append(source_id)
    return rung


def overdue() -> str:
    """A sentence, if something has been due for longer than a whole interval and nobody reads it; else ""."""
    long_ago = clock.now() - INTERVAL
    waiting = Source.objects.due(clock.now()).filter(next_sync_at__lt=long_ago).wanted()
    since = waiting.order_by("next_sync_at").values_list("next_sync_at", flat=True).first()
    if since is None:
        return ""
    time = date_format(localtime(since), "DATETIME_FORMAT")
    return _("A sync is due since %(time)s, and no worker has come for it.") % {"time": time}


def enqueue(source_id: int) -> None:
    """Send a message now. A broker that is away costs nothing but time: the bell rings again."""
    from connections.tasks import sync_source

    bell.send(sync_source, source_id, life=MESSAGE_LIFE)


def make_due(source: Source, *, by: Person | None = None) -> None:
    """Let a source be read at once. Inside a transaction with its row locked; the caller saves the other fields."""
    if not source.connection.is_read:
        return
    source.next_sync_at = clock.now()
    source.rung_at = clock.now()
    source.asked_by = by
    source.save(update_fields=["next_sync_at", "rung_at", "asked_by"])
    transaction.on_commit(lambda: enqueue(source.pk))


@transaction.atomic
def sync_now(*, source_id: int, by: Person) -> None:
    """Ask for a sync at once. Raises NotNow where one runs already, or where it could not do anything."""
    source = Source.objects.select_for_update(of=("self",)).select_related("connection").get(pk=source_id)
    refuse(source)
    make_due(source, by=by)


def refuse(source: Source, *, busy: bool = True) -> None:
    """Raises NotNow where the host cannot be asked; `busy`: or where it is being asked already."""
    now = clock.now()
    if not source.active:
        raise NotNow("disconnected")
    if not source.connection.is_read:
        raise NotNow("sample")
    if source.connection.needs_token:
        raise NotNow("needs_token")
    if source.paused:
        raise NotNow("paused")
    if busy and source.is_leased(now):
        raise NotNow("running")
    if source.is_waiting(now):
        raise NotNow("waiting")


@transaction.atomic
def hasten(source_id: int) -> bool:
    """A webhook says that there is something new: read it soon rather than in turn; False where nothing can be read.

    However many come, there is one sync in SPACING. During a sync it is only noted, and `ending.finish` looks at the note.
    """
    now = clock.now()
    source = Source.objects.select_for_update(of=("self",)).select_related("connection").get(pk=source_id)
    if not (source.active and source.connection.is_read) or source.connection.needs_token or source.paused:
        return False
    if source.is_waiting(now) or not Source.objects.filter(pk=source_id).wanted().exists():
        return False
    if source.is_leased(now):
        source.heard_at = now
        source.save(update_fields=["heard_at"])
        return True
    at = max(now, hastened(source))
    if source.next_sync_at is None or source.next_sync_at > at:
        source.next_sync_at = at
        source.save(update_fields=["next_sync_at"])
        if at == now:
            make_due(source)
    return True


def hastened(source: Source) -> datetime:
    """The first instant at which a webhook may have the source read once more."""
    began = source.runs.order_by("-started_at").values_list("started_at", flat=True).first()
    return began + SPACING if began else clock.now()


def after_failure(failures: int) -> timedelta:
    """How long to wait after so many failures in a row (1 or more)."""
    return BACKOFF[min(failures, len(BACKOFF)) - 1]


def stop_all(connection: Connection) -> None:
    """Nothing of this connection is scheduled until a person enters a token. The connection's row is locked."""
    Source.objects.filter(connection=connection, active=True).update(next_sync_at=None)
