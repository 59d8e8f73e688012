"""Deployments and incidents as tables: brought, brought again, and back as they were. docs/definitions.md, Files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connections import health, schedule
from connections.models import Source
from core import clock
from core.imports import Importer
from delivery import services
from delivery.board import Choice, board
from delivery.importing import Deployments, Incidents
from delivery.models import Deployment, Incident, OutcomeChoice, Service
from delivery.rules import of_service, parts_of
from teams.models import AuditEvent, Person, Team
from tests.delivery.factories import NOW, DeploymentFactory, IncidentFactory, ServiceFactory, at
from tests.importing import brought, csv_of, file_of, planned, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

ROW = {
    "service": "churn-model",
    "environment": "production",
    "began": "2026-11-02 09:30",
    "finished": "2026-11-02 09:42",
}


def reasons(importer: Importer, rows: list[dict[str, Any]], team: Team, by: Person) -> list[str]:
    return [each.reason for each in planned(importer, csv_of(rows), team, by)]


@pytest.fixture
def tokyo(team: Team) -> Team:
    team.time_zone = "Asia/Tokyo"
    team.save()
    return team


# -- Deployments


def test_a_new_name_makes_a_service_that_files_feed(tokyo: Team, editor: Person) -> None:
    file = csv_of(
        [
            ROW | {"key": "build-1", "sha": "4f2c", "title": "=first", "url": "https://ci.example.com/1"},
            ROW | {"key": "build-2", "environment": "staging", "outcome": "失敗", "finished": ""},
            ROW | {"key": "build-3", "environment": "sandbox", "began": "2026-11-03T09:30Z", "finished": ""},
        ]
    )
    found = brought(Deployments(), file, tokyo, editor)
    assert states(found) == ["new"] * 3
    assert [each.title.rpartition(", ")[2] for each in found] == [
        "production (Production)", "staging (Staging)", "sandbox (Other)",
    ]  # fmt: skip
    service = Service.objects.get()
    assert (service.name, service.team, service.deployment_source) == ("churn-model", tokyo, "deployments")
    assert dict(of_service(service).environments) == {"production": ("production",), "staging": ("staging",)}
    first, second, third = service.deployments.order_by("key")
    assert (first.key, first.created_at, first.finished_at) == (
        "import:build-1",
        at("2026-11-02 00:30"),
        at("2026-11-02 00:42"),
    )
    assert (first.title, first.sha, first.counts, first.environment_class) == ("=first", "4f2c", True, "production")
    assert (second.outcome, second.environment_class, second.finished_at) == ("failed", "staging", None)
    assert (third.created_at, third.outcome, third.counts) == (at("2026-11-03 09:30"), "succeeded", False)
    assert states(brought(Deployments(), file, tokyo, editor)) == ["same"] * 3
    assert Deployment.objects.count() == 3
    assert AuditEvent.objects.get(action="connection.imported").sentence({}) == "Began to import churn-model."


def test_without_a_key_the_same_row_is_the_same_deployment(team: Team, editor: Person) -> None:
    row = ROW | {"finished": "", "outcome": "running", "began": "2026-11-23 09:30", "sha": "1"}
    brought(Deployments(), csv_of([row]), team, editor)
    ended = row | {"finished": "2026-11-23 09:40", "outcome": "succeeded"}
    (found,) = brought(Deployments(), csv_of([ended]), team, editor)
    assert [(each.name, each.old) for each in found.differences] == [("Outcome", "Running"), ("Finished", "")]
    assert Deployment.objects.get().counts
    again = reasons(Deployments(), [ended, ended | {"title": "x"}], team, editor)
    assert again == ["", "Row 2 is about the same already."]


def test_an_empty_cell_leaves_what_is_there(team: Team, editor: Person) -> None:
    brought(Deployments(), csv_of([ROW | {"key": "1", "sha": "abc", "title": "One"}]), team, editor)
    less = {"service": "Churn-Model", "key": "1", "title": "Two"}
    (found,) = brought(Deployments(), csv_of([less]), team, editor)
    assert [(each.name, each.old, each.new) for each in found.differences] == [("Title", "One", "Two")]
    stored = Deployment.objects.get()
    assert (stored.title, stored.sha, stored.finished_at) == ("Two", "abc", at("2026-11-02 09:42"))


def test_what_a_repository_feeds_is_only_compared(service: Service, team: Team, editor: Person) -> None:
    stored = DeploymentFactory(service=service, key="deployment:7", title="a\r\nb")
    file = file_of(Deployments(), team, "csv")
    assert states(brought(Deployments(), file, team, editor)) == ["same"]
    refused = f"The deployments of “{service.name}” come from its repository. Two sources would count twice."
    rows = [{"service": service.name, "key": stored.key, "title": "x"}, ROW | {"service": service.name.upper()}]
    assert reasons(Deployments(), rows, team, editor) == [refused, refused]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"began": "", "finished": ""}, "Say when it began or finished."),
        ({"began": "yesterday"}, "“yesterday” is no instant."),
        ({"began": "2026-11-02 10:00"}, "It finished before it began."),
        ({"finished": "2027-01-01"}, "“2027-01-01” lies in the future."),
        ({"outcome": "great"}, "“great” is none of"),
        ({"outcome": "running"}, "What is running has not finished."),
        ({"branch": "b" * 256}, "has more than 255 characters."),
        ({"url": "javascript:alert(1)"}, "The address must begin with https:// or http:// and the name of a host."),
        ({"url": "https://"}, "The address must begin with https:// or http:// and the name of a host."),
        ({"url": "https://[x"}, "The address must begin with https:// or http:// and the name of a host."),
        ({"service": ""}, "Fill in: Service."),
        ({"service": "s" * 256}, "The name of the service is too long."),
    ],
)
def test_why_a_deployment_is_refused(change: dict[str, str], reason: str, team: Team, editor: Person) -> None:
    (said,) = reasons(Deployments(), [ROW | change], team, editor)
    assert reason in said


def test_the_rules_that_people_chose_stay(team: Team, editor: Person, team_admin: Person) -> None:
    brought(Deployments(), csv_of([ROW | {"key": "1"}]), team, editor)
    service = Service.objects.get()
    before = of_service(service)
    mine = before.__class__(before.deployments, environments={"production": ["live-*"]})
    services.change_rules(service_id=service.pk, rules=mine, seen=parts_of(before), by=team_admin)
    assert not Deployment.objects.get().counts
    rows = [ROW | {"key": "2"}, ROW | {"key": "3", "environment": "live-eu"}, ROW | {"key": "4", "environment": "prod"}]
    brought(Deployments(), csv_of(rows), team, editor)
    kinds = dict(Deployment.objects.values_list("key", "environment_class"))
    assert [kinds[f"import:{number}"] for number in (1, 2, 3, 4)] == ["other", "other", "production", "production"]


def test_nothing_is_read_for_such_a_service_and_its_page_says_so(
    team: Team, editor: Person, team_admin: Person, client: Client
) -> None:
    brought(Deployments(), csv_of([ROW]), team, editor)
    source = Source.objects.select_related("connection").get()
    assert (health.of(source, clock.now()).label, source.next_sync_at) == ("Imported", None)
    assert not Source.objects.due(NOW + timedelta(days=900)).exists()
    with pytest.raises(schedule.NotNow):
        schedule.sync_now(source_id=source.pk, by=team_admin)
    client.force_login(team_admin)
    assert client.post(reverse("connection-disconnect", args=[team.pk, source.pk])).status_code == 404
    page = client.get(reverse("connection", args=[team.pk, source.pk]))
    assert "People bring it as files; nothing is read." in page.content.decode()
    assert client.get(reverse("delivery-rules", args=[team.pk, source.services.get().pk])).status_code == 200


def test_figures_count_it_and_know_nothing_after_the_last_row(team: Team, editor: Person) -> None:
    rows = [ROW | {"began": f"2026-09-{day:02} 09:00", "finished": f"2026-09-{day:02} 10:00"} for day in (1, 8, 15)]
    brought(Deployments(), csv_of(rows), team, editor)
    found = board(team, Choice())
    figure = found.five.frequency
    assert figure is not None
    assert (figure.count, found.read_at, found.first_sync) == (3, None, False)
    with clock.at(datetime(2027, 3, 1, 9, tzinfo=UTC)):
        assert board(team, Choice()).five.frequency is None


# -- Incidents


def test_incidents_of_a_new_service_and_of_one_that_counts_incidents(
    service: Service, team: Team, editor: Person
) -> None:
    row = {"began": "2026-11-03 08:00", "resolved": "2026-11-03 11:30", "key": "INC-42", "title": "Stale"}
    file = csv_of([row | {"service": "churn-model"}, row | {"service": service.name, "resolved": ""}])
    assert states(brought(Incidents(), file, team, editor)) == ["new", "new"]
    mine, theirs = Incident.objects.order_by("-service")
    assert (mine.key, mine.hours, mine.in_scope, mine.service.deployment_source) == ("import:INC-42", 3.5, True, "none")
    assert (theirs.service, theirs.resolved_at, theirs.in_scope) == (service, None, True)
    assert states(brought(Incidents(), file, team, editor)) == ["same", "same"]
    found = board(team, Choice())
    assert (found.five.mttr.mean, found.five.mttr.still_open, found.reads.incidents) == (3.5, 1, True)


def test_other_labels_leave_what_was_brought(service: Service, team: Team, editor: Person) -> None:
    row = {"service": service.name, "began": "2026-11-03 08:00", "title": "Stale"}
    brought(Incidents(), csv_of([row]), team, editor)
    other = of_service(service)
    rules = replace(other, incident_labels=["sev1"])
    services.change_rules(service_id=service.pk, rules=rules, seen=parts_of(other), by=editor)
    assert Incident.objects.get().in_scope


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"began": ""}, "Fill in: Began."),
        ({"resolved": "2026-11-02"}, "It was resolved before it began."),
        ({"began": "2027-01-01"}, "lies in the future."),
        ({"url": "javascript:alert(1)"}, "The address must begin with https:// or http:// and the name of a host."),
        ({"service": "silent"}, "“silent” counts no incidents by its rules."),
        ({"key": "issue:5"}, "This incident comes from the repository of “acme/shop"),
    ],
)
def test_why_an_incident_is_refused(
    change: dict[str, str], reason: str, service: Service, team: Team, editor: Person
) -> None:
    IncidentFactory(service=service, key="issue:5")
    ServiceFactory(source__connection__team=team, name="silent", incident_labels=[])
    row = {"service": service.name, "began": "2026-11-03 08:00", "title": "Stale"} | change
    (said,) = reasons(Incidents(), [row], team, editor)
    assert reason in said


# -- There and back

TEXT = st.text(st.characters(exclude_categories=["C"]), max_size=12) | st.sampled_from(
    ["=1+1", "'=x", "-5", "a\r\nb", "データ", '"a";b', "\n=x", " x", "\x0b", "#N/A"]
)
INSTANT = st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 26), timezones=st.just(UTC)) | st.datetimes(
    datetime(2020, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC)
).map(lambda each: each.replace(microsecond=0))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@settings(max_examples=12, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "created_at": INSTANT,
                "finished_at": st.none() | st.timedeltas(timedelta(0), timedelta(days=2)),
                "outcome": st.sampled_from([value for value in OutcomeChoice.values if value != "running"]),
                **dict.fromkeys(("environment", "branch", "sha", "title", "url"), TEXT),
            }
        ),
        min_size=1,
        max_size=4,
    ),
    language=st.sampled_from(["en", "ja"]),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Tokyo"]),
)
def test_what_is_taken_comes_back_the_same(
    kind: str, rows: list[dict[str, Any]], language: str, zone: str, service: Service, team: Team, editor: Person
) -> None:
    with transaction.atomic():
        Team.objects.filter(pk=team.pk).update(time_zone=zone)
        for row in rows:
            ended = None if row["finished_at"] is None else row["created_at"] + row["finished_at"]
            DeploymentFactory(service=service, **(row | {"finished_at": ended}))
            IncidentFactory(service=service, title=row["title"], began_at=row["created_at"], resolved_at=ended)
        team = Team.objects.get(pk=team.pk)
        with translation.override(language):
            files = [(importer, file_of(importer, team, kind)) for importer in (Deployments(), Incidents())]
        for importer, file in files:
            assert states(planned(importer, file, team, editor)) == ["same"] * len(rows)
        transaction.set_rollback(True)


def test_the_zone_of_a_team_is_that_of_its_instants(tokyo: Team, editor: Person) -> None:
    brought(Deployments(), csv_of([ROW]), tokyo, editor)
    (row,) = Deployments().rows(tokyo)
    assert row[4].astimezone(ZoneInfo("Asia/Tokyo")).hour == 9


def test_the_rules_of_a_service_that_files_feed_ask_nothing_about_a_repository(
    signed_in: Callable[[Person], Client], team: Team, editor: Person, team_admin: Person
) -> None:
    rows = [ROW | {"key": "a", "environment": "production"}, ROW | {"key": "b", "environment": "tokyo"}]
    brought(Deployments(), csv_of(rows), team, editor)
    brought(Incidents(), csv_of([{"service": ROW["service"], "title": "Down", "began": ROW["began"]}]), team, editor)
    service, client = Service.objects.get(), signed_in(team_admin)
    url, before = reverse("delivery-rules", args=[team.pk, service.pk]), of_service(service)
    page = client.get(url)
    assert 'type="radio"' not in page.content.decode()
    assert 'type="hidden" name="how_far" value="all"' in page.content.decode()
    form = page.context["form"]
    shown = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert client.post(url, shown | {"other_environments": "production"}).status_code == 302
    assert of_service(Service.objects.get()) == before
    assert client.post(url, shown | {"other_environments": "production\ntokyo"}).status_code == 302
    assert {each.environment_class for each in service.deployments.all()} == {"production"}
    assert of_service(Service.objects.get()).incident_labels == before.incident_labels
    assert Incident.objects.in_scope().count() == 1
