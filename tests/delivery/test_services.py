"""Changing the rules of a service: rows are classed anew and what was passed over is read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections.models import Source
from connectors.records import DeploymentSource
from core import clock
from delivery import rules, services
from delivery.models import Deployment, Incident, Service
from delivery.records import DeliveryStore
from delivery.rules import Rules, of_service, parts_of
from teams.models import AuditEvent, Person
from tests.connections.factories import NOW
from tests.connections.stub import deployment, incident

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

BY_ENVIRONMENT = Rules(
    DeploymentSource.DEPLOYMENTS,
    environments={"production": ["production"], "staging": ["staging"]},
    incident_labels=["incident"],
)


@pytest.fixture(autouse=True)
def _stored(service: Service) -> None:
    DeliveryStore().store(
        service.source,
        [
            deployment(1, NOW, environment="production", branch="main"),
            deployment(2, NOW, environment="staging", branch="main"),
            deployment(3, NOW, environment="eu-live", branch="topic"),
            deployment(4, NOW, key="run:4", environment="", workflow="42", branch="main"),
            deployment(5, NOW, key="run:5", environment="", workflow="42", branch="topic"),
            deployment(6, NOW, key="run:6", environment="", workflow="43", branch="main"),
            incident(1, NOW, 1),
            incident(2, NOW, 1, labels=("bug",)),
        ],
        NOW,
    )


def change(service: Service, chosen: Rules, by: Person) -> None:
    services.change_rules(service_id=service.pk, rules=chosen, seen=parts_of(of_service(service)), by=by)
    service.refresh_from_db()


def counted() -> list[str]:
    return list(Deployment.objects.counted().order_by("key").values_list("key", flat=True))


def test_new_production_rules_class_stored_rows_anew(service: Service, team_admin: Person) -> None:
    assert counted() == ["deployment:1"]
    change(
        service,
        Rules(DeploymentSource.DEPLOYMENTS, environments={"production": ["*live*"]}, incident_labels=["incident"]),
        team_admin,
    )
    assert counted() == ["deployment:3"]
    classes = dict(Deployment.objects.filter(in_scope=True).values_list("key", "environment_class"))
    assert classes == {"deployment:1": "other", "deployment:2": "other", "deployment:3": "production"}
    service.source.refresh_from_db()
    assert service.source.edition == 1, "nothing needs to be read for that"
    event = AuditEvent.objects.get(action="delivery.rules_changed")
    assert event.data["before"]["environments"]["production"] == ["production"]
    assert event.data["after"]["environments"]["production"] == ["*live*"]


def test_another_deployment_source_never_counts_twice_and_is_read(service: Service, team_admin: Person) -> None:
    Source.objects.update(state={"deployments": {"x": 1}, "incidents": {"y": 1}}, next_sync_at=NOW + timedelta(hours=1))
    runs = Rules(DeploymentSource.RUNS, workflows=[("42", "Deploy")], branches=["main"], incident_labels=["incident"])
    change(service, runs, team_admin)
    assert counted() == ["run:4"]
    assert Deployment.objects.count() == 6, "nothing stored is lost"
    service.source.refresh_from_db()
    assert service.source.state == {"incidents": {"y": 1}}
    assert service.source.next_sync_at == NOW
    assert service.source.options["deployments"] == "runs"
    assert service.source.options["workflows"] == ["42"]

    change(service, Rules(DeploymentSource.RUNS, workflows=[("42", "D"), ("43", "E")], branches=["*"]), team_admin)
    assert counted() == ["run:4", "run:5", "run:6"]
    change(service, BY_ENVIRONMENT, team_admin)
    assert counted() == ["deployment:1"]


def test_other_labels_take_incidents_in_and_out(service: Service, team_admin: Person) -> None:
    assert list(Incident.objects.in_scope().values_list("key", flat=True)) == ["issue:1"]
    change(
        service,
        Rules(DeploymentSource.DEPLOYMENTS, environments=BY_ENVIRONMENT.environments, incident_labels=["Bug"]),
        team_admin,
    )
    assert list(Incident.objects.in_scope().values_list("key", flat=True)) == ["issue:2"]


def test_the_same_rules_again_change_nothing(service: Service, team_admin: Person) -> None:
    change(service, rules.of_service(service), team_admin)
    assert not AuditEvent.objects.exists()


def test_a_sync_under_the_old_rules_is_classed_by_the_new_ones(service: Service, team_admin: Person) -> None:
    change(
        service,
        Rules(DeploymentSource.DEPLOYMENTS, environments={"production": ["eu-live"]}, incident_labels=["incident"]),
        team_admin,
    )
    with clock.at(NOW):
        DeliveryStore().store(service.source, [deployment(9, NOW, environment="production")], NOW)
    assert Deployment.objects.get(key="deployment:9").environment_class == "other"


def test_thousands_of_branches_are_classed_in_few_queries(
    service: Service,
    team_admin: Person,
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    many = [
        deployment(n, NOW, key=f"run:{n}", environment="", workflow="42", branch=f"topic-{n}") for n in range(100, 1300)
    ]
    DeliveryStore().store(service.source, many, NOW)
    runs = Rules(DeploymentSource.RUNS, workflows=[("42", "Deploy")], branches=["*"])
    with CaptureQueriesContext(connection) as queries:
        change(service, runs, team_admin)
    assert len(counted()) == 1202
    assert len(queries) < 120  # nine in ten of them refresh what follows, 500 rows at a time
