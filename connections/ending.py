"""How a sync ends, and what its end means for the next one."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connections import budget, failing, schedule, sharing
from connections.following import AnotherRepository
from connections.models import ConnectionState, Credential, RunOutcome, Source, SyncRun
from core import clock
from core.crypto import Undecryptable
from core.http import OutgoingError, RateLimited

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class End:
    """How a sync ended. `permanent`: waiting alone cannot help. `credential_id`: the token that it used."""

    outcome: RunOutcome
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    permanent: bool = False
    retry_at: datetime | None = None
    credential_id: int | None = None


def end_of(error: Exception, lease: schedule.Lease, credential_id: int | None) -> End:
    """The end that an exception stands for."""
    if isinstance(error, schedule.Stopped):
        return End(RunOutcome.STOPPED)
    if isinstance(error, RateLimited):
        return End(RunOutcome.WAITING, error.code, error.params, retry_at=error.retry_at)
    if isinstance(error, OutgoingError):
        return End(RunOutcome.FAILED, error.code, error.params, error.permanent, credential_id=credential_id)
    if isinstance(error, Credential.DoesNotExist | AnotherRepository):
        code = "no_token" if isinstance(error, Credential.DoesNotExist) else "other_repository"
        return End(RunOutcome.FAILED, code, permanent=True)
    if isinstance(error, Undecryptable):
        return End(RunOutcome.FAILED, "undecryptable", permanent=True, credential_id=credential_id)
    # A defect of ours must not take the worker's other sources with it; the log has the traceback.
    log.error("source %s: the sync failed", lease.source_id, exc_info=error)
    return End(RunOutcome.FAILED, "internal")


def finish(lease: schedule.Lease, run_id: int, end: End) -> None:
    """Close the run, give the lease back and say when the next sync is due. Raises LeaseLost."""
    with schedule.ended(lease) as source:
        now = clock.now()
        run = SyncRun.objects.select_for_update().get(pk=run_id)
        run.outcome, run.finished_at = end.outcome, now
        run.error_code, run.error_params = end.code, end.params
        run.save()
        # Where a person changed something meanwhile, what they asked for stands: it is due already.
        if end.outcome != RunOutcome.STOPPED and source.edition == lease.edition:
            _plan(source, run, end, now)
        if run.rate_limit is not None or run.rate_remaining is not None:
            source.rate_limit, source.rate_remaining = run.rate_limit, run.rate_remaining
            source.rate_reset = run.rate_reset
        source.save()
        sharing.show_to_others(source)


def _plan(source: Source, run: SyncRun, end: End, now: datetime) -> None:
    before = failing.state_of(source)
    source.error_code, source.error_params, source.waiting_until = end.code, end.params, None
    if end.outcome == RunOutcome.SUCCEEDED:
        failing.tell_well(source)
        source.failures, source.succeeded_at = 0, now
        # What a webhook told during this sync may have come too late for it.
        told = source.heard_at is not None and source.heard_at >= run.started_at
        source.next_sync_at = max(now, run.started_at + schedule.SPACING) if told else now + schedule.INTERVAL
        # All of them were asked for again in this run: what did not come back as unreadable is no problem any more.
        source.set_aside.open().filter(last_seen_at__lt=run.started_at).update(cleared_at=now)
    elif end.outcome == RunOutcome.WAITING and end.retry_at is not None:
        source.next_sync_at = source.waiting_until = end.retry_at
        budget.wait(source, end.retry_at)
    else:
        source.failures += 1
        wait = schedule.PERMANENT_RETRY if end.permanent else schedule.after_failure(source.failures)
        source.next_sync_at = now + wait
        if end.code in failing.TOKEN_PROBLEMS:
            _ask_for_token(source, end, now)
    if source.connection.needs_token:
        source.next_sync_at = None
    failing.tell(source, before)


def _ask_for_token(source: Source, end: End, now: datetime) -> None:
    """Nothing is scheduled until a person enters a token, unless one came while the old one was being refused."""
    connection = source.connection
    present = Credential.objects.filter(connection=connection).values_list("pk", flat=True).first()
    if present != end.credential_id:
        source.next_sync_at = now
        return
    connection.state = ConnectionState.NEEDS_TOKEN
    connection.save(update_fields=["state"])
    schedule.stop_all(connection)
    sharing.in_good_hands(source)
    others = Source.objects.select_for_update(of=("self",)).select_related("connection").filter(connection=connection)
    for each in others.active().exclude(pk=source.pk).order_by("pk"):
        sharing.in_good_hands(each)
