"""The sample's page and the definitions in a real browser: one click, watched until it is there; accessibility; width."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sample import work
from sample.models import Sample
from teams.models import Person
from tests.browsing import OpenPage, beside, faults

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


@pytest.mark.parametrize(("width", "language", "theme"), [(1440, "en", "light"), (390, "ja", "dark")])
def test_one_click_is_watched_until_it_is_there_and_until_it_is_gone(
    opened: OpenPage, administrator: Person, width: int, language: str, theme: str
) -> None:
    Person.objects.filter(pk=administrator.pk).update(language=language, theme=theme)
    page = opened(administrator, "/organisation/sample/", width)
    assert faults(page) == []
    page.locator("#live button.btn-primary").dblclick()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert faults(page) == []
    beside(work.work)
    expect(page.locator("#live[data-state=loaded]")).to_be_visible()
    assert faults(page) == []
    page.locator("#live details.p-confirm summary").click()
    page.locator("#live details.p-confirm button").click()
    beside(work.work)
    expect(page.locator("#live[data-state=absent]")).to_be_visible()
    assert Sample.current().asked_by == administrator


@pytest.mark.parametrize(("width", "language", "theme"), [(1440, "ja", "light"), (390, "en", "dark")])
def test_definitions_are_read_and_jumped_to(
    opened: OpenPage, editor: Person, width: int, language: str, theme: str
) -> None:
    Person.objects.filter(pk=editor.pk).update(language=language, theme=theme)
    page = opened(editor, "/definitions/", width)
    assert faults(page) == []
    page.locator(".p-doc-toc a[href='#delivery']").click()
    expect(page.locator("h2#delivery")).to_be_in_viewport()
