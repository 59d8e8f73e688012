"""Canaries of second factors, of a move to another address, and of archives; tests/test_canaries.py has the others."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core import clock
from teams.models import Person
from tests.canaries import Output, browser, careless
from tests.factories import PASSWORD
from tests.teams.authenticator import set_up, shown

pytestmark = pytest.mark.django_db
APP, CODES, SECOND = "/account/security/app/", "/account/security/recovery-codes/", "/accounts/second-factor/"


def test_an_authenticator_app_and_its_recovery_codes(output: Output, editor: Person) -> None:
    client = browser(editor)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": APP})
    page = client.get(APP)
    (spaced,) = re.findall(r'id="secret"[^>]*>([A-Z2-7 ]+)<', page.content.decode())
    secret = spaced.replace(" ", "")
    output.answer(page, spaced)
    output.answer(client.post(APP, {"code": "canary"}), spaced, "canary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teams.services.second_factors.add_app", careless)
        assert output.answer(client.post(APP, {"code": shown(secret)})).status_code == 500
    assert output.answer(client.post(APP, {"code": shown(secret)})).status_code == 302
    once = client.get(CODES)
    codes = re.findall(r"\b\d{4} \d{4}\b", html.unescape(once.content.decode()))
    assert len(codes) >= 10
    output.answer(once, *codes[:10])
    output.answer(client.get(CODES))
    output.answer(client.get("/account/security/"))
    output.search(secret, spaced, *codes)


def test_codes_that_are_typed_at_sign_in(output: Output, editor: Person, broken: Callable[[str], None]) -> None:
    code = set_up(editor, clock.now() - timedelta(minutes=10))[0]

    def half_signed_in() -> Client:
        client = browser()
        assert client.post("/accounts/login/", {"login": editor.email, "password": PASSWORD})["Location"] == SECOND
        return client

    output.answer(half_signed_in().post(SECOND, {"code": "canary-wrong-code"}), "canary-wrong-code")
    assert output.answer(half_signed_in().post(SECOND, {"code": code})).status_code == 302
    output.answer(half_signed_in().post(SECOND, {"code": code}), code)  # used
    broken("teams.services.second_factors.use_code")
    assert output.answer(half_signed_in().post(SECOND, {"code": code})).status_code == 500
    output.search(code, "canary-wrong-code")


def test_a_link_to_another_address(
    output: Output,
    editor: Person,
    administrator: Person,
    settings: Any,
) -> None:
    client, boss = browser(editor), browser(administrator)
    for each, page in ((client, "/account/address/"), (boss, "/people/")):
        each.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": page})
    person = reverse("person", args=[editor.pk])
    output.answer(boss.post(reverse("person-address", args=[editor.pk]), {"email": "by.hand@example.com"}))
    page = boss.get(person)
    handed = re.findall(r"/account/address/([^/\s\"]+)/", page.content.decode())[0]
    output.answer(page, handed)
    output.answer(boss.get(person))

    settings.MAIL_WORKS, settings.PORTAL_URL = True, "http://testserver"
    output.answer(client.post("/account/address/", {"email": "new@example.com"}, follow=True))
    (mailed,) = re.findall(r"/account/address/(\S+)/", mail.outbox[0].body)
    link = f"/account/address/{mailed}/"
    output.answer(client.get(link[:-2] + "/"))  # not wholly copied
    output.answer(client.get(link[:-1]))  # a redirect to where it was going
    output.answer(browser().get(link))  # asks who that is, and leads back
    output.answer(client.get(link))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teams.services.account.move", careless)
        assert output.answer(client.post(link)).status_code == 500
    assert output.answer(client.post(link)).status_code == 302
    output.answer(client.get(link))  # used
    output.search(handed, mailed)


def test_what_is_in_an_archive_that_somebody_brings(
    output: Output,
    administrator: Person,
    settings: Any,
    tmp_path: Path,
    broken: Callable[[str], None],
) -> None:
    settings.ARCHIVES = tmp_path / "archives"
    client, page = browser(administrator), reverse("backup-upload")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": reverse("backup")})
    for content in (b"canary-in-no-archive", b"PK\x03\x04" + b"canary-in-an-archive" * 9):
        answer = client.post(page, {"file": SimpleUploadedFile("canary.zip", content)})
        assert output.answer(answer).status_code == 422
    broken("backups.archive.opened")
    answer = client.post(page, {"file": SimpleUploadedFile("x.zip", b"canary-when-it-fails")})
    assert output.answer(answer).status_code == 500
    output.search("canary-in-no-archive", "canary-in-an-archive", "canary-when-it-fails")
    assert list(settings.ARCHIVES.iterdir()) == []
