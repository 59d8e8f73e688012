"""The sample's page and the definitions in a real browser: one click, watched until it is there; accessibility; width."""

from __future__ import annotations

import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Page, expect

from sample import work
from sample.models import Sample
from teams.models import Person
from tests.teams.test_browser import SERIOUS, OpenPage, opened

__all__ = ["opened"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


def check(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def be_the_worker() -> None:
    """In a thread of its own, as Playwright's loop runs in this one."""

    def go_on() -> None:
        work.work()
        connection.close()

    thread = threading.Thread(target=go_on)
    thread.start()
    thread.join()


@pytest.mark.parametrize(("width", "language", "theme"), [(1440, "en", "light"), (390, "ja", "dark")])
def test_one_click_is_watched_until_it_is_there_and_until_it_is_gone(
    opened: OpenPage, administrator: Person, width: int, language: str, theme: str
) -> None:
    Person.objects.filter(pk=administrator.pk).update(language=language, theme=theme)
    page = opened(administrator, "/organisation/sample/", width)
    check(page)
    page.locator("#live button.btn-primary").dblclick()
    expect(page.get_by_role("progressbar")).to_be_visible()
    check(page)
    be_the_worker()
    expect(page.locator("#live[data-state=loaded]")).to_be_visible()
    check(page)
    page.locator("#live details.p-confirm summary").click()
    page.locator("#live details.p-confirm button").click()
    be_the_worker()
    expect(page.locator("#live[data-state=absent]")).to_be_visible()
    assert Sample.current().asked_by == administrator


@pytest.mark.parametrize(("width", "language", "theme"), [(1440, "ja", "light"), (390, "en", "dark")])
def test_definitions_are_read_and_jumped_to(
    opened: OpenPage, editor: Person, width: int, language: str, theme: str
) -> None:
    Person.objects.filter(pk=editor.pk).update(language=language, theme=theme)
    page = opened(editor, "/definitions/", width)
    check(page)
    page.locator(".p-doc-toc a[href='#delivery']").click()
    expect(page.locator("h2#delivery")).to_be_in_viewport()
