"""Wherever a password is set, it is not one that everybody tries first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from teams.models import Organisation, Person, TeamRole
from teams.services import setup
from teams.services.invitations import invite
from teams.services.people import reset_sign_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
COMMON = "password123"  # long enough, and on the list of common ones
ABOUT = {"name": "Ada", "language": "en", "time_zone": "UTC"}


def at_set_up(request: pytest.FixtureRequest, password: str):
    Organisation.objects.all().delete()
    sent = ABOUT | {"code": setup.new_code(), "organisation": "X", "email": "ada@x.example", "password": password}
    return Client().post("/setup/", sent)


def at_an_invitation(request: pytest.FixtureRequest, password: str):
    team, team_admin = request.getfixturevalue("team"), request.getfixturevalue("team_admin")
    _invitation, secret = invite(team=team, role=TeamRole.EDITOR, job_role="", email="", by=team_admin)
    return Client().post(f"/invitation/{secret}/", ABOUT | {"email": "ada@x.example", "password": password})


def at_a_change(request: pytest.FixtureRequest, password: str):
    client = request.getfixturevalue("signed_in")(request.getfixturevalue("editor"))
    return client.post("/account/password/", {"password": PASSWORD, "new": password})


def at_a_reset(request: pytest.FixtureRequest, password: str):
    editor: Person = request.getfixturevalue("editor")
    uid, key = reset_sign_in(person=editor, by=None)
    client = Client()
    return client.post(client.get(f"/accounts/password/reset/key/{uid}-{key}/")["Location"], {"password1": password})


@pytest.mark.parametrize(
    "place", [at_set_up, at_an_invitation, at_a_change, at_a_reset], ids=lambda each: each.__name__
)
def test_a_common_password_is_refused(request: pytest.FixtureRequest, place: Callable[..., object]) -> None:
    refused = place(request, COMMON)
    assert (refused.status_code, "too common" in refused.content.decode()) == (422, True)
    assert place(request, "seven-blue-trains").status_code == 302
