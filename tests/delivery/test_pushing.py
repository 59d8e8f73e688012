"""Deployments and incidents that programs push: docs/definitions.md, Pushed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connections.models import Source
from core import clock
from core.retention import prune
from delivery import facts
from delivery.board import Choice, board
from delivery.models import Change, Deployment, Incident, PushKey, Service
from delivery.pushing import keys
from delivery.records import DeliveryStore
from teams.models import AuditEvent, Person, Team, TokenScope
from tests.connections.factories import SourceFactory
from tests.delivery.factories import NOW, DeploymentFactory, IncidentFactory, ServiceFactory, at
from tests.delivery.pushes import CHANGE, DEPLOYMENT, INCIDENT, Program, rows
from tests.factories import TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]


@pytest.fixture
def program(team: Team, editor: Person) -> Program:
    return Program(team, editor)


def test_a_new_name_makes_a_service_that_programs_push_to(program: Program, team: Team) -> None:
    answer = program.deploy()["deployments"]
    assert answer == [
        {
            "id": "build-512",
            "service": "churn-model",
            "result": "new",
            "environment_class": "production",
            "counts": True,
        }
    ]
    row, service = Deployment.objects.get(), Service.objects.get()
    assert (row.key, row.finished_at, row.sha) == ("push:build-512", at("2026-11-02 09:42"), "4f2c9ab")
    assert (service.name, service.team, service.deployment_source, service.source.connection.kind) == (
        "churn-model", team, "pushed", "pushed",
    )  # fmt: skip
    assert service.environments == {"production": ["production"]}
    assert list(Deployment.objects.counted()) == [row]
    assert AuditEvent.objects.get().action == "connection.pushed"


def test_the_same_again_changes_nothing(program: Program) -> None:
    program.deploy()
    before = rows()
    assert program.deploy()["deployments"][0]["result"] == "same"
    assert rows() == before


def test_what_comes_late_changes_nothing_and_what_was_known_later_stands(program: Program) -> None:
    finished = {"outcome": "succeeded", "title": "Retrain"}
    assert program.deploy(**finished)["deployments"][0]["result"] == "new"
    assert program.deploy(outcome="running", finished_at=None)["deployments"][0]["result"] == "older"
    assert Deployment.objects.get().title == "Retrain"
    corrected = program.deploy(outcome="failed", updated_at="2026-11-02T10:00:00Z")
    assert corrected["deployments"][0] | {"result": "changed", "counts": False} == corrected["deployments"][0]
    again = program.deploy(attempt=2, outcome="running", finished_at=None, created_at="2026-11-24T09:00:00Z")
    assert (again["deployments"][0]["result"], Deployment.objects.get().outcome) == ("changed", "running")


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"finished_at": "2026-11-24T09:33:00Z"}, "finished_at", "This lies in the future."),
        (
            {"created_at": "2026-11-24T09:33:00Z", "finished_at": None, "outcome": "running"},
            "created_at",
            "in the future",
        ),
        ({"updated_at": "2026-11-25T00:00:00Z"}, "updated_at", "in the future"),
        ({"finished_at": "2026-11-02T09:29:59Z"}, "finished_at", "It finished before it began."),
        ({"created_at": "1999-11-02T09:30:00Z"}, "created_at", "before the year 2000"),
        ({"outcome": "running"}, "finished_at", "What is running has not finished."),
        ({"finished_at": None}, "finished_at", "Say when it finished."),
        ({"finished_at": "2026-11-02T09:42:00"}, "finished_at", "Say the time zone"),
        ({"finished_at": "yesterday"}, "finished_at", "Datetime has wrong format"),
        ({"environment": "sandbox"}, "environment", "Nobody said what “sandbox” is"),
        ({"environment_class": "staging"}, "environment_class", "“production” is “Production”"),
        ({"environment": ""}, "environment", "may not be blank"),
        ({"outcome": "great"}, "outcome", "not a valid choice"),
        ({"colour": "blue"}, "colour", "There is no such field to send."),
        (
            {"url": "javascript:alert(1)"},
            "url",
            "The address must begin with https:// or http:// and the name of a host.",
        ),
        ({"id": "x" * 91}, "id", "no more than 90 characters"),
        ({"changes": [CHANGE | {"merged_at": "2026-11-01T09:00:00Z"}]}, "changes", "merged before it was opened"),
        ({"created_at": None, "finished_at": "2026-11-24T09:33:00Z"}, "finished_at", "This lies in the future."),
    ],
)
def test_bad_input_is_told_at_its_field_and_stores_nothing(
    program: Program, fields: dict[str, Any], field: str, sentence: str
) -> None:
    program.deploy()
    before = rows()
    good = DEPLOYMENT | {"id": "build-513"}
    bad = {name: value for name, value in (DEPLOYMENT | {"sha": "other"} | fields).items() if value is not None}
    told = program.push("deployments", good, bad, status=400)["deployments"]
    assert (set(told), set(told["1"])) == ({"1"}, {field})
    assert sentence in str(told["1"][field])
    assert rows() == before


@pytest.mark.parametrize(
    "body",
    [{}, {"deployments": []}, {"deployments": {}}, [], {"deployments": [7]}, {"deployments": [{}] * 101},
     {"deployments": [DEPLOYMENT], "colour": 1}, {"deployment": [DEPLOYMENT]}],
)  # fmt: skip
def test_what_is_no_push_is_refused(program: Program, body: Any) -> None:
    assert program.send("deployments", body).status_code == 400
    assert not Service.objects.exists()


def test_a_megabyte_is_not_read(program: Program) -> None:
    response = program.send("deployments", {"deployments": [DEPLOYMENT | {"title": "x" * (1 << 20)}]})
    assert response.status_code == 413
    assert "so nothing of it was read." in response.json()["detail"]
    assert program.send("incidents", {"incidents": [INCIDENT | {"title": "x" * (1 << 20)}]}).status_code == 413
    assert not Service.objects.exists()


def test_an_environment_is_classed_by_the_rules_by_its_name_or_by_who_pushes(program: Program) -> None:
    for number, (name, said, kind) in enumerate(
        [("staging", None, "staging"), ("PRD-EU", "production", "production"), ("PRD-EU", None, "production"),
         ("sandbox", "other", "other"), ("sandbox", None, "other"), ("Prod", None, "production")]
    ):  # fmt: skip
        answer = program.deploy(id=f"build-{number}", environment=name, environment_class=said)
        assert answer["deployments"][0]["environment_class"] == kind, name
    assert Service.objects.get().environments == {"staging": ["staging"], "production": ["PRD-EU", "Prod"]}


def test_what_is_never_told_to_have_ended_is_given_up_after_seven_days(program: Program) -> None:
    program.deploy(outcome="running", created_at="2026-11-24T09:00:00Z", finished_at=None)
    prune()
    assert Deployment.objects.get().outcome == "running"
    with clock.at(NOW + timedelta(days=7)):
        prune()
    assert Deployment.objects.get().outcome == "unknown"
    program.deploy(created_at="2026-11-24T09:00:00Z", finished_at="2026-11-24T09:20:00Z")
    assert Deployment.objects.get().outcome == "succeeded"


# -- One source for each service


def test_a_second_source_is_refused_and_stores_nothing(program: Program, team: Team) -> None:
    connected = ServiceFactory(source__connection__team=team, name="acme/shop")
    files = ServiceFactory(source__connection__team=team, source__connection__kind="imported", name="by-file")
    DeploymentFactory(service=connected, key="build-512")
    before = rows()
    for service, words in ((connected, "come from its repository"), (files, "as files or by hand")):
        told = program.deploy(service=service.name, status=409)
        assert (words in told["detail"], "count twice" in told["detail"]) == (True, True)
    assert rows() == before


def test_a_repository_can_be_read_for_its_incidents_while_programs_push_its_deployments(
    program: Program, team: Team
) -> None:
    service = ServiceFactory(
        source__connection__team=team,
        name="acme/shop",
        deployment_source="pushed",
        environments={"production": ["live"]},
    )
    DeploymentFactory(service=service, in_scope=False)
    assert program.deploy(service="Acme/Shop", environment="live")["deployments"][0]["counts"] is True
    assert [row.key for row in Deployment.objects.counted()] == ["push:build-512"]


def test_a_host_is_not_asked_for_what_others_told(program: Program, team: Team) -> None:
    service = ServiceFactory(
        source__connection__team=team,
        name="acme/shop",
        deployment_source="pushed",
        environments={"production": ["live"]},
    )
    running = {"outcome": "running", "created_at": "2026-11-24T09:00:00Z", "finished_at": None}
    program.deploy(service="acme/shop", environment="live", **running)
    program.report(service="acme/shop")
    IncidentFactory(service=service, team=team, key="issue:6", resolved_at=None)
    store = DeliveryStore()
    assert list(store.unfinished_keys(service.source, NOW)) == []
    assert list(store.keys_to_check(service.source, NOW)) == ["issue:6"]


def test_a_program_that_names_a_new_service_each_time_is_stopped(program: Program, team: Team) -> None:
    for number in range(3):
        source = SourceFactory(connection__team=team, connection__kind="pushed", connection__credential=None)
        ServiceFactory(source=source, deployment_source="pushed", name=f"pushed-{number}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("delivery.pushing.services.MOST", 3)
        told = program.deploy(status=400)["deployments"]["0"]
    assert "Does the name change with each push?" in told["service"][0]
    assert Source.objects.count() == 3


# -- Incidents


def test_an_incident_is_of_a_service_or_of_the_team(program: Program, team: Team) -> None:
    service = ServiceFactory(source__connection__team=team, name="churn-model")
    assert program.report()["incidents"] == [{"id": "INC-42", "service": None, "result": "new"}]
    row = Incident.objects.get()
    assert (row.team, row.service, row.key, row.resolved_at) == (team, None, "push:INC-42", None)
    resolved = program.report(resolved_at="2026-11-03T10:00:00Z", service="Churn-Model")
    assert resolved["incidents"] == [{"id": "INC-42", "service": "churn-model", "result": "changed"}]
    row = Incident.objects.get()
    assert (row.service, row.hours) == (service, 2.0)
    assert program.report()["incidents"] == [{"id": "INC-42", "service": "churn-model", "result": "older"}]
    assert Incident.objects.get().hours == 2.0


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"resolved_at": "2026-11-03T07:59:59Z"}, "resolved_at", "It was resolved before it began."),
        ({"began_at": "2026-11-24T09:33:00Z"}, "began_at", "This lies in the future."),
        ({"resolved_at": "2026-11-24T09:33:00Z"}, "resolved_at", "This lies in the future."),
        ({"service": "chum-model"}, "service", "The team has no service “chum-model”."),
        (
            {"url": "javascript:alert(1)"},
            "url",
            "The address must begin with https:// or http:// and the name of a host.",
        ),
        ({"severity": "high"}, "severity", "There is no such field to send."),
    ],
)
def test_bad_incidents_are_told_at_their_field_and_store_nothing(
    program: Program, fields: dict[str, Any], field: str, sentence: str
) -> None:
    program.report()
    before = rows()
    told = program.push("incidents", INCIDENT | {"id": "INC-43"}, INCIDENT | fields, status=400)["incidents"]
    assert (set(told), set(told["1"])) == ({"1"}, {field})
    assert sentence in str(told["1"][field])
    assert rows() == before


def test_the_same_id_from_two_sources_is_refused(program: Program, team: Team) -> None:
    one, other = (ServiceFactory(source__connection__team=team, name=name) for name in ("one", "other"))
    IncidentFactory(service=one, team=team, key="issue:6")
    IncidentFactory(service=one, team=team, key="import:INC-7")
    program.report(service="one")
    before = rows()
    for fields in ({"id": "issue:6"}, {"id": "INC-7"}, {"service": other.name}):
        assert program.report(**fields, title="Other", status=409)["detail"].startswith("“")
    assert rows() == before


# -- Changes


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (" HTTPS://ci.example.com/a b?c=d\n", "HTTPS://ci.example.com/a b?c=d"),
        ("http://例え.jp/", "http://例え.jp/"),
        ("  ", ""),
        ("https://", None),
        ("https:///x", None),
        ("https://[", None),  # fits the pattern of the description, and no host can be read out of it
    ],
)
def test_the_address_of_a_page_is_kept_or_refused(program: Program, sent: str, kept: str | None) -> None:
    response = program.send("deployments", {"deployments": [DEPLOYMENT | {"url": sent}]})
    refused = list(response.json()["deployments"]["0"]) if response.status_code == 400 else []
    assert refused == (["url"] if kept is None else [])
    assert [row.url for row in Deployment.objects.all()] == ([] if kept is None else [kept])


def test_a_deployment_may_bring_changes(program: Program) -> None:
    program.deploy(changes=[CHANGE | {"title": "Retrain", "author": "ada", "number": 12}])
    row = Change.objects.get()
    assert (row.key, row.deployment.key, row.merge_sha, row.number, row.first_commit_at) == (
        "push:12", "push:build-512", "4f2c9ab", 12, at("2026-11-01 08:00"),
    )  # fmt: skip


def brought_by() -> str:
    """The key of the deployment that brought the only change."""
    return Change.objects.select_related("deployment").get().deployment.key


def test_the_first_deployment_that_counts_brought_a_change(program: Program) -> None:
    later = {"created_at": "2026-11-03T09:30:00Z", "finished_at": "2026-11-03T09:42:00Z", "changes": [CHANGE]}
    program.deploy(id="b", **later)
    program.deploy(id="failed", outcome="failed", changes=[CHANGE])
    assert brought_by() == "push:b"
    program.deploy(id="a", changes=[CHANGE])
    assert brought_by() == "push:a"
    program.deploy(id="a", outcome="failed", updated_at="2026-11-04T09:42:00Z")
    assert brought_by() == "push:b"


def result_of(program: Program, **fields: Any) -> str:
    found: str = program.deploy(**fields)["deployments"][0]["result"]
    return found


def test_a_change_moves_when_only_its_naming_is_new(program: Program) -> None:
    later = {"created_at": "2026-11-03T09:30:00Z", "finished_at": "2026-11-03T09:42:00Z", "changes": [CHANGE]}
    program.deploy(id="b", **later)
    program.deploy(id="a")
    assert brought_by() == "push:b"
    assert result_of(program, id="a", changes=[CHANGE]) == "changed"
    assert brought_by() == "push:a"


# -- Keys


def test_the_same_key_is_done_once_and_answered_alike(program: Program) -> None:
    first = program.push("deployments", DEPLOYMENT, Idempotency_Key="k-1")
    assert first["deployments"][0]["result"] == "new"
    assert program.push("deployments", DEPLOYMENT, Idempotency_Key="k-1") == first
    assert PushKey.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(program: Program) -> None:
    program.push("deployments", DEPLOYMENT, Idempotency_Key="k-1")
    before = rows()
    other = DEPLOYMENT | {"id": "build-513"}
    sentence = "This Idempotency-Key came with another body before. Nothing was changed; use another key."
    assert program.push("deployments", other, status=409, Idempotency_Key="k-1") == {"detail": sentence}
    assert program.push("incidents", INCIDENT, status=409, Idempotency_Key="k-1") == {"detail": sentence}
    assert rows() == before


def test_a_refused_push_leaves_its_key_free(program: Program) -> None:
    program.push("deployments", DEPLOYMENT | {"environment": "sandbox"}, status=400, Idempotency_Key="k-1")
    assert not PushKey.objects.exists()
    program.push("deployments", DEPLOYMENT, Idempotency_Key="k-1")
    sentence = "An Idempotency-Key has 1 to 255 visible ASCII characters."
    for key in ("", "a b", "ü", "x" * 256):
        assert program.push("deployments", DEPLOYMENT, status=400, Idempotency_Key=key) == {"detail": sentence}


def test_keys_are_kept_for_seven_days(program: Program) -> None:
    program.push("deployments", DEPLOYMENT, Idempotency_Key="k-1")
    with clock.at(NOW + keys.KEPT - timedelta(seconds=1)):
        prune()
        program.push("deployments", DEPLOYMENT | {"sha": "x"}, status=409, Idempotency_Key="k-1")
    with clock.at(NOW + keys.KEPT):
        assert program.push("deployments", DEPLOYMENT, Idempotency_Key="k-1")["deployments"][0]["result"] == "same"
    with clock.at(NOW + 2 * keys.KEPT + timedelta(seconds=1)):
        prune()
    assert not PushKey.objects.exists()


# -- Who may


def test_a_token_pushes_to_its_own_team_only(team: Team, editor: Person) -> None:
    reading = Program(team, editor, TokenScope.READ)
    assert reading.send("deployments", {"deployments": [DEPLOYMENT]}).status_code == 403
    writing = Program(team, editor)
    writing.team = TeamFactory()
    assert writing.send("deployments", {"deployments": [DEPLOYMENT]}).status_code == 404
    writing.secret = "wrong"
    assert writing.send("incidents", {"incidents": [INCIDENT]}).status_code == 401
    assert not Service.objects.exists()


def test_a_push_of_many_costs_as_many_queries_as_one_of_few(program: Program) -> None:
    program.push("deployments", *(DEPLOYMENT | {"id": f"first-{n}", "changes": [CHANGE]} for n in range(2)))
    counts = []
    for number in (3, 30):
        entries = [DEPLOYMENT | {"id": f"{number}-{n}", "changes": [CHANGE | {"id": f"{n}"}]} for n in range(number)]
        with CaptureQueriesContext(connection) as queries:
            program.push("deployments", *entries)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# -- What follows


def test_figures_count_what_was_pushed(program: Program, team: Team) -> None:
    """Deployed after 25.7 h, broken an hour later, resolved after two; of a team that reads nothing."""
    program.deploy(changes=[CHANGE])
    program.report(service="churn-model", began_at="2026-11-02T10:42:00Z", resolved_at="2026-11-02T12:42:00Z")
    found = board(team, Choice(length="all"))
    assert found.five.frequency is not None
    assert (found.five.frequency.count, found.five.failure_rate.value, found.five.mttr.mean) == (1, 1.0, 2.0)
    assert (found.five.recovery.median, Deployment.objects.get().failures) == (3.0, 1)
    assert found.five.lead_time.median == pytest.approx(25.7)
    assert "Incidents are not read." not in facts.of("mttr", found.five, found.reads)
    program.report(service="churn-model", began_at="2026-11-02T10:42:00Z", updated_at="2026-11-02T13:00:00Z")
    assert board(team, Choice(length="all")).five.mttr.still_open == 1
