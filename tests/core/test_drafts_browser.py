"""docs/definitions.md, “Nothing typed is lost”: static/drafts.js in a browser, on the page with the most forms."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from roadmaps import services
from roadmaps.models import Item
from teams.models import Person, Team
from tests.browsing import OpenPage, beside, faults
from tests.factories import PASSWORD
from tests.imports.files import as_csv, brought
from tests.roadmaps.factories import started

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOT_SAVED = "What you typed here before is not saved yet."


@pytest.fixture
def item(organisation: Any, team: Team, administrator: Person) -> Item:
    made: Item = started(team, administrator).items.order_by("pk")[0]
    return made


def title(page: Page) -> Any:
    return page.locator("form[action$='/edit/'] [name=title]")


def comment(page: Page) -> Any:
    return page.locator("#comments textarea")


def test_what_is_typed_in_other_forms_outlives_the_one_that_is_sent_and_is_still_asked_about(
    opened: OpenPage, item: Item, editor: Person, team_admin: Person
) -> None:
    page = opened(editor, item.get_absolute_url())
    title(page).fill("Written by Emma")
    comment(page).fill("And a comment\nof two lines")
    seen = {"title": item.shown_title}
    beside(lambda: services.edit_item(item=item, by=team_admin, wanted={"title": "Written by Taro"}, seen=seen))
    page.get_by_role("button", name="Save the state").click()
    page.wait_for_load_state()
    expect(title(page)).to_have_value("Written by Emma")
    expect(comment(page)).to_have_value("And a comment\nof two lines")
    expect(page.get_by_text(NOT_SAVED)).to_have_count(2)
    page.reload()
    expect(comment(page)).to_have_value("And a comment\nof two lines")
    assert faults(page) == []

    title(page).press("Enter")
    expect(page.get_by_text("Taro Admin changed this meanwhile")).to_be_visible()
    expect(title(page)).to_have_value("Written by Emma")
    expect(comment(page)).to_have_value("And a comment\nof two lines")
    page.get_by_label("Yours").check()
    title(page).press("Enter")
    expect(page.locator("h1")).to_contain_text("Written by Emma")

    page.locator("#comments").get_by_role("button", name="Take it away").click()
    expect(comment(page)).to_have_value("")
    page.goto(page.url.split("#")[0])
    expect(comment(page)).to_have_value("")
    expect(page.get_by_text(NOT_SAVED)).to_have_count(0)


def sign_in(page: Page, person: Person) -> None:
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("opened", [("403",)], indirect=True)
def test_after_a_session_that_ended_one_is_back_on_the_page_with_what_was_typed(
    opened: OpenPage, item: Item, editor: Person, team_admin: Person
) -> None:
    page = opened(editor, item.get_absolute_url())
    title(page).fill("Written before the session ended")
    comment(page).fill("So was this")
    beside(Session.objects.all().delete)
    title(page).press("Enter")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_label("Your text")).to_have_value("Written before the session ended")
    assert faults(page) == []
    sign_in(page, editor)
    expect(title(page)).to_have_value("Written before the session ended")
    expect(comment(page)).to_have_value("So was this")

    beside(Session.objects.all().delete)
    page.goto(page.url)
    page.get_by_label("E-mail address").fill(team_admin.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(title(page)).to_have_value(item.shown_title)
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))") == []


def test_a_text_that_is_too_long_is_counted_and_comes_back_whole(opened: OpenPage, item: Item, editor: Person) -> None:
    page = opened(editor, item.get_absolute_url())
    comment(page).fill("x" * 2400)
    expect(page.get_by_text("2,400 / 2,000 · too long to be saved")).to_be_visible()
    page.locator("#comment-send").click()
    expect(page.locator("#comments").get_by_text("at most 2000 characters")).to_be_visible()
    expect(comment(page)).to_have_value("x" * 2400)


@pytest.mark.usefixtures("item")
def test_boxes_that_pick_rows_of_a_list_are_no_draft(opened: OpenPage, team: Team, editor: Person) -> None:
    brought(team, editor, "roadmap-items", as_csv(["Section", "Item", "State"], [1, "One more", ""]))
    page = opened(editor, reverse("imports", args=[team.pk]))
    page.locator("[name=chosen]").check()
    page.get_by_role("link", name="MLOps Portal").first.click()
    page.go_back()
    expect(page.locator("[name=chosen]")).to_be_visible()
    expect(page.get_by_text(NOT_SAVED)).to_have_count(0)
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))") == []
