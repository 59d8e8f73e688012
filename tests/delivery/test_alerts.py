"""Alertmanager's webhook: docs/definitions.md, Alerts."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from delivery.models import AlertRule, Incident
from teams.models import Person, Team
from tests.delivery.factories import ServiceFactory, at
from tests.delivery.pushes import Program, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]


@pytest.fixture
def program(team: Team, editor: Person) -> Program:
    return Program(team, editor)


def alert(status: str = "firing", **changes: Any) -> dict[str, Any]:
    """As Alertmanager 0.27 sends it."""
    ended = "2026-11-03T10:00:00.5Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    return {
        "status": status,
        "labels": {"alertname": "StalePredictions", "severity": "critical", "instance": "a:9090"},
        "annotations": {"summary": "Predictions are stale", "runbook_url": "https://example.com/runbook"},
        "startsAt": "2026-11-03T08:00:00.123456789Z",
        "endsAt": ended,
        "generatorURL": "http://prometheus:9090/graph?g0.expr=up",
        "fingerprint": "d2f0b1c5a4e3f697",
    } | changes


def delivery(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": '{}:{alertname="StalePredictions"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "portal",
        "groupLabels": {"alertname": "StalePredictions"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
    }


def post(program: Program, *alerts: dict[str, Any], status: int = 200) -> Any:
    response = program.send("alerts", delivery(*alerts))
    assert response.status_code == status, response.content
    return response.json()


def test_a_firing_alert_is_an_incident_until_it_is_resolved(program: Program, team: Team) -> None:
    answer = post(program, alert())
    ident = "d2f0b1c5a4e3f697:20261103T080000.123456Z"
    assert answer == {"incidents": [{"id": ident, "service": None, "result": "new"}], "passed_over": 0, "refused": []}
    row = Incident.objects.get()
    assert (row.key, row.title, row.team, row.service, row.resolved_at) == (
        f"alert:{ident}", "Predictions are stale", team, None, None,
    )  # fmt: skip
    assert "severity=critical" in row.labels
    assert post(program, alert("resolved"))["incidents"][0]["result"] == "changed"
    row = Incident.objects.get()
    assert (row.resolved_at, list(Incident.objects.counted())) == (at("2026-11-03 10:00:00.5"), [row])


def test_in_any_order_and_repeated_they_leave_the_same_rows(program: Program) -> None:
    told = [alert(), alert("resolved"), alert(startsAt="2026-11-04T08:00:00Z"), alert(fingerprint="e2")]
    found = []
    for order in list(permutations(told))[::5]:
        Incident.objects.all().delete()
        for each in (*order, order[0]):
            post(program, each)
        found.append(rows())
    assert all(each == found[0] for each in found)
    assert [row[4] is None for row in found[0][1]] == [False, True, True]


def test_the_label_service_names_a_service_or_it_is_the_teams(program: Program, team: Team) -> None:
    service = ServiceFactory(source__connection__team=team, name="churn-model")
    labels = alert()["labels"]
    post(program, alert(labels=labels | {"service": "Churn-Model"}))
    post(program, alert(labels=labels | {"service": "node-exporter"}, fingerprint="e2"))
    assert list(Incident.objects.order_by("key").values_list("service", flat=True)) == [service.pk, None]


def test_which_alerts_are_incidents_is_the_teams_rule(program: Program, team: Team) -> None:
    warning = alert(labels={"alertname": "Slow", "severity": "warning"})
    bare = alert(labels={}, fingerprint="e2")
    assert post(program, warning, bare) == {"incidents": [], "passed_over": 2, "refused": []}
    AlertRule.objects.create(team=team, label="severity", values=["Warning", "page"])
    assert [each["result"] for each in post(program, warning, bare)["incidents"]] == ["new"]
    assert Incident.objects.get().resolved_at is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"startsAt": "today"}, "startsAt"),
        ({"status": "pending"}, "status"),
        ({"fingerprint": "x" * 65}, "fingerprint"),
        ({"labels": ["severity"]}, "labels"),
    ],
)
def test_a_bad_alert_is_told_and_stores_nothing(program: Program, changes: dict[str, Any], field: str) -> None:
    post(program, alert())
    before = rows()
    told = post(program, alert(fingerprint="e2"), alert(**{"fingerprint": "e3"} | changes), status=400)["alerts"]
    assert (set(told), set(told["1"])) == ({"1"}, {field})
    assert rows() == before


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"status": "resolved", "endsAt": "2026-11-03T07:00:00Z"}, "endsAt", "It was resolved before it began."),
        ({"status": "resolved", "endsAt": "2026-11-25T07:00:00Z"}, "endsAt", "This lies in the future."),
        ({"status": "resolved", "endsAt": "soon"}, "endsAt", "A resolved alert says in endsAt when it ended."),
        (
            {"status": "resolved", "endsAt": "0001-01-01T00:00:00+14:00"},
            "endsAt",
            "A resolved alert says in endsAt when it ended.",
        ),
        ({"startsAt": "2026-11-25T08:00:00Z"}, "startsAt", "This lies in the future."),
    ],
)
def test_beside_one_that_cannot_be_the_others_are_taken(
    program: Program, changes: dict[str, Any], field: str, reason: str
) -> None:
    bad = alert(**{"fingerprint": "e3"} | changes)
    taken = post(program, alert(labels={}), bad, alert(fingerprint="e2"))
    assert [each["id"][:3] for each in taken["incidents"]] == ["e2:"]
    assert taken["refused"] == [{"index": 1, "field": field, "reason": reason}]
    assert (taken["passed_over"], Incident.objects.count()) == (1, 1)
    assert post(program, bad, alert(labels={}), status=400) == {"alerts": {"0": {field: [reason]}}}


def test_one_of_another_service_than_before_is_refused_alone(program: Program, team: Team) -> None:
    for name in ("one", "other"):
        ServiceFactory(source__connection__team=team, name=name)
    labels = alert()["labels"]
    post(program, alert(labels=labels | {"service": "one"}))
    moved = alert(labels=labels | {"service": "other"})
    taken = post(program, moved, alert(fingerprint="e2"))
    assert [(each["index"], each["field"]) for each in taken["refused"]] == [(0, "labels")]
    assert set(Incident.objects.values_list("service__name", flat=True)) == {"one", None}
    assert list(post(program, moved, status=400)["alerts"]["0"]) == ["labels"]


def test_another_version_and_a_megabyte_are_refused(program: Program) -> None:
    assert program.send("alerts", delivery(alert()) | {"version": "3"}).status_code == 400
    assert program.send("alerts", delivery(alert(generatorURL="x" * (1 << 20)))).status_code == 413
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("told", "kept"), [("http://prometheus:9090/graph", "http://prometheus:9090/graph"), ("javascript:alert(1)", "")]
)
def test_only_the_address_of_a_page_is_kept(program: Program, told: str, kept: str) -> None:
    post(program, alert(generatorURL=told))
    assert Incident.objects.get().url == kept
