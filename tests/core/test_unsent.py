"""docs/definitions.md, “Nothing typed is lost”: without a script, by what the answer shows."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.test import Client
from django.urls import reverse

from core.unsent import SECRET
from roadmaps.models import Item, Roadmap
from teams.models import Person, Team
from tests.factories import PASSWORD
from tests.roadmaps.factories import started

pytestmark = pytest.mark.django_db
TYPED = "A note of\nseveral <b>words</b>, 日本語も"
OURS = {"Origin": "http://testserver"}


@pytest.fixture
def item(team: Team, administrator: Person) -> Item:
    made: Roadmap = started(team, administrator)
    return made.items.order_by("pk")[0]


def edit_of(item: Item) -> tuple[str, dict[str, str]]:
    path = reverse("roadmap-edit-item", args=[item.roadmap.team_id, item.pk])
    seen = {"seen_title": item.shown_title, "seen_owner": "", "seen_due_date": str(item.due_date)}
    return path, {"title": TYPED, "owner": "", "due_date": str(item.due_date), **seen}


def texts(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r"<textarea[^>]*readonly>([^<]*)</textarea>", page)]


def offered(page: str) -> tuple[str, dict[str, str]]:
    """The form that sends everything once more: its address and fields."""
    form = re.search(r'data-unsent.*?<form method="post" action="([^"]*)">(.*?)</form>', page, re.DOTALL)
    assert form is not None, page
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[2])
    return unescape(form[1]), {unescape(name): unescape(value) for name, value in fields}


def test_a_session_that_ended_loses_no_text_and_the_form_is_sent_again(item: Item, editor: Person) -> None:
    browser = Client(enforce_csrf_checks=True, headers=OURS)
    browser.get(reverse("account_login"))
    path, typed = edit_of(item)
    token = browser.cookies["csrftoken"].value
    signed_out = browser.post(path, typed | {"csrfmiddlewaretoken": token}, headers={"Referer": "http://testserver/x"})
    page = signed_out.content.decode()
    assert signed_out.status_code == 403
    assert texts(page) == [TYPED]
    assert f'href="{reverse("account_login")}?next=/x"' in page

    browser.post(reverse("account_login"), {"login": editor.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    address, again = offered(page)
    too_old = browser.post(address, again)  # the sign-in in another tab made the token of this page too old
    assert (too_old.status_code, texts(too_old.content.decode())) == (403, [TYPED])
    assert "You can send the form again below" in too_old.content.decode()
    assert "Go back" not in too_old.content.decode()
    address, again = offered(too_old.content.decode())
    assert browser.post(address, again).status_code == 302
    item.refresh_from_db()
    assert "several <b>words</b>, 日本語も" in item.title


def test_with_nothing_typed_it_leads_to_sign_in_as_ever(client: Client, item: Item) -> None:
    path, typed = edit_of(item)
    only_what_the_page_wrote = {name: value for name, value in typed.items() if name != "title"}
    assert client.post(path, only_what_the_page_wrote).status_code == 302
    fragment = client.post(path, typed, headers={"HX-Request": "true"})
    assert (fragment.status_code, "HX-Redirect" in fragment) == (204, True), "the form stays in the page"


def test_a_right_that_was_lost_meanwhile_loses_no_text(item: Item, signed_in: Any, outsider: Person) -> None:
    path, typed = edit_of(item)
    refused = signed_in(outsider).post(path, typed)
    assert (refused.status_code, texts(refused.content.decode())) == (403, [TYPED])
    gone = signed_in(outsider).post(reverse("roadmap-edit-item", args=[item.roadmap.team_id, 2**31 - 1]), typed)
    assert (gone.status_code, texts(gone.content.decode())) == (404, [TYPED])


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_what_another_site_sends_is_never_offered_again(
    item: Item, signed_in: Any, editor: Person, origin: str
) -> None:
    path, typed = edit_of(item)
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = signed_in(editor).cookies
    refused = browser.post(path, typed, headers={"Origin": origin} if origin else {})
    page = refused.content.decode()
    assert (refused.status_code, texts(page)) == (403, [TYPED])
    assert "<form" not in page
    assert "Go back, reload the page and send the form again" in page


def secret_fields() -> Iterator[tuple[str, str]]:
    """The password fields of all forms of all rooms."""
    for room in apps.get_app_configs():
        for name in ("forms", "forms_sign_in", "forms_tokens", "adapter"):
            try:
                module = importlib.import_module(f"{room.name}.{name}")
            except ModuleNotFoundError:
                continue
            for form in vars(module).values():
                if isinstance(form, type) and issubclass(form, forms.BaseForm):
                    for field_name, field in getattr(form, "base_fields", {}).items():
                        if isinstance(field.widget, forms.PasswordInput):
                            yield form.__name__, field_name


def test_no_secret_is_shown_again(client: Client, team: Team) -> None:
    found = list(secret_fields())
    assert len(found) >= 6
    assert [(form, name) for form, name in found if not SECRET.search(name)] == []
    secrets = dict.fromkeys({name for _form, name in found}, "canary-secret")
    path = reverse("channel-new", args=[team.pk])
    page = client.post(path, secrets | {"name": "The team's channel"}, headers=OURS).content.decode()
    assert texts(page) == ["The team's channel"]
    assert "canary-secret" not in page


def test_a_long_text_is_refused_with_all_of_it_and_never_cut_by_the_browser(
    item: Item, signed_in: Any, editor: Person
) -> None:
    browser = signed_in(editor)
    page = browser.get(item.get_absolute_url()).content.decode()
    assert 'data-most="2000"' in page
    assert "maxlength" not in page.partition("<main")[2]  # what is searched for above it is no text to lose
    path = reverse("comments", args=[item.roadmap.team_id, "item", item.pk])
    refused = browser.post(path, {"text": "x" * 2400})
    assert refused.status_code == 422
    assert "x" * 2400 in refused.content.decode()
    assert "2400" in refused.content.decode()
