"""The API of connections and of delivery rules: the one way to edit, and a token that is written and never told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections.models import Credential, Source
from core.http import OutgoingError
from delivery.models import Service
from delivery.rules import of_service
from teams.models import Person, Team
from tests.connections.factories import ServiceFactory
from tests.connections.stub import StubConnector, host_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(team: Team) -> Service:
    made: Service = ServiceFactory(source__connection__team=team)
    return made


@pytest.fixture
def source(service: Service) -> Source:
    return service.source


@pytest.fixture(autouse=True)
def host(source: Source) -> Iterator[StubConnector]:
    with host_of(source) as made:
        yield made


@pytest.fixture
def admin(signed_in: Any, team_admin: Person) -> Client:
    client: Client = signed_in(team_admin)
    return client


def patch(client: Client, path: str, sent: dict[str, Any], etag: str = "") -> Any:
    headers = {"If-Match": etag} if etag else {}
    return client.patch(path, sent, content_type="application/json", headers=headers)


def test_a_new_token_is_tried_stored_and_never_told(
    admin: Client, team: Team, source: Source, host: StubConnector
) -> None:
    path = reverse("api-connection", args=[team.pk, source.pk])
    read = admin.get(path)
    assert "token" not in read.json()
    entered = patch(admin, path, {"token": "canary-new-token"}, read["ETag"])
    assert (entered.status_code, "canary" in entered.text) == (200, False)
    assert host.tokens == [("https://api.example.com", "canary-new-token")]
    assert Credential.objects.get(connection=source.connection).token == "canary-new-token"

    stale = patch(admin, path, {"token": "canary-late-token"}, read["ETag"])
    assert (stale.status_code, stale.json()["theirs"], stale.json()["yours"]) == (409, {"token": ""}, {"token": ""})
    seen = {"token": "canary-third-token", "seen": {"token": entered.json()["token_id"]}}
    assert patch(admin, path, seen).status_code == 200
    (listed,) = admin.get(reverse("api-connections", args=[team.pk])).json()["results"]
    assert (listed["repository"], listed["needs_token"]) == (source.full_name, False)


def test_what_the_host_refuses_is_said_at_its_field(
    admin: Client, team: Team, source: Source, host: StubConnector
) -> None:
    path = reverse("api-connection", args=[team.pk, source.pk])
    elsewhere = patch(admin, path, {"base_url": "https://other.example.com"}, "*")
    assert (elsewhere.status_code, list(elsewhere.json())) == (400, ["token"])
    host.refuse = OutgoingError("unauthorised")
    refused = patch(admin, path, {"token": "canary-wrong"}, "*")
    assert (refused.status_code, list(refused.json()), "canary" in refused.text) == (400, ["token"], False)
    assert Credential.objects.get(connection=source.connection).token == "secret-token"


def test_delivery_rules_are_merged_by_part(admin: Client, team: Team, service: Service) -> None:
    path = reverse("api-delivery-rules", args=[team.pk, service.pk])
    read = admin.get(path)
    assert read.json()["environments"]["production"] == ["production"]
    labels = patch(admin, path, {"incident_labels": ["outage"]}, read["ETag"])
    assert labels.status_code == 200
    environments = {"production": ["live*"], "staging": ["staging"]}
    other = patch(admin, path, {"environments": environments}, read["ETag"])
    assert (other.status_code, other.json()["incident_labels"]) == (200, ["outage"])
    assert of_service(Service.objects.get()).environments == {"production": ("live*",), "staging": ("staging",)}
    same = patch(admin, path, {"incident_labels": ["fire"], "seen": {"incident_labels": ["incident"]}})
    assert (same.status_code, same.json()["theirs"]) == (409, {"incident_labels": ["outage"]})
    nothing = patch(admin, path, {"environments": {"staging": ["production"]}}, "*")
    assert (nothing.status_code, list(nothing.json())) == (400, ["environments"])
    unknown = patch(admin, path, {"environments": {"prod": ["production"]}}, "*")
    assert unknown.json() == {"environments": {"prod": ["There is no such field to send."]}}
