"""What people enter by hand: docs/definitions.md, By hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import UndoOffer
from delivery import by_hand
from delivery.addresses import point_url
from delivery.models import AlertRule, Deployment, Incident, Service
from teams.models import AuditEvent, Person, Team
from tests.delivery.factories import DeploymentFactory, IncidentFactory, ServiceFactory, at
from tests.stale import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]
DEPLOYMENT = {
    "request_id": "r1", "service": "churn-model", "environment": "production", "environment_class": "",
    "outcome": "succeeded", "created_at": "2026-11-02T09:30", "finished_at": "2026-11-02T09:42",
    "title": "Retrain", "branch": "", "sha": "4f2c", "url": "",
}  # fmt: skip
INCIDENT = {
    "request_id": "r1", "service": "", "title": "Stale", "began_at": "2026-11-03T08:00", "resolved_at": "", "url": "",
}  # fmt: skip


@pytest.fixture
def client(signed_in: SignIn, editor: Person) -> Client:
    return signed_in(editor)


def url(team: Team, name: str, *row: int) -> str:
    return reverse(name, args=[team.pk, *row])


def sent(form: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """An edit, with what was seen."""
    fields = {name: value for name, value in row.items() if name not in ("request_id", "service", "environment_class")}
    return {**fields, **{f"seen_{name}": value for name, value in fields.items()}, **form}


def test_a_deployment_is_entered_once_and_counts(client: Client, team: Team) -> None:
    for _ in range(2):
        assert client.post(url(team, "deployment-new"), DEPLOYMENT).status_code == 302
    row = Deployment.objects.get()
    assert url(team, "deployment-edit", row.pk) in client.get(url(team, "deployment", row.pk)).text
    assert (row.key, row.service.name, row.finished_at, list(Deployment.objects.counted())) == (
        "hand:r1", "churn-model", at("2026-11-02 09:42"), [row],
    )  # fmt: skip
    page = client.get(url(team, "deployments")).text
    assert ("By hand" in page, url(team, "deployment-edit", row.pk) in page) == (True, True)
    said = AuditEvent.objects.get(action="delivery.deployment_entered").data
    assert (said["service"], said["title"]) == ("churn-model", str(row))
    assert "Files, and by hand" in client.get(url(team, "delivery")).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"finished_at": "2026-11-02T09:29"}, "It finished before it began."),
        ({"finished_at": "2026-11-24T09:35"}, "This lies in the future."),
        ({"created_at": "", "finished_at": ""}, "Say when it began or finished."),
        ({"finished_at": ""}, "Say when it finished."),
        ({"outcome": "running"}, "What is running has not finished."),
        ({"environment": "sandbox"}, "Nobody said what “sandbox” is"),
        ({"service": "acme/shop"}, "come from its repository. Two sources would count twice."),
        ({"service": "by-push"}, "Programs push the deployments of “by-push”."),
        ({"service": " "}, "This field is required."),
        ({"url": "javascript:alert(1)"}, "The address must begin with https:// or http:// and the name of a host."),
        ({"url": "ftp://ci.example.com/1"}, "The address must begin with https:// or http:// and the name of a host."),
    ],
)
def test_a_deployment_that_cannot_be_is_told_and_not_kept(
    client: Client, team: Team, fields: dict[str, str], sentence: str
) -> None:
    ServiceFactory(source__connection__team=team, name="acme/shop")
    ServiceFactory(source__connection__team=team, name="by-push", deployment_source="pushed")
    response = client.post(url(team, "deployment-new"), DEPLOYMENT | fields)
    assert (response.status_code, sentence in response.text) == (422, True)
    assert not Deployment.objects.exists()
    assert Service.objects.count() == 2


def test_whoever_enters_it_says_what_the_environment_is(client: Client, team: Team) -> None:
    client.post(url(team, "deployment-new"), DEPLOYMENT | {"environment": "live-eu", "environment_class": "production"})
    assert Service.objects.get().environments == {"production": ["live-eu"]}
    assert Deployment.objects.counted().exists()


def test_an_edit_keeps_what_others_changed_and_asks_about_the_same_field(client: Client, team: Team) -> None:
    client.post(url(team, "deployment-new"), DEPLOYMENT)
    row = Deployment.objects.get()
    edit = url(team, "deployment-edit", row.pk)
    page = client.get(edit).text
    assert ('value="2026-11-02T09:42"' in page, 'name="seen_finished_at"' in page) == (True, True)
    assert client.post(edit, sent({"outcome": "failed"}, DEPLOYMENT)).status_code == 302
    assert client.post(edit, sent({"title": "Retrain again"}, DEPLOYMENT)).status_code == 302
    row.refresh_from_db()
    assert (row.outcome, row.title, row.counts) == ("failed", "Retrain again", False)
    stale = client.post(edit, sent({"outcome": "cancelled", "finished_at": "2026-11-02T09:50"}, DEPLOYMENT))
    assert (stale.status_code, list(asked(stale.text))) == (409, ["outcome"])
    row.refresh_from_db()
    assert (row.outcome, row.finished_at) == ("failed", at("2026-11-02 09:42"))
    told = AuditEvent.objects.filter(action="delivery.deployment_edited").order_by("pk")
    assert [each.data["fields"] for each in told] == [["outcome"], ["title"]]


@pytest.fixture
def berlin(team: Team) -> Team:
    """Its people are in UTC."""
    team.time_zone = "Europe/Berlin"
    team.save()
    return team


def test_instants_are_on_the_teams_clock(client: Client, berlin: Team) -> None:
    page = client.get(url(berlin, "deployment-new")).text
    assert page.count("Time of Europe/Berlin.") == 2
    assert "Left empty: when it finished. Time of Europe/Berlin." in page
    client.post(url(berlin, "deployment-new"), DEPLOYMENT)
    row = Deployment.objects.get()
    assert row.finished_at == at("2026-11-02 08:42")
    week = at("2026-11-02 00:00").date(), at("2026-11-08 00:00").date()
    pages = [url(berlin, "deployment", row.pk), url(berlin, "deployments"), url(berlin, "delivery")]
    for page in (*pages, point_url(berlin.pk, "deployment_frequency", *week)):
        shown = client.get(page).text
        assert ("2 Nov 2026, 09:42" in shown, "times of Europe/Berlin" in shown) == (True, True), page
    edit = client.get(url(berlin, "deployment-edit", row.pk)).text
    assert edit.count('value="2026-11-02T09:42"') == 2, "and what was seen"
    assert client.post(url(berlin, "deployment-edit", row.pk), sent({"title": "Again"}, DEPLOYMENT)).status_code == 302
    row.refresh_from_db()
    assert (row.title, row.finished_at) == ("Again", at("2026-11-02 08:42"))


def test_the_hour_that_comes_twice_can_be_entered(client: Client, berlin: Team) -> None:
    times = {"created_at": "", "finished_at": "2026-10-25T02:30"}
    twice = client.post(url(berlin, "deployment-new"), DEPLOYMENT | times)
    first = "2026-10-25 02:30+02:00"
    assert twice.status_code == 422
    assert f"Write {first} or 2026-10-25 02:30+01:00." in twice.text
    assert twice.context["form"]["finished_at"].as_widget().startswith('<input type="text"'), (
        "that it can be written in"
    )
    assert twice.context["form"]["created_at"].as_widget().startswith('<input type="datetime-local"')
    assert client.post(url(berlin, "deployment-new"), DEPLOYMENT | times | {"finished_at": first}).status_code == 302
    row = Deployment.objects.get()
    assert row.finished_at == at("2026-10-25 00:30")
    form = client.get(url(berlin, "deployment-edit", row.pk)).context["form"]
    kept = {name: form.fields[name].prepare_value(form[name].value()) for name in form.fields}
    assert kept["finished_at"] == "2026-10-25T02:30+02:00"
    assert client.post(url(berlin, "deployment-edit", row.pk), kept | {"title": "Again"}).status_code == 302
    row.refresh_from_db()
    assert (row.title, row.finished_at) == ("Again", at("2026-10-25 00:30"))


def test_a_time_that_no_clock_shows_is_told(client: Client, berlin: Team) -> None:
    response = client.post(url(berlin, "incident-new"), INCIDENT | {"began_at": "2026-03-29T02:30"})
    sentence = "“2026-03-29T02:30” does not exist in Europe/Berlin: the clocks are put forward over it."
    assert (response.status_code, sentence in response.text) == (422, True)
    assert response.text.count('class="p-form-error"') == 1


def test_what_others_told_is_not_edited_by_hand(client: Client, team: Team) -> None:
    row = DeploymentFactory(service=ServiceFactory(source__connection__team=team))
    assert "corrected with a reason" in client.get(url(team, "deployment-edit", row.pk)).text
    form = {"environment": "production", "outcome": "failed", "finished_at": "2026-11-02T09:42"}
    assert client.post(url(team, "deployment-edit", row.pk), form).status_code == 409
    client.post(url(team, "deployment-withdraw", row.pk))
    row.refresh_from_db()
    assert (row.outcome, row.gone_at) == ("succeeded", None)


@pytest.mark.parametrize("kind", ["deployment", "incident"])
def test_what_was_withdrawn_counts_no_more_and_can_be_taken_back(client: Client, team: Team, kind: str) -> None:
    model: Any = {"deployment": Deployment, "incident": Incident}[kind]
    client.post(url(team, f"{kind}-new"), DEPLOYMENT if kind == "deployment" else INCIDENT)
    row = model.objects.get()
    for _ in range(2):
        assert client.post(url(team, f"{kind}-withdraw", row.pk)).status_code == 302
    assert not model.objects.counted().exists()
    assert "Withdrawn" in client.get(url(team, f"{kind}s")).text
    assert "It was entered by hand, and withdrawn." in client.get(url(team, kind, row.pk)).text
    offer = UndoOffer.objects.get()
    client.post(reverse("undo", args=[offer.pk]))
    assert list(model.objects.counted()) == [row]
    actions = AuditEvent.objects.filter(action__startswith=f"delivery.{kind}").order_by("pk")
    assert [each.action.partition("_")[2] for each in actions] == ["entered", "withdrawn", "brought_back"]


def test_an_incident_is_entered_edited_and_resolved(client: Client, team: Team) -> None:
    service = ServiceFactory(source__connection__team=team)
    assert client.post(url(team, "incident-new"), INCIDENT | {"service": service.pk}).status_code == 302
    row = Incident.objects.get()
    assert (row.service, row.team, row.resolved_at) == (service, team, None)
    resolved = sent({"resolved_at": "2026-11-03T10:00"}, INCIDENT)
    assert client.post(url(team, "incident-edit", row.pk), resolved).status_code == 302
    row.refresh_from_db()
    assert (row.hours, row.service) == (2.0, service)
    early = client.post(url(team, "incident-edit", row.pk), sent({"resolved_at": "2026-11-03T07:00"}, INCIDENT))
    assert (early.status_code, asked(early.text) != {}) == (409, True)
    wrong = client.post(url(team, "incident-new"), INCIDENT | {"request_id": "r2", "resolved_at": "2026-11-03T07:00"})
    assert (wrong.status_code, "It was resolved before it began." in wrong.text) == (422, True)
    assert Incident.objects.count() == 1


def test_a_repeated_push_does_not_meet_what_was_entered(team: Team, editor: Person) -> None:
    """A key of one's own: what is entered by hand is nobody else's."""
    told = {"title": "Stale", "began_at": at("2026-11-03 08:00"), "resolved_at": None, "url": ""}
    made = [by_hand.enter_incident(team=team, service=None, by=editor, **told) for _ in range(2)]
    assert made[0].key != made[1].key
    assert IncidentFactory(team=team, service=None, key="push:1").key != made[0].key


# -- Which alerts are incidents


def test_the_rule_of_alerts_is_shown_and_changed(signed_in: SignIn, team: Team, team_admin: Person) -> None:
    admin, page = signed_in(team_admin), url(team, "alert-rule")
    assert "critical" in admin.get(page).text
    seen = {"seen_label": "severity", "seen_values": "critical"}
    assert admin.post(page, {"label": "severity", "values": "critical\npage", **seen}).status_code == 302
    assert AlertRule.objects.get().values == ["critical", "page"]
    assert "severity is critical, page" in admin.get(url(team, "ways-in")).text
    assert admin.post(page, {"label": "severity", "values": "warning", **seen}).status_code == 409
    assert admin.post(page, {"label": "severity", "values": "", **seen}).status_code == 422
    assert AlertRule.objects.get().values == ["critical", "page"]
    told = AuditEvent.objects.get(action="delivery.alert_rule_changed")
    assert (told.data["before"], told.data["after"]) == ({"values": ["critical"]}, {"values": ["critical", "page"]})
