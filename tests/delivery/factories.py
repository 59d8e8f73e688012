from __future__ import annotations

from datetime import datetime, timedelta

import factory

from delivery.models import Deployment, Incident
from tests.connections.factories import NOW, ServiceFactory

__all__ = ["NOW", "DeploymentFactory", "IncidentFactory", "ServiceFactory", "at"]


def at(text: str) -> datetime:
    """ "2026-03-02 10:00", in UTC."""
    return datetime.fromisoformat(f"{text}+00:00")


class DeploymentFactory(factory.django.DjangoModelFactory):
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


class IncidentFactory(factory.django.DjangoModelFactory):
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
