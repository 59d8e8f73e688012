"""Rows for tests of the rooms that read from outside."""

from datetime import UTC, datetime

import factory

from connections import inspections, options
from connections.models import Connection, Credential, Draft, Grant, Share, Source
from connectors.records import DeploymentSource, Inspection, ReadOptions, Seen
from delivery.models import Service
from tests.factories import PersonFactory, TeamFactory

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SEEN = Inspection(
    external_id="77",
    full_name="acme/drafted",
    url="https://example.com/acme/drafted",
    default_branch="main",
    environments=(Seen("production", "production", 12, True), Seen("staging", "staging", 30, False)),
    workflows=(Seen("42", "Deploy", 9, True, ("main",)), Seen("43", "Tests", 80, False, ("main", "topic"))),
    labels=(Seen("incident", "incident", 4, True), Seen("bug", "bug", 20, False)),
    proposed_source=DeploymentSource.DEPLOYMENTS,
)
READ_ALL = options.to_json(ReadOptions(DeploymentSource.DEPLOYMENTS, incident_labels=("incident",)))


class CredentialFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Credential

    token = "secret-token"


class ConnectionFactory(factory.django.DjangoModelFactory):
    """With a token."""

    class Meta:
        model = Connection
        skip_postgeneration_save = True

    team = factory.SubFactory(TeamFactory)
    kind = "stub"
    base_url = "https://api.example.com"
    credential = factory.RelatedFactory(CredentialFactory, factory_related_name="connection")


class DraftFactory(factory.django.DjangoModelFactory):
    """An address and a token that were tried, kept until far in the future."""

    class Meta:
        model = Draft

    team = factory.SubFactory(TeamFactory)
    created_by = factory.SubFactory(PersonFactory)
    kind = "stub"
    base_url = "https://api.example.com"
    repository = "acme/drafted"
    token = "drafted-token"
    seen = factory.LazyFunction(lambda: inspections.to_json(SEEN))
    expires_at = datetime(2099, 1, 1, tzinfo=UTC)


class ShareFactory(factory.django.DjangoModelFactory):
    """The team of the source's connection reads it."""

    class Meta:
        model = Share

    connection = factory.SelfAttribute("source.connection")
    team = factory.SelfAttribute("source.connection.team")


class GrantFactory(factory.django.DjangoModelFactory):
    """A repository of the organisation's connection that a team may take."""

    class Meta:
        model = Grant

    connection = factory.SubFactory(ConnectionFactory, team=None, name="GitHub")
    team = factory.SubFactory(TeamFactory)
    external_id = factory.Sequence(lambda n: str(5000 + n))
    full_name = factory.Sequence(lambda n: f"acme/given-{n}")


class SourceFactory(factory.django.DjangoModelFactory):
    """A repository that is due since NOW, read by the team of its connection."""

    class Meta:
        model = Source
        skip_postgeneration_save = True

    connection = factory.SubFactory(ConnectionFactory)
    base_url = factory.SelfAttribute("connection.base_url")
    external_id = factory.Sequence(lambda n: str(1000 + n))
    full_name = factory.Sequence(lambda n: f"acme/shop-{n}")
    url = factory.LazyAttribute(lambda source: f"https://example.com/{source.full_name}")
    default_branch = "main"
    options = factory.LazyFunction(lambda: dict(READ_ALL))
    next_sync_at = NOW
    share = factory.RelatedFactory(ShareFactory, factory_related_name="source")


class ServiceFactory(factory.django.DjangoModelFactory):
    """A service that counts the host's deployments to production, and issues called incident."""

    class Meta:
        model = Service

    source = factory.SubFactory(SourceFactory)
    team = factory.SelfAttribute("source.connection.team")
    name = factory.SelfAttribute("source.full_name")
    deployment_source = "deployments"
    environments = factory.LazyFunction(lambda: {"production": ["production"], "staging": ["staging"]})
    incident_labels = factory.LazyFunction(lambda: ["incident"])
