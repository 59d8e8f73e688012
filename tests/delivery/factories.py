from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import factory

from delivery import refresh
from delivery.models import Change, Deployment, Incident
from delivery.refresh import Touched
from tests.connections.factories import NOW, ServiceFactory

__all__ = [
    "NOW",
    "ChangeFactory",
    "DeploymentFactory",
    "IncidentFactory",
    "ServiceFactory",
    "at",
    "refreshed",
    "together",
]


def at(text: str) -> datetime:
    """ "2026-03-02 10:00", in UTC."""
    return datetime.fromisoformat(f"{text}+00:00")


waiting: list[list[Any]] = []  # by block of `together`, what was made inside


class Stored(factory.django.DjangoModelFactory):
    """A row as a sync stores it: what follows from it is brought into line at once, or at the end of `together`."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):  # type: ignore[no-untyped-def]
        row = super()._create(model_class, *args, **kwargs)
        if waiting:
            waiting[-1].append(row)
        else:
            refreshed(row)
        return row


def refreshed(*rows: Deployment | Incident | Change) -> None:
    """Bring into line what follows from rows that a test wrote or changed by itself."""
    by_team: dict[int, Touched] = defaultdict(Touched)
    for row in rows:
        touched = by_team[row.team_id if isinstance(row, Incident) else row.service.team_id]
        {Deployment: touched.deployments, Incident: touched.of_incidents, Change: touched.changes}[type(row)]([row])
    for team_id, touched in by_team.items():
        refresh.run(team_id, touched)
    for row in rows:
        row.refresh_from_db()


@contextmanager
def together() -> Iterator[None]:
    """What is made inside is brought into line once, at the end, as when a host tells all of it in one answer."""
    waiting.append([])
    try:
        yield
    finally:
        rows = waiting.pop()
    refreshed(*rows)


class DeploymentFactory(Stored):
    """One that counts, unless told otherwise."""

    class Meta:
        model = Deployment

    service = factory.SubFactory(ServiceFactory)
    key = factory.Sequence(lambda n: f"deployment:{10_000 + n}")
    outcome = "succeeded"
    environment = "production"
    environment_class = "production"
    finished_at = NOW
    created_at = factory.LazyAttribute(lambda row: (row.finished_at or NOW) - timedelta(minutes=5))
    title = factory.Sequence(lambda n: f"Release {n}")
    sha = factory.Sequence(lambda n: f"{n:040x}")
    url = factory.LazyAttribute(lambda row: f"https://example.com/{row.key.replace(':', '/')}")
    recorded_at = NOW


class IncidentFactory(Stored):
    class Meta:
        model = Incident

    service = factory.SubFactory(ServiceFactory)
    team = factory.LazyAttribute(lambda row: row.service.team)
    key = factory.Sequence(lambda n: f"issue:{10_000 + n}")
    title = factory.Sequence(lambda n: f"Incident {n}")
    began_at = NOW - timedelta(days=3)
    resolved_at = factory.LazyAttribute(lambda row: row.began_at + timedelta(hours=2))
    labels = factory.LazyFunction(lambda: ["incident"])
    url = factory.LazyAttribute(lambda row: f"https://example.com/issues/{row.key[6:]}")
    recorded_at = NOW


class ChangeFactory(Stored):
    """Merged a day before NOW; deployed with the next deployment."""

    class Meta:
        model = Change

    service = factory.SubFactory(ServiceFactory)
    key = factory.Sequence(lambda n: f"pull:{10_000 + n}")
    number = factory.Sequence(lambda n: 10_000 + n)
    title = factory.Sequence(lambda n: f"Change {n}")
    author = "octo"
    branch = "topic"
    merge_sha = factory.Sequence(lambda n: f"c{n:039x}")
    merged_at = NOW - timedelta(days=1)
    opened_at = factory.LazyAttribute(lambda row: row.merged_at - timedelta(hours=20))
    first_commit_at = factory.LazyAttribute(lambda row: row.opened_at - timedelta(hours=10))
    first_review_at = factory.LazyAttribute(lambda row: row.opened_at + timedelta(hours=5))
    url = factory.LazyAttribute(lambda row: f"https://example.com/pull/{row.number}")
    recorded_at = NOW
