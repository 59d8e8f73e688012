"""Changing the rules later on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections import inspections
from connections.models import Credential, Source
from connectors.records import DeploymentSource, Inspection, Seen
from core.http import OutgoingError
from delivery.forms import environment_field
from delivery.models import Deployment, Service
from delivery.records import DeliveryStore
from delivery.rules import PARTS, of_service, parts_of
from delivery.services import change_rules
from teams.models import Person
from tests.connections.factories import NOW, SEEN, ServiceFactory
from tests.connections.stub import StubConnector, deployment
from tests.stale import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
SignIn = Callable[[Person], Client]


@pytest.fixture
def admin(signed_in: SignIn, team_admin: Person) -> Client:
    return signed_in(team_admin)


@pytest.fixture
def known(service: Service) -> Service:
    """With what a look at the repository found."""
    service.source.seen = inspections.to_json(SEEN)
    service.source.save()
    return service


def url(service: Service) -> str:
    return reverse("delivery-rules", args=[service.team_id, service.pk])


PRODUCTION, STAGING = environment_field("production"), environment_field("staging")


def shown(admin: Client, service: Service) -> dict[str, Any]:
    """What a browser sends of the form as it is shown."""
    form = admin.get(url(service)).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() is not None}


def typed(admin: Client, service: Service, **changes: Any) -> dict[str, Any]:
    return {**shown(admin, service), "how_far": "all", "deployments": "deployments", PRODUCTION: "production",
            STAGING: "staging", "branches": "main", "labels": ["incident"], **changes}  # fmt: skip


def changed_by(person: Person, service: Service, **parts: Any) -> None:
    before = of_service(Service.objects.get(pk=service.pk))
    change_rules(service_id=service.pk, rules=replace(before, **parts), seen=parts_of(before), by=person)


def test_the_form_shows_the_present_rules(admin: Client, known: Service) -> None:
    known.environments = {"production": ["staging", "eu-*"], "testing": ["lab"]}
    known.incident_labels = ["Incident", "fire"]
    known.since = date(2026, 1, 1)
    known.save()
    form = admin.get(url(known)).context["form"]
    assert [(str(field.label).split(" · ")[0], field.value()) for field in form.environment_fields] == [
        ("production", "other"),
        ("staging", "production"),
        ("lab", "testing"),
    ]
    assert form["other_environments"].value() == "eu-*"
    assert (form["labels"].value(), form["other_labels"].value()) == (["incident"], "fire")
    assert (form["how_far"].value(), form["since"].value()) == ("date", date(2026, 1, 1))


def test_what_is_shown_and_saved_unchanged_changes_nothing(admin: Client, known: Service) -> None:
    known.environments = {"production": ["production", "eu-*"], "staging": ["staging"], "testing": ["lab"]}
    known.save()
    edition = known.source.edition
    assert admin.post(url(known), shown(admin, known)).status_code == 302
    known.refresh_from_db()
    assert known.environments == {"production": ["production", "eu-*"], "staging": ["staging"], "testing": ["lab"]}
    assert known.incident_labels == ["incident"]
    known.source.refresh_from_db()
    assert known.source.edition == edition


def test_saving_counts_the_past_anew(admin: Client, known: Service) -> None:
    DeliveryStore().store(known.source, [deployment(1, NOW, environment="staging")], NOW)
    assert not Deployment.objects.counted().exists()
    response = admin.post(url(known), typed(admin, known, **{STAGING: "production"}), follow=True)
    assert "The rules are saved." in response.text
    assert Deployment.objects.counted().exists()


def test_parts_that_two_people_changed_are_both_kept(admin: Client, known: Service, administrator: Person) -> None:
    mine = shown(admin, known) | {"labels": ["incident", "bug"]}
    changed_by(administrator, known, environments={"production": ["production", "eu-*"]})
    assert admin.post(url(known), mine).status_code == 302
    known.refresh_from_db()
    assert (known.environments, known.incident_labels) == (
        {"production": ["production", "eu-*"]},
        ["incident", "bug"],
    )


def test_a_part_that_two_people_changed_is_asked_about_and_nothing_typed_is_lost(
    admin: Client, known: Service, administrator: Person
) -> None:
    mine = shown(admin, known) | {"labels": ["incident", "bug"], "branches": "typed"}
    changed_by(administrator, known, incident_labels=["fire"])
    response = admin.post(url(known), mine)
    question = asked(response.text)["incident_labels"]
    assert response.status_code == 409
    assert question.sentence.startswith("Ada Administrator changed this meanwhile (")
    assert (question.theirs, question.mine) == ("fire", "incident\nbug")
    assert (response.context["form"]["labels"].value(), response.context["form"]["branches"].value()) == (
        ["incident", "bug"],
        "typed",
    )
    assert admin.post(url(known), mine).status_code == 409, "without a choice nothing is replaced"
    assert admin.post(url(known), mine | question.answer("theirs")).status_code == 302
    known.refresh_from_db()
    assert (known.incident_labels, known.production_branches) == (["fire"], ["typed"])
    assert admin.post(url(known), mine | question.answer("mine")).status_code == 302
    known.refresh_from_db()
    assert known.incident_labels == ["incident", "bug"]


def test_parts_that_were_not_touched_show_what_stands_when_another_is_asked_about(
    admin: Client, known: Service, administrator: Person
) -> None:
    mine = shown(admin, known) | {"branches": "typed"}
    theirs = {
        "environments": {"production": ["staging", "eu-*"], "testing": ["lab"]}, "incident_labels": ["bug", "fire"],
        "branches": ["theirs"], "since": date(2026, 1, 1),
    }  # fmt: skip
    changed_by(administrator, known, **theirs)
    response = admin.post(url(known), mine)
    form = response.context["form"]
    assert (response.status_code, list(asked(response.text)), form["branches"].value()) == (409, ["branches"], "typed")
    assert (form["labels"].value(), form["other_labels"].value()) == (["bug"], "fire")
    assert (form["how_far"].value(), form["since"].value()) == ("date", date(2026, 1, 1))
    assert form["other_environments"].value() == "eu-*"
    assert {field.label.split(" · ")[0]: field.value() for field in form.environment_fields} == {
        "production": "other", "staging": "production", "lab": "testing",
    }  # fmt: skip
    assert shown(admin, known)["seen_environments"] == form["seen_environments"].value()


def test_what_only_the_parts_of_two_people_together_make_wrong_is_refused(
    admin: Client, known: Service, administrator: Person
) -> None:
    runs = {"deployments": DeploymentSource.RUNS, "workflows": [("42", "Deploy")], "branches": ["main"]}
    changed_by(administrator, known, **runs)
    mine = shown(admin, known) | {"deployments": "deployments", PRODUCTION: "production"}
    changed_by(administrator, known, environments={}, incident_labels=["incident"])
    response = admin.post(url(known), mine | {"environments": ""})
    assert response.status_code in (409, 422)
    known.refresh_from_db()
    assert known.deployment_source == "runs"


def test_several_parts_in_question_each_show_both(admin: Client, known: Service, administrator: Person) -> None:
    mine = shown(admin, known) | {"deployments": "runs", "workflows": ["42"], "branches": "mine", "labels": ["bug"]}
    changed_by(
        administrator, known, deployments=DeploymentSource.NONE, workflows=[("43", "Tests")], incident_labels=["fire"]
    )
    questions = asked(admin.post(url(known), mine).text)
    assert {name: (each.theirs, each.mine) for name, each in questions.items()} == {
        "deployments": ("None: incidents only", "Runs of chosen workflows"),
        "workflows": ("Tests", "Deploy"),
        "incident_labels": ("fire", "bug"),
    }


@pytest.mark.parametrize("told", ["[", "5", '{"production": [1]}', '{"production": "x"}', "[" * 5000])
def test_what_was_seen_and_cannot_be_read_is_stale_and_not_a_crash(admin: Client, known: Service, told: str) -> None:
    broken = {f"seen_{name}": told for name in PARTS}
    response = admin.post(url(known), typed(admin, known, **broken, **{STAGING: "production"}))
    assert response.status_code == 409
    assert "environments" in asked(response.text)


def test_a_new_look_between_showing_and_saving_changes_no_environment(admin: Client, known: Service) -> None:
    mine = shown(admin, known)
    found = replace(SEEN, environments=(Seen("alpha", "alpha", 3, False), *SEEN.environments[::-1]))
    known.source.seen = inspections.to_json(found)
    known.source.save()
    before = known.environments
    assert admin.post(url(known), mine | {"labels": ["incident"]}).status_code == 302
    known.refresh_from_db()
    assert known.environments == before


def test_a_refused_form_saves_nothing(admin: Client, known: Service) -> None:
    response = admin.post(url(known), typed(admin, known, **{PRODUCTION: "other", "other_environments": ""}))
    assert response.status_code == 422
    known.refresh_from_db()
    assert known.environments["production"] == ["production"]


def test_workflows_chosen_before_can_be_kept_although_they_were_not_seen(admin: Client, known: Service) -> None:
    known.deployment_source, known.workflows = "runs", [{"id": "7", "name": "Old release"}]
    known.production_branches = ["main"]
    known.save()
    form = admin.get(url(known)).context["form"]
    assert ("7", "Old release") in form.fields["workflows"].choices
    admin.post(url(known), typed(admin, known, deployments="runs", workflows=["7", "42"]))
    known.refresh_from_db()
    assert known.workflows == [{"id": "7", "name": "Old release"}, {"id": "42", "name": "Deploy"}]


def test_looking_again_takes_over_what_is_there_now(admin: Client, service: Service, stub: StubConnector) -> None:
    stub.seen = Inspection(service.source.external_id, "acme/renamed", "https://e.com/r", "trunk", SEEN.environments)
    response = admin.post(url(service), {"look": "1"}, follow=True)
    assert "Looked at the repository again." in response.text
    assert len(response.context["form"].environment_fields) == 2
    source = Source.objects.get()
    assert (source.full_name, source.default_branch) == ("acme/renamed", "trunk")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OutgoingError("timeout", host="h"), "h did not answer in time. Try again in a moment."),
        (OutgoingError("unauthorised", host="h"), "h does not accept the token"),
    ],
)
def test_looking_again_at_a_host_that_refuses(
    admin: Client, service: Service, stub: StubConnector, error: OutgoingError, text: str
) -> None:
    stub.refuse = error
    assert text in admin.post(url(service), {"look": "1"}, follow=True).text


def test_looking_again_without_a_token_or_at_another_repository(
    admin: Client, service: Service, stub: StubConnector
) -> None:
    stub.seen = Inspection("4711", "acme/shop", "", "main")
    assert "is another one than was read so far" in admin.post(url(service), {"look": "1"}, follow=True).text
    Credential.objects.all().delete()
    assert "There is no token" in admin.post(url(service), {"look": "1"}, follow=True).text


@pytest.mark.parametrize("who", ["editor", "outsider", "manager"])
def test_only_a_team_admin_changes_rules(
    request: pytest.FixtureRequest, signed_in: SignIn, known: Service, who: str
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get(url(known)).status_code == 403
    assert client.post(url(known), {STAGING: "production"}).status_code == 403


def test_a_service_of_another_team_is_not_there(admin: Client, service: Service) -> None:
    other = ServiceFactory()
    assert admin.get(reverse("delivery-rules", args=[service.team_id, other.pk])).status_code == 404
