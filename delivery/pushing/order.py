"""Which of two words about the same thing stands, whatever order they come in: a total order, of which the greatest is kept.

So the same words in any order, any of them repeated, leave the same rows. Pure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.records import DeploymentRecord, IncidentRecord, Outcome
from delivery.models import Deployment, Incident

Rank = tuple[Any, ...]


def known_at(record: DeploymentRecord | IncidentRecord) -> datetime:
    """When the sender knew it, where nobody says so: at the last instant that it tells."""
    if isinstance(record, DeploymentRecord):
        return record.finished_at or record.created_at
    return record.resolved_at or record.began_at


def rank_of_deployment(row: DeploymentRecord | Deployment) -> Rank:
    """A later attempt, else what was known later, else what has ended; of what is left it only must not be by chance."""
    finished = row.finished_at or row.created_at
    outcome = str(getattr(row.outcome, "value", row.outcome))
    return (
        row.attempt, row.told_at or finished, outcome != Outcome.RUNNING.value, finished, row.created_at, outcome,
        row.environment, row.branch, row.sha, row.title, row.url,
    )  # fmt: skip


def rank_of_incident(row: IncidentRecord | Incident) -> Rank:
    """What was known later, else what has been resolved."""
    resolved = row.resolved_at or row.began_at
    return (
        row.told_at or resolved, row.resolved_at is not None, resolved, row.began_at, row.title, tuple(row.labels), row.url,
    )  # fmt: skip
