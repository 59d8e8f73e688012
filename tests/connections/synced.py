"""What the tests of syncs look at, and how they have one come again or die."""

from __future__ import annotations

from typing import Any

from connections.models import Source, SyncRun
from delivery.models import Change, Deployment, Incident
from tests.connections.factories import NOW

Rows = list[tuple[Any, ...]]


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it, so nothing is tidied up."""


def rows() -> Rows:
    """Everything that figures read, without what merely says when it was stored."""
    deployments = Deployment.objects.order_by("key").values_list(
        "key", "outcome", "environment_class", "finished_at", "in_scope"
    )
    incidents = Incident.objects.order_by("key").values_list("key", "began_at", "resolved_at", "in_scope")
    changes = Change.objects.order_by("key").values_list("key", "merge_sha", "merged_at", "deployed_at", "linked")
    return [*deployments, *incidents, *changes]


def run_of(source: Source) -> SyncRun:
    return source.runs.newest_first()[0]


def schedule_again(source: Source, at: Any = NOW) -> None:
    Source.objects.filter(pk=source.pk).update(next_sync_at=at)
