"""What to read of a repository, as plain JSON in `Source.options`."""

from __future__ import annotations

from datetime import date
from typing import Any

from connectors.records import DeploymentSource, ReadOptions


def to_json(options: ReadOptions) -> dict[str, Any]:
    return {
        "deployments": options.deployments.value,
        "workflows": sorted(options.workflows),
        "incident_labels": sorted(options.incident_labels),
        "since": options.since.isoformat() if options.since else None,
        **({"files": True} if options.files else {}),
    }


def from_json(stored: dict[str, Any]) -> ReadOptions:
    since = stored.get("since")
    return ReadOptions(
        deployments=DeploymentSource(stored.get("deployments", DeploymentSource.NONE)),
        workflows=tuple(stored.get("workflows", ())),
        incident_labels=tuple(stored.get("incident_labels", ())),
        since=date.fromisoformat(since) if since else None,
        files=bool(stored.get("files")),
    )


def streams_to_read_again(before: ReadOptions, after: ReadOptions) -> set[str]:
    """The streams whose cursors do not hold any more: what they passed over may be wanted now."""
    again = set()
    if (before.deployments, set(before.workflows)) != (after.deployments, set(after.workflows)):
        again.add("deployments")
    if set(before.incident_labels) != set(after.incident_labels):
        again.add("incidents")
    if after.files and not before.files:
        again.add("changes")
    if before.since is not None and (after.since is None or after.since < before.since):
        again |= {"deployments", "incidents", "changes"}
    return again
