"""Wherever a password is set, it is not one that everybody tries first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
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


@pytest.mark.parametrize("password", ["P@ssw0rd2026!!", "Dragon12345678", "1l0v3you!!!!", " " * 12, "Pass-Word-1234"])
def test_a_common_word_in_disguise_is_refused(organisation: Organisation, password: str) -> None:
    with pytest.raises(ValidationError, match="too common"):
        validate_password(password)


@pytest.mark.parametrize(
    "password", ["MLOps-Portal", "mlops-2026!!", "K0y0te W0rks", "KoyoteWorks1!", "koyote works mlops"]
)
def test_a_name_that_everybody_knows_is_refused(organisation: Organisation, password: str) -> None:
    Organisation.objects.update(name="Koyote Works")
    with pytest.raises(ValidationError, match="name of the portal"):
        validate_password(password)


@pytest.mark.parametrize("password", ["koyote-eats-portals", "seven-blue-trains", "ながいあいことばです"])
def test_what_only_holds_such_words_is_taken(organisation: Organisation, password: str) -> None:
    Organisation.objects.update(name="Koyote Works")
    assert validate_password(password) is None
