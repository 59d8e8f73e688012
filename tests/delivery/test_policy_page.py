"""The policy page: what would move, what moved, stale edits, who changed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from delivery.models import Failure, Policy, Service
from teams.audit import AuditEvent
from teams.models import Person, Team
from tests.delivery.factories import NOW, DeploymentFactory, IncidentFactory, ServiceFactory, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]


@pytest.fixture
def service(team: Team) -> Service:
    """Two deployments; the incident belongs to the first, ten days after it, within the usual look-back."""
    made = ServiceFactory(source__connection__team=team, source__succeeded_at=NOW, name="acme/shop")
    DeploymentFactory(service=made, finished_at=at("2026-10-05 10:00"), branch="fix/basket")
    IncidentFactory(service=made, began_at=at("2026-10-15 10:00"), resolved_at=at("2026-10-15 12:00"))
    DeploymentFactory(service=made, finished_at=at("2026-11-04 10:00"))
    return made


@pytest.fixture
def client(signed_in: SignIn, team_admin: Person, service: Service) -> Client:
    return signed_in(team_admin)


def send(client: Client, team: Team, status: int = 200, **changed: Any) -> Any:
    """The form as it is shown, with some fields changed. What is saved leads to the page again."""
    url = reverse("delivery-policy", args=[team.pk])
    form = client.get(url).context["form"]
    sent = {bound.html_name: bound.value() for bound in form}
    sent = {name: form.fields[name].prepare_value(value) for name, value in sent.items()}
    sent = {name: value for name, value in sent.items() if value not in (None, False)} | changed
    response = client.post(url, {name: value for name, value in sent.items() if value is not None})
    if status == 200 and "preview" not in changed:
        assert (response.status_code, response.headers["Location"]) == (302, url)
        return client.get(url)
    assert response.status_code == status, response.context["form"].errors
    return response


def moves(response: Any) -> dict[str, tuple[str, str]]:
    return {each.id: (each.before, each.after) for each in response.context["moves"] if each.changed}


def test_a_preview_tells_what_would_move_and_changes_nothing(client: Client, team: Team) -> None:
    response = send(client, team, look_back_days="7", preview="1")
    assert moves(response) == {
        "change_failure_rate": ("50% (1 of 2)", "0% (0 of 2)"),
        "recovery": ("10.1 d (1 of 1)", "no data"),
    }
    assert "What would move" in response.text
    assert 'value="7"' in response.text, "what was typed stays to be saved"
    assert not Policy.objects.filter(look_back_days=7).exists()
    assert Failure.objects.count() == 1
    assert not AuditEvent.objects.filter(action="delivery.policy_changed").exists()


def test_saving_tells_what_moved_and_counts_the_past_anew(client: Client, team: Team, team_admin: Person) -> None:
    preview = send(client, team, look_back_days="7", preview="1")
    response = send(client, team, look_back_days="7", hotfix_branches="fix/*")
    assert moves(response).items() >= moves(preview).items()
    assert moves(response)["rework_rate"] == ("0% (0 of 2)", "50% (1 of 2)")
    assert "What the last change moved" in response.text
    assert Failure.objects.count() == 0
    page = client.get(reverse("delivery", args=[team.pk]))
    numbers = {each.id: each.told.number for each in page.context["summary"].headlines}
    assert (numbers["change_failure_rate"], numbers["recovery"], numbers["rework_rate"]) == (0.0, None, 0.5)
    assert "Look-back 7 days" in page.text
    assert "Hotfixes: hotfix, fix/*." in page.text
    assert f"Changed last by <bdi>{team_admin}</bdi>" in client.get(reverse("delivery-policy", args=[team.pk])).text


def test_what_the_last_change_moved_stays_for_everybody(
    client: Client, signed_in: SignIn, editor: Person, team: Team, team_admin: Person
) -> None:
    url = reverse("delivery-policy", args=[team.pk])
    assert "What the last change moved" not in client.get(url).text, "there was none"
    now = send(client, team, look_back_days="7")
    page = signed_in(editor).get(url)
    assert (
        moves(page)
        == moves(now)
        == {
            "change_failure_rate": ("50% (1 of 2)", "0% (0 of 2)"),
            "recovery": ("10.1 d (1 of 1)", "no data"),
        }
    )
    told = page.text.split("What the last change moved")[1].split("<table")[0]
    assert (f"<bdi>{team_admin}</bdi>" in told, "24 Aug – 22 Nov 2026" in told) == (True, True)
    Person.objects.filter(pk=editor.pk).update(language="ja")
    assert moves(signed_in(editor).get(url))["recovery"][1] == "データなし"
    send(client, team, look_back_days="9", preview="1")
    assert moves(client.get(url)) == moves(now), "a preview leaves no trace"


def test_nothing_moves_and_says_so(client: Client, team: Team) -> None:
    response = send(client, team, look_back_days="", preview="1")
    assert moves(response) == {}


def test_the_edition_judges_and_moves_nothing(client: Client, team: Team) -> None:
    assert moves(send(client, team, edition="2025")) == {}
    text = client.get(reverse("delivery", args=[team.pk])).text
    assert "scores 2025" in text
    assert "5.0 / 10" in text
    assert "industry mean 8.1 / 10" in text
    assert "p-band is-" not in text.split('aria-labelledby="h-figures"')[1].split("</section>")[0]
    assert "bands 2021" in client.get(f"{reverse('delivery', args=[team.pk])}?edition=2021").text


def test_a_stale_edit_shows_both(client: Client, team: Team) -> None:
    send(client, team, look_back_days="7")
    response = send(client, team, 409, look_back_days="9", seen_look_back_days="30")
    assert "You changed the same thing in another window" in response.text
    assert 'value="9"' in response.text
    assert Policy.objects.get(team=team).look_back_days == 7
    send(client, team, scope="team", seen_scope="service", seen_look_back_days="30", look_back_days="30")
    assert Policy.objects.values_list("scope", "look_back_days").get(team=team) == ("team", 7), "merged"


@pytest.mark.parametrize(
    ("field", "value"), [("look_back_days", "0"), ("look_back_days", "4000"), ("scope", "x"), ("edition", "2024")]
)
def test_what_makes_no_policy_is_refused(client: Client, team: Team, field: str, value: str) -> None:
    response = send(client, team, 422, **{field: value})
    assert field in response.context["form"].errors
    assert not Policy.objects.filter(team=team).exclude(look_back_days=30).exists()


def test_who_may_not_change_it_reads_it(signed_in: SignIn, editor: Person, team: Team, service: Service) -> None:
    client = signed_in(editor)
    text = client.get(reverse("delivery-policy", args=[team.pk])).text
    assert "Look-back" in text
    assert "30 days" in text
    assert "Save the policy" not in text
    assert client.post(reverse("delivery-policy", args=[team.pk]), {}).status_code == 403
