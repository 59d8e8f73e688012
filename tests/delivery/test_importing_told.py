"""Files beside what programs push and people enter: incidents of no service, other sources, there and back."""

from __future__ import annotations

import pytest

from delivery import by_hand
from delivery.importing import Deployments, Incidents
from delivery.models import Deployment, Incident
from teams.models import Person, Team
from tests.delivery.factories import IncidentFactory, ServiceFactory, at
from tests.delivery.pushes import Program
from tests.importing import brought, csv_of, file_of, planned, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
ROW = {"service": "", "key": "INC-1", "title": "Stale", "began": "2026-11-03 08:00", "resolved": "2026-11-03 10:00"}


def test_an_incident_without_a_service_is_the_teams_and_twice_is_once(team: Team, editor: Person) -> None:
    file = csv_of([ROW, {name: value for name, value in ROW.items() if name not in ("service", "key")}])
    assert states(brought(Incidents(), file, team, editor)) == ["new", "new"]
    assert states(brought(Incidents(), file, team, editor)) == ["same", "same"]
    assert [(row.team, row.service, row.hours) for row in Incident.objects.all()] == [(team, None, 2.0)] * 2
    later = csv_of([ROW | {"resolved": "2026-11-03 12:00"}])
    assert states(brought(Incidents(), later, team, editor)) == ["changed"]
    assert Incident.objects.get(key="import:INC-1").hours == 4.0


def test_what_others_told_comes_back_the_same_and_is_not_changed_by_a_file(team: Team, editor: Person) -> None:
    service = ServiceFactory(source__connection__team=team, name="churn-model")
    program = Program(team, editor)
    program.report(id="INC-2", service="churn-model")
    program.report(id="INC-3")
    told = {"title": "Stale", "began_at": at("2026-11-03 08:00"), "resolved_at": None, "url": ""}
    by_hand.enter_incident(team=team, service=service, by=editor, **told)
    IncidentFactory(team=team, service=None, key="alert:e2:20261103T080000.000000Z", labels=["severity=critical"])
    assert states(planned(Incidents(), file_of(Incidents(), team, "csv"), team, editor)) == ["same"] * 4
    rows = [
        {"service": "churn-model", "key": "push:INC-2", "title": "Other", "began": "2026-11-03 08:00"},
        {"service": "", "key": "push:INC-3", "title": "Other", "began": "2026-11-03 08:00"},
        {"service": "", "key": "INC-3", "title": "Other", "began": "2026-11-03 08:00"},
        {"service": "churn-model", "key": "INC-3", "title": "Other", "began": "2026-11-03 08:00"},
    ]
    said = [each.reason for each in planned(Incidents(), csv_of(rows), team, editor)]
    assert [each.partition(".")[0] for each in said] == [
        "This incident is told by a program, or was entered by hand",
        "This incident is told by a program, or was entered by hand",
        "A program pushed an incident with this key",
        "A program pushed an incident with this key",
    ]


def test_files_do_not_feed_what_programs_push(team: Team, editor: Person) -> None:
    Program(team, editor).deploy()
    assert states(planned(Deployments(), file_of(Deployments(), team, "csv"), team, editor)) == ["same"]
    row = {"service": "churn-model", "environment": "production", "began": "2026-11-04 08:00"}
    (found,) = planned(Deployments(), csv_of([row]), team, editor)
    assert found.reason == "Programs push the deployments of “churn-model”. Two sources would count twice."
    assert Deployment.objects.count() == 1


def test_files_and_hands_feed_the_same_services(team: Team, editor: Person) -> None:
    row = {
        "service": "churn-model",
        "environment": "production",
        "began": "2026-11-02 08:00",
        "finished": "2026-11-02 09:00",
    }
    brought(Deployments(), csv_of([row]), team, editor)
    told = dict.fromkeys(("branch", "sha", "title", "url"), "") | {"environment": "production", "outcome": "succeeded"}
    at_nine = {"created_at": None, "finished_at": at("2026-11-04 09:00")}
    made = by_hand.enter_deployment(team=team, service="Churn-Model", by=editor, **told, **at_nine)
    assert (Deployment.objects.counted().count(), made.service.name, made.created_at) == (
        2,
        "churn-model",
        at("2026-11-04 09:00"),
    )
    made.service.source.refresh_from_db()
    assert made.service.source.succeeded_at == at("2026-11-04 09:00")
