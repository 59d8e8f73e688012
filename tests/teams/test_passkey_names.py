"""A passkey is called otherwise, by whom it belongs to."""

from __future__ import annotations

import html
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from teams.models import AuditEvent, Person
from teams.services import second_factors as services
from tests.teams.authenticator import set_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def passkey(editor: Person) -> Authenticator:
    services.add_passkey(person=editor, name="Laptop", credential={"id": "made-up"})
    return Authenticator.objects.get(type="webauthn")


def rename(client: Client, passkey: Authenticator, name: str, seen: str = "Laptop") -> Any:
    return client.post(reverse("security-rename", args=[passkey.pk]), {"name": name, "seen_name": seen})


def name_of(passkey: Authenticator) -> str:
    passkey.refresh_from_db()
    return str(passkey.data["name"])


def test_it_is_renamed_and_still_the_same_key(signed_in, editor: Person, passkey: Authenticator) -> None:
    client = signed_in(editor)
    assert rename(client, passkey, " Blue key ")["Location"] == "/account/security/"
    assert name_of(passkey) == "Blue key"
    assert passkey.data["credential"] == {"id": "made-up"}
    assert "Blue key" in client.get("/account/security/").content.decode()
    assert AuditEvent.objects.latest("pk").action == "person.passkey_renamed"
    count = AuditEvent.objects.count()
    rename(client, passkey, "Blue key", seen="Blue key")
    assert AuditEvent.objects.count() == count, "nothing was changed"


@pytest.mark.parametrize(("name", "says"), [("", "This field is required."), ("x" * 61, "at most 60 characters")])
def test_what_is_no_name_is_kept_and_told(
    signed_in, editor: Person, passkey: Authenticator, name: str, says: str
) -> None:
    answer = rename(signed_in(editor), passkey, name)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert says in page
    assert f'value="{name}"' in page or not name
    assert name_of(passkey) == "Laptop"


def test_renamed_meanwhile_in_another_window_both_are_shown(signed_in, editor: Person, passkey: Authenticator) -> None:
    client = signed_in(editor)
    rename(client, passkey, "Blue key")
    answer = rename(client, passkey, "Old laptop")
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "Blue key" in page
    assert 'value="Old laptop"' in page
    assert name_of(passkey) == "Blue key"


def test_nobody_else_s_and_nothing_else_is_renamed(
    signed_in, editor: Person, outsider: Person, passkey: Authenticator
) -> None:
    assert rename(signed_in(outsider), passkey, "Mine").status_code == 404
    set_up(editor)
    app = Authenticator.objects.get(type="totp")
    assert rename(signed_in(editor), app, "App").status_code == 404
    assert name_of(passkey) == "Laptop"
