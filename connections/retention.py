"""Which rows of syncs go after a while. What a source's health and its figures stand on stays."""

from __future__ import annotations

from datetime import datetime

from connections.models import SetAsideObject, SyncRun
from core.retention import in_batches

LAST = 20  # runs of each source that stay however old they are: its page shows how reading it went


def prune(before: datetime) -> int:
    """Runs that ended before, and objects that were understood before. How many went."""
    gone = in_batches(SetAsideObject.objects.filter(cleared_at__lt=before))
    old = SyncRun.objects.filter(finished_at__lt=before)
    for source_id in old.order_by().values_list("source_id", flat=True).distinct():
        gone += in_batches(SyncRun.objects.filter(pk__in=_superfluous(source_id, before)))
    return gone


def _superfluous(source_id: int, before: datetime) -> list[int]:
    """Old runs of a source without the last ones, and without those that set aside what is still not understood."""
    runs = SyncRun.objects.filter(source_id=source_id)
    last = runs.order_by("-started_at", "-pk").values_list("pk", flat=True)[:LAST]
    old = runs.filter(finished_at__lt=before).exclude(pk__in=list(last))
    first_seen = (
        SetAsideObject.objects.open()
        .filter(source=source_id)
        .order_by("first_seen_at")
        .values_list("first_seen_at", flat=True)
    ).first()
    return [run.pk for run in old.only("counts", "finished_at") if not (first_seen and _tells_of(run, first_seen))]


def _tells_of(run: SyncRun, first_seen: datetime) -> bool:
    """Whether something that is still set aside may have been met in this run."""
    return run.total("set_aside") > 0 and run.finished_at is not None and run.finished_at >= first_seen
