"""Corrections by hand, through the pages: the figure is seen moving, and comes back when they are taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from delivery.models import Correction, Deployment, Incident, Service
from delivery.records import DeliveryStore
from teams.models import Person, Team
from tests.delivery.factories import NOW, DeploymentFactory, IncidentFactory, ServiceFactory, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]


@pytest.fixture
def service(team: Team) -> Service:
    return ServiceFactory(source__connection__team=team, source__succeeded_at=NOW, name="acme/shop")


@pytest.fixture
def bad(service: Service) -> Deployment:
    """The first of two; the incident below belongs to the second."""
    return DeploymentFactory(service=service, title="Bad one", finished_at=at("2026-11-03 10:00"))


@pytest.fixture
def good(service: Service, bad: Deployment) -> Deployment:
    return DeploymentFactory(service=service, title="Good one", finished_at=at("2026-11-04 10:00"))


@pytest.fixture
def incident(service: Service, good: Deployment) -> Incident:
    began, resolved = at("2026-11-04 11:00"), at("2026-11-04 15:00")
    return IncidentFactory(service=service, title="Basket empty", began_at=began, resolved_at=resolved)


@pytest.fixture
def client(signed_in: SignIn, editor: Person) -> Client:
    return signed_in(editor)


def say(client: Client, row: Deployment | Incident, status: int = 302, **sent: Any) -> Any:
    name, team = ("deployment", row.service.team_id) if isinstance(row, Deployment) else ("incident", row.team_id)
    response = client.post(reverse(name, args=[team, row.pk]), {"reason": "It broke the checkout", **sent})
    assert response.status_code == status, response.content
    return response


def number(client: Client, team: Team, figure: str) -> Any:
    found = client.get(reverse("delivery", args=[team.pk])).context["summary"].headlines
    told = next(each.told for each in found if each.id == figure)
    return told.number, told.numerator, told.denominator


def said_after(client: Client, row: Deployment | Incident) -> str:
    name, team = ("deployment", row.service.team_id) if isinstance(row, Deployment) else ("incident", row.team_id)
    return client.get(reverse(name, args=[team, row.pk])).text.replace("&gt;", ">")


def test_marked_as_failed_the_rate_moves_and_back(
    client: Client, team: Team, bad: Deployment, good: Deployment
) -> None:
    assert number(client, team, "change_failure_rate") == (0.0, 0, 2)
    say(client, bad, kind="failed")
    text = said_after(client, bad)
    assert "24 Aug – 22 Nov 2026: Change failure rate 0% (0 of 2) → 50% (1 of 2)." in text
    assert "2 Nov – 8 Nov 2026: Change failure rate 0% (0 of 2) → 50% (1 of 2)." in text
    assert "It broke the checkout" in text
    assert number(client, team, "change_failure_rate") == (0.5, 1, 2)
    correction = Correction.objects.get()
    client.post(reverse("correction-withdraw", args=[team.pk, correction.pk]))
    text = said_after(client, bad)
    assert "Taken back. 24 Aug – 22 Nov 2026: Change failure rate 50% (1 of 2) → 0% (0 of 2)." in text
    assert "taken back by" in text
    assert number(client, team, "change_failure_rate") == (0.0, 0, 2)


def test_attributed_to_another_deployment_recovery_moves(
    client: Client, team: Team, bad: Deployment, incident: Incident
) -> None:
    assert number(client, team, "recovery") == (5.0, 1, 1)
    say(client, incident, kind="attribute", target=str(bad.pk))
    assert "Failed deployment recovery time 5 h (1 of 1) → 29 h (1 of 1)" in said_after(client, incident)
    assert number(client, team, "recovery") == (29.0, 1, 1)


def test_every_week_that_moved_is_told(client: Client, team: Team, service: Service) -> None:
    """An incident goes from one week's deployment to another's: both weeks move, and the one from which it is taken back."""
    early = DeploymentFactory(service=service, finished_at=at("2026-10-25 10:00"))
    DeploymentFactory(service=service, finished_at=at("2026-11-01 10:00"))
    IncidentFactory(service=service, began_at=at("2020-01-01 10:00"), resolved_at=None)
    row = IncidentFactory(service=service, began_at=at("2026-11-02 10:00"), resolved_at=at("2026-11-02 12:00"))
    say(client, row, kind="attribute", target=str(early.pk))
    text = said_after(client, row)
    gained = "19 Oct – 25 Oct 2026: Change failure rate 0% (0 of 1) → 100% (1 of 1)"
    lost = "26 Oct – 1 Nov 2026: Change failure rate 100% (1 of 1) → 0% (0 of 1)"
    assert (gained in text, lost in text) == (True, True)
    assert "Failed deployment recovery time no data → 8.1 d (1 of 1)" in text
    assert "2 Nov – 8 Nov 2026" not in text.split("Does it count?")[0], "the week of its end has the same MTTR"
    client.post(reverse("correction-withdraw", args=[team.pk, Correction.objects.get().pk]))
    text = said_after(client, row)
    assert "19 Oct – 25 Oct 2026: Change failure rate 100% (1 of 1) → 0% (0 of 1)" in text
    assert "26 Oct – 1 Nov 2026: Change failure rate 0% (0 of 1) → 100% (1 of 1)" in text
    for opened in service.incidents.filter(resolved_at=None):
        say(client, opened, kind="not_incident")
        assert "1 Nov 2026:" not in said_after(client, opened), "what is open at present is no week's own"


def test_attributed_to_none_and_no_incident(client: Client, team: Team, incident: Incident) -> None:
    say(client, incident, kind="attribute", target="none")
    assert number(client, team, "recovery") == (None, 0, 0)
    assert number(client, team, "mttr") == (4.0, 1, 1)
    say(client, incident, kind="not_incident", reason="A drill")
    assert number(client, team, "mttr") == (None, 0, 0)
    assert "Not an incident" in said_after(client, incident)


def test_hotfix_and_excluded(client: Client, team: Team, bad: Deployment, good: Deployment) -> None:
    say(client, bad, kind="hotfix")
    assert number(client, team, "rework_rate") == (0.5, 1, 2)
    assert 'value="not_hotfix"' in said_after(client, bad)
    say(client, bad, kind="exclude")
    assert number(client, team, "rework_rate") == (0.0, 0, 1)
    text = said_after(client, bad)
    assert "Excluded by hand." in text
    assert 'name="kind"' not in text, "what does not count can only be taken back"


def test_what_is_said_by_hand_wins_over_the_next_sync(
    client: Client, team: Team, service: Service, incident: Incident
) -> None:
    from connectors.records import IncidentRecord

    say(client, incident, kind="not_incident", reason="A drill")
    again = IncidentRecord(
        incident.key, "Renamed", incident.began_at, incident.resolved_at, ("incident",), incident.url
    )
    DeliveryStore().store(service.source, [again], NOW)
    assert Incident.objects.get(pk=incident.pk).title == "Renamed"
    assert number(client, team, "mttr") == (None, 0, 0)


def test_a_reason_is_needed_and_what_was_typed_stays(client: Client, bad: Deployment) -> None:
    text = say(client, bad, 422, kind="failed", reason=" ").text
    assert 'value="failed"' in text
    assert "checked" in text.split('value="failed"')[1][:120]
    text = say(client, bad, 422, reason="Because <b>it</b> did").text
    assert "Because &lt;b&gt;it&lt;/b&gt; did" in text
    assert not Correction.objects.exists()


def test_what_is_refused_says_why(client: Client, team: Team, incident: Incident, good: Deployment) -> None:
    say(client, good, kind="failed")
    assert "Somebody said this already." in say(client, good, 422, kind="failed").text
    other = DeploymentFactory(finished_at=at("2026-11-04 10:30"))
    say(client, incident, 422, kind="attribute", target=str(other.pk))
    assert Correction.objects.count() == 1


def test_said_twice_with_one_request_it_is_said_once(client: Client, bad: Deployment) -> None:
    for _ in range(2):
        say(client, bad, kind="failed", request_id="r1")
    assert Correction.objects.count() == 1


def test_a_reader_sees_why_and_cannot_say(signed_in: SignIn, outsider: Person, bad: Deployment) -> None:
    client = signed_in(outsider)
    text = said_after(client, bad)
    assert "Does it count?" in text
    assert "Correct it by hand" not in text
    say(client, bad, 403, kind="failed")
    assert not Correction.objects.exists()


def test_another_teams_row_is_not_found(client: Client, team: Team, bad: Deployment) -> None:
    other = DeploymentFactory(finished_at=at("2026-11-04 10:30"))
    assert client.get(reverse("deployment", args=[team.pk, other.pk])).status_code == 404
