"""Comments in a real browser: a mention by keyboard, and everything without JavaScript."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from comments.models import Comment, Words
from core.topics import Topic
from teams.models import Person
from tests.browsing import OpenPage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


def test_somebody_is_mentioned_with_the_keyboard_alone(
    opened: OpenPage, criterion: Topic, editor: Person, priya: Person, kobayashi: Person
) -> None:
    page = opened(editor, criterion.url)
    field = page.get_by_role("textbox", name="Comment", exact=True)
    field.focus()
    page.keyboard.type("@nobody")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody is called “@nobody”.")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("@nobody")
    field.fill("")
    stood = field.bounding_box()
    page.set_viewport_size(
        {"width": 1440, "height": int(stood["y"] + stood["height"]) + 20}
    )  # the screen ends below it
    page.keyboard.type("Look, @")
    people = page.get_by_role("listbox", name="People")
    expect(people.get_by_role("option")).to_have_count(3)
    shown = people.bounding_box()
    assert 0 < shown["y"] < shown["y"] + shown["height"] <= stood["y"]
    assert field.bounding_box() == stood, "nothing moved under the hands of who types"
    page.keyboard.type("ra")
    expect(people.get_by_role("option", name="Priya Raman")).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == "mention-1"
    expect(page.get_by_role("status").filter(has_text="1 person.")).to_have_count(1)
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    page.keyboard.press("Enter")
    expect(field).to_have_value("Look, @Priya Raman ")
    page.keyboard.type("and ＠")
    expect(people.get_by_role("option")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(people.get_by_role("option", name="小林 美奈")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Tab")
    expect(field).to_have_value("Look, @Priya Raman and @小林 美奈 ")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".p-talk-c .p-mention")).to_have_text(["@Priya Raman", "@小林 美奈"])
    expect(field).to_have_value("")
    assert Words.objects.get().text == f"Look, @<{priya.pk}> and @<{kobayashi.pk}>"


def test_without_javascript_one_types_the_name(
    opened: OpenPage, criterion: Topic, editor: Person, priya: Person
) -> None:
    page = opened(editor, criterion.url, java_script_enabled=False)
    page.get_by_role("textbox", name="Comment", exact=True).fill("@priya, look")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("Nobody is called “@priya”. Do you mean @Priya Raman?")).to_be_visible()
    field = page.get_by_role("textbox", name="Comment", exact=True)
    expect(field).to_have_value("@priya, look")
    field.fill("@p.raman, look")
    page.get_by_role("button", name="Comment", exact=True).click()
    said = page.locator(f"#comment-{Comment.objects.get().pk}")
    expect(said).to_contain_text("@Priya Raman, look")
    assert page.url.endswith(f"{criterion.url}#comment-{Comment.objects.get().pk}")
    accent, plain = (
        page.locator(each).evaluate("e => getComputedStyle(e).backgroundColor")
        for each in (f"#comment-{Comment.objects.get().pk}", "#comments")
    )
    assert accent != plain  # the one that the address names stands out
