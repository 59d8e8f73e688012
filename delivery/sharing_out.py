"""A repository is read once; here each of its services gets what is its own, and what all of them want is put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.urls import reverse

from connections import options as read_options
from connections.models import Source
from connections.stores import Part
from connectors.records import (
    ChangeRecord,
    ComparisonRecord,
    DeploymentRecord,
    IncidentRecord,
    ReadOptions,
    Record,
)
from delivery import claims
from delivery import rules as rule
from delivery.models import Service
from delivery.rules import Rules
from teams.models import Team


@dataclass(frozen=True)
class Own:
    """What of some records is a service's own."""

    service: Service
    rules: Rules
    others: Sequence[str]  # the environments that other services name
    deployments: Sequence[DeploymentRecord]
    incidents: Sequence[IncidentRecord]
    changes: Sequence[ChangeRecord] = ()
    comparisons: Sequence[ComparisonRecord] = ()


def parts(services: Sequence[Service], records: Sequence[Record]) -> Iterator[Own]:
    """A record goes to each service that it belongs to, or that has it already: there it is brought up to date."""
    deployments = [each for each in records if isinstance(each, DeploymentRecord)]
    incidents = [each for each in records if isinstance(each, IncidentRecord)]
    changes = [each for each in records if isinstance(each, ChangeRecord)]
    comparisons = [each for each in records if isinstance(each, ComparisonRecord)]
    for service in services:
        rules, others = rule.of_service(service), others_of(service, services)
        if len(services) == 1:
            mine = [each for each in changes if rule.touches(rules, each.files)]
            yield Own(service, rules, others, deployments, incidents, mine, comparisons)
            continue
        first = datetime.combine(rules.since, time.min, UTC) if rules.since else None
        known = _known(service, [*(each.key for each in deployments), *(each.key for each in incidents)])
        yield Own(
            service, rules, others,
            [
                each for each in deployments
                if each.key in known or (rule.deployment_in_scope(rules, each.workflow, each.environment, others)
                                         and (first is None or each.created_at >= first))
            ],
            [
                each for each in incidents
                if each.key in known or (rule.incident_in_scope(rules, each.labels, each.key)
                                         and (first is None or each.began_at >= first))
            ],
            [each for each in changes if rule.touches(rules, each.files)],
            comparisons,
        )  # fmt: skip


def _known(service: Service, keys: Sequence[str]) -> set[str]:
    stored = service.deployments.filter(key__in=keys).values_list("key", flat=True)
    return {*stored, *service.incidents.filter(key__in=keys).values_list("key", flat=True)}


def others_of(service: Service, services: Sequence[Service] | None = None) -> list[str]:
    """The environments that the other live services of its repository name; a query where `services` are not given."""
    if services is None:
        return claims.of_source(service.source, service).patterns
    return claims.of_services([each for each in services if each.pk != service.pk]).patterns


def wanted(source: Source) -> ReadOptions | None:
    """What reads all that the live services of the repository count."""
    services = Service.objects.live().filter(source=source).order_by("pk")
    options = [rule.of_service(each).read_options() for each in services]
    return read_options.union(options) if options else None


def listed(source: Source, team: Team) -> list[Part]:
    """The team's own services of it; those of others it sees on their pages."""
    services = list(Service.objects.of(team).filter(source=source).listed())
    several = len([each for each in services if each.ended_at is None]) > 1
    return [
        Part(
            name=service.name,
            said=claims.said(rule.of_service(service)),
            url=reverse("delivery-rules", args=[team.pk, service.pk]),
            ended_at=service.ended_at,
            end_url=reverse("service-end", args=[team.pk, service.pk])
            if several and service.ended_at is None and not service.is_imported
            else "",
        )
        for service in services
    ]


def ended(source: Source, team: Team, at: datetime) -> None:
    """All that the team has of it ends; what was its part is free for others."""
    from delivery.services import class_all

    Service.objects.live().of(team).filter(source=source).update(ended_at=at)
    class_all(source)
