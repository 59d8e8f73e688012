"""What to read of a repository, as plain JSON in `Source.options`."""

from __future__ import annotations

from collections.abc import Iterable
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


def union(wanted: Iterable[ReadOptions]) -> ReadOptions:
    """What reads all that each of them wants; at least one. Two kinds of deployments in one sync are refused before."""
    every = list(wanted)
    kinds = [each.deployments for each in every if each.deployments is not DeploymentSource.NONE]
    labels = {label.casefold(): label for each in reversed(every) for label in each.incident_labels}
    begins = [each.since for each in every]
    return ReadOptions(
        deployments=kinds[0] if kinds else DeploymentSource.NONE,
        workflows=tuple(sorted({ident for each in every for ident in each.workflows})),
        incident_labels=tuple(sorted(labels.values())),
        since=min(begin for begin in begins if begin) if all(begins) else None,
        files=any(each.files for each in every),
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
