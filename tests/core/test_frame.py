"""What stands around every page: the switch between light and dark, and the list of keyboard shortcuts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect

from teams.models import Person, Team, Theme
from tests.browsing import OpenPage, faults


@pytest.mark.django_db
def test_the_switch_is_stored_and_leads_back(editor: Person, signed_in: Callable[[Person], Client]) -> None:
    client = signed_in(editor)
    answer = client.post("/theme/", {"theme": "dark", "next": "/portfolio/?sort=name"})
    assert (answer.status_code, answer["Location"]) == (302, "/portfolio/?sort=name")
    assert 'data-theme="dark"' in client.get("/").text
    assert client.post("/theme/", {"theme": "light", "next": "https://evil.example/"})["Location"] == "/"
    assert client.post("/theme/", {"theme": "pink"}).status_code == 400
    editor.refresh_from_db()
    assert editor.theme == Theme.LIGHT


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_unguarded")
def test_switch_and_shortcuts_leave_alone_what_is_typed(opened: OpenPage, team: Team, team_admin: Person) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/members/", color_scheme="light")
    field, shortcuts = page.locator("input[name=email]"), page.get_by_role("dialog", name="Keyboard shortcuts")
    field.fill("half")
    field.press("?")
    expect(field).to_have_value("half?")
    expect(shortcuts).to_be_hidden()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(field).to_have_value("half?")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(shortcuts).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(shortcuts).to_be_visible()
    team_admin.refresh_from_db()
    assert team_admin.theme == Theme.DARK
