"""One object that was set aside, asked for by itself: the button and the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from connections import retrying
from connections.models import Credential, SetAsideObject, Source
from connectors.records import SetAside
from core.http import OutgoingError
from delivery.models import Deployment
from teams.models import Person
from tests.connections.factories import NOW
from tests.connections.stub import StubConnector

SignIn = Callable[[Person], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def aside(source: Source) -> SetAsideObject:
    return source.set_aside.create(
        key="deployment:3", reason="missing_instant", detail="created_at", first_seen_at=NOW, last_seen_at=NOW
    )


@pytest.fixture
def admin(signed_in: SignIn, team_admin: Person) -> Client:
    return signed_in(team_admin)


def test_what_can_be_read_now_is_kept_and_cleared(source: Source, aside: SetAsideObject, stub: StubConnector) -> None:
    found = retrying.retry(source=source, object_id=aside.pk)
    assert found.cleared_at == NOW
    assert [row.key for row in Deployment.objects.all()] == ["deployment:3"]
    assert stub.reads == [], "nothing else was read"


def test_what_still_cannot_be_understood_stays(source: Source, aside: SetAsideObject, stub: StubConnector) -> None:
    stub.rows["deployments"] = []
    stub.set_aside = [SetAside("deployment:3", "unknown_value", "state: odd")]
    found = retrying.retry(source=source, object_id=aside.pk)
    assert (found.cleared_at, found.reason, found.detail) == (None, "unknown_value", "state: odd")
    assert Deployment.objects.count() == 0


@pytest.mark.parametrize("problem", ["refused", "no token", "paused", "nameless"])
def test_why_it_cannot_be_asked(source: Source, aside: SetAsideObject, stub: StubConnector, problem: str) -> None:
    if problem == "refused":
        stub.refuse = OutgoingError("forbidden", host="api.example.com", status=403, said="")
    elif problem == "no token":
        Credential.objects.all().delete()
    elif problem == "paused":
        source.paused = True
    else:
        SetAsideObject.objects.update(key="deployment:?")
    with pytest.raises(retrying.CannotAsk) as refusal:
        retrying.retry(source=source, object_id=aside.pk)
    assert len(refusal.value.message) > 20
    assert source.set_aside.open().count() == 1


def test_the_button(admin: Client, source: Source, aside: SetAsideObject, stub: StubConnector) -> None:
    page = reverse("connection", args=[source.connection.team_id, source.pk])
    address = reverse("connection-retry", args=[source.connection.team_id, source.pk, aside.pk])
    assert address in admin.get(page).content.decode()
    answer = admin.post(address, follow=True)
    assert "deployment:3 was read." in answer.content.decode()
    assert admin.post(address, content_type="application/json").status_code == 404, "it is set aside no more"


def test_the_api(admin: Client, source: Source, aside: SetAsideObject, stub: StubConnector) -> None:
    listed = admin.get(reverse("api-set-aside", args=[source.connection.team_id, source.pk])).json()
    assert [(each["key"], each["reason"], each["cleared_at"]) for each in listed] == [
        ("deployment:3", "missing_instant", None)
    ]
    address = reverse("api-set-aside-retry", args=[source.connection.team_id, source.pk, aside.pk])
    stub.refuse = OutgoingError("timeout", host="api.example.com")
    assert admin.post(address, content_type="application/json").status_code == 409
    stub.refuse = None
    answer = admin.post(address, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["cleared_at"] is not None
    assert Deployment.objects.count() == 1
