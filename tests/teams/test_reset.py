"""“Reset sign-in” leaves one way in: its link."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from teams.models import ApiToken, Person, TokenScope
from teams.services.people import OwnAccount, reset_sign_in
from teams.services.tokens import create_token
from tests.factories import PASSWORD
from tests.teams.authenticator import set_up

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def by_the_page(signed_in, administrator: Person, person: Person, capsys) -> str:
    answer = signed_in(administrator).post(reverse("person-reset", args=[person.pk]), follow=True)
    return re.findall(r"/accounts/password/reset/key/[^\"\s<]+", answer.content.decode())[0]


def by_the_console(signed_in, administrator: Person, person: Person, capsys) -> str:
    call_command("reset_sign_in", person.email)
    return re.findall(r"/accounts/password/reset/key/\S+", capsys.readouterr().out)[0]


@pytest.mark.parametrize("reset", [by_the_page, by_the_console], ids=lambda each: each.__name__)
def test_only_the_link_opens(signed_in, administrator: Person, editor: Person, team, capsys, reset) -> None:
    create_token(team=team, name="CI", scope=TokenScope.READ, by=editor)
    set_up(editor)
    open_one = signed_in(editor)
    assert open_one.get("/account/").status_code == 200
    link = reset(signed_in, administrator, editor, capsys)

    assert open_one.get("/account/").status_code == 302
    assert not ApiToken.objects.usable().exists()
    assert Client().post(LOGIN, {"login": editor.email, "password": PASSWORD}).status_code == 422
    client = Client()
    form = client.get(link)["Location"]  # the try has not ended it
    client.post(form, {"password1": "four-green-kettles"})
    assert Client().post(LOGIN, {"login": editor.email, "password": "four-green-kettles"}).status_code == 302


def test_a_sign_in_that_waits_for_its_factor_does_not_go_on(administrator: Person, editor: Person) -> None:
    set_up(editor)
    half = Client()
    assert half.post(LOGIN, {"login": editor.email, "password": PASSWORD})["Location"] == "/accounts/second-factor/"
    reset_sign_in(person=editor, by=administrator)
    for page in ("/accounts/second-factor/", LOGIN, "/account/"):
        half.get(page)
        half.post(page, {"code": "000000"})
    assert half.get("/account/").status_code == 302


def test_nobody_resets_themself(signed_in, administrator: Person) -> None:
    with pytest.raises(OwnAccount):
        reset_sign_in(person=administrator, by=administrator)
    client, reset = signed_in(administrator), reverse("person-reset", args=[administrator.pk])
    assert reset not in client.get(reverse("person", args=[administrator.pk])).content.decode()
    client.post(reset)
    assert client.get("/account/").status_code == 200
