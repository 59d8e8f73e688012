"""A first look at a repository, as plain JSON in `Draft.seen`."""

from __future__ import annotations

import dataclasses
from typing import Any

from connectors.records import DeploymentSource, Inspection, Seen


def to_json(inspection: Inspection) -> dict[str, Any]:
    return dataclasses.asdict(inspection)


def from_json(stored: dict[str, Any]) -> Inspection:
    seen = {part: [_seen(each) for each in stored[part]] for part in ("environments", "workflows", "labels")}
    return Inspection(
        external_id=stored["external_id"],
        full_name=stored["full_name"],
        url=stored["url"],
        default_branch=stored["default_branch"],
        proposed_source=DeploymentSource(stored["proposed_source"]),
        missing=tuple(stored["missing"]),
        **seen,
    )


def _seen(stored: dict[str, Any]) -> Seen:
    return Seen(**{**stored, "branches": tuple(stored["branches"])})
