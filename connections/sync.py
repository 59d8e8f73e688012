"""One sync of one source, safe to kill at any line and to start twice.

The connector yields pages; each is written in a transaction of its own, records, cursor and counts together, after the lease
was checked under the row's lock. So whatever happens in between, the next sync goes on where the last whole page ended.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from connections import budget, following, schedule, sharing, stores
from connections import options as read_options
from connections.ending import End, end_of, finish
from connections.heartbeat import Heartbeat
from connections.keeping import keep
from connections.models import Credential, RunOutcome, Source, SyncRun
from connectors.records import Page, ReadOptions
from connectors.registry import CONNECTORS
from core import clock
from core.http import Client

log = logging.getLogger(__name__)

CHECK_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Job:
    """What a sync needs to know, read once under the lease."""

    lease: schedule.Lease
    run_id: int
    kind: str
    base_url: str
    repository: str
    options: ReadOptions
    state: dict[str, dict[str, Any]]
    again: list[str]
    checking: bool  # the daily question whether everything is still what it was


def sync(source_id: int) -> SyncRun | None:
    """Read what is new of a source that is due; None if it is not, or if another worker is at it."""
    sharing.before_reading(source_id)
    lease = schedule.take(source_id)
    if lease is None:
        return None
    try:
        job = _begin(lease)
        finish(job.lease, job.run_id, _work(job))
    except schedule.LeaseLost:
        log.info("source %s: another worker took over", source_id)
    except schedule.Stopped:
        _give_back(lease)
    return SyncRun.objects.filter(source_id=source_id, owner=lease.owner).first()


def _begin(lease: schedule.Lease) -> _Job:
    now = clock.now()
    with schedule.held(lease) as source:
        # A worker that was killed left its run open.
        source.runs.unfinished().update(outcome=RunOutcome.INTERRUPTED, finished_at=now)
        stores.sweep(source, now)
        run = source.runs.create(owner=lease.owner, asked_by=source.asked_by, started_at=now)
        source.asked_by = None
        source.save()
        unfinished = stores.unfinished_keys(source, now)
        aside = source.set_aside.to_ask_again().values_list("key", flat=True)
        checking = source.checked_at is not None and source.checked_at <= now - CHECK_EVERY
        to_check = stores.keys_to_check(source, now) if checking else []
        if checking or source.checked_at is None:
            source.checked_at = now
            source.save(update_fields=["checked_at"])
        return _Job(
            lease=lease,
            run_id=run.pk,
            kind=source.connection.kind,
            base_url=source.connection.base_url,
            repository=source.full_name,
            options=read_options.from_json(source.options),
            state=source.state,
            again=list(dict.fromkeys([*unfinished, *aside, *to_check])),
            checking=checking,
        )


def _work(job: _Job) -> End:
    """Read and write page after page. Raises LeaseLost; whatever else goes wrong is told by the end."""
    # Its number first: a token that no present key decrypts cannot even be loaded.
    mine = Credential.objects.filter(connection__sources=job.lease.source_id)
    credential_id = mine.values_list("pk", flat=True).first()
    try:
        credential = Credential.objects.get(pk=credential_id or 0)
        shared = budget.of(credential, job.base_url)
        with CONNECTORS[job.kind].client(job.base_url, credential.token) as client, Heartbeat(job.lease) as heartbeat:
            client.share = budget.KEPT_BACK
            budget.check(shared.pk, client.host)
            try:
                _read(job, client, shared.pk, heartbeat)
            finally:
                budget.note(shared.pk, client)
                _note_traffic(job.run_id, client)
    except schedule.LeaseLost:
        raise
    except Exception as error:
        return end_of(error, job.lease, credential_id)
    return End(RunOutcome.SUCCEEDED)


def _read(job: _Job, client: Client, budget_id: int, heartbeat: Heartbeat) -> None:
    if job.checking:
        _follow(job, client)
    for page in _pages(job, client):
        _keep(job, page, client)
        heartbeat.progress()
        budget.note(budget_id, client)
        budget.check(budget_id, client.host)
    if client.redirects and not job.checking:  # by its former name the host still led us to it
        _follow(job, client)


def _follow(job: _Job, client: Client) -> None:
    following.follow(job.lease, CONNECTORS[job.kind].identify(client, job.repository))


def _pages(job: _Job, client: Client) -> Iterable[Page]:
    source = Source(pk=job.lease.source_id)
    return CONNECTORS[job.kind].read(
        client, job.repository, job.options, job.state, job.again, clock.now(),
        lambda: stores.comparisons_wanted(source),
    )  # fmt: skip


def _keep(job: _Job, page: Page, client: Client) -> None:
    """Write one page, whole or not at all. Raises LeaseLost or Stopped, having written nothing."""
    with schedule.held(job.lease) as source:
        now = clock.now()
        stored = keep(source, page, now)
        source.state = {**source.state, page.stream: page.state}
        source.save(update_fields=["state", "lease_until", "heartbeat_at"])
        _count(SyncRun.objects.select_for_update().get(pk=job.run_id), page, stored, client)


def _count(run: SyncRun, page: Page, stored: int, client: Client) -> None:
    """Add the page to the run's progress."""
    so_far = run.counts.get(page.stream, {})
    reached = page.reached.isoformat() if page.reached else so_far.get("reached")
    run.counts[page.stream] = {
        "pages": so_far.get("pages", 0) + 1,
        "read": so_far.get("read", 0) + page.read,
        "stored": so_far.get("stored", 0) + stored,
        "set_aside": so_far.get("set_aside", 0) + len(page.set_aside),
        "reached": min(filter(None, (reached, so_far.get("reached"))), default=None),
        "done": page.done,
        "left": page.left,
        "refused": page.refused,
    }
    _traffic(run, client)
    run.save()


def _traffic(run: SyncRun, client: Client) -> None:
    run.requests, run.not_modified = client.requests_made, client.not_modified
    if client.rate is not None:
        run.rate_limit, run.rate_remaining, run.rate_reset = (
            client.rate.limit,
            client.rate.remaining,
            client.rate.reset,
        )


def _note_traffic(run_id: int, client: Client) -> None:
    """What was asked since the last page, so that a sync that failed tells its requests too."""
    with transaction.atomic():
        run = SyncRun.objects.select_for_update().filter(pk=run_id, finished_at=None).first()
        if run is not None:
            _traffic(run, client)
            run.save()


def _give_back(lease: schedule.Lease) -> None:
    """The lease was taken, but a person changed something before the sync began."""
    try:
        with schedule.ended(lease) as source:
            source.save()
    except schedule.LeaseLost:
        pass
