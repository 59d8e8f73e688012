"""The page of one's calendar addresses in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, expect

from calendars import services
from calendars.models import Address
from teams.models import Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


def test_accessible_and_renewed_only_after_a_question(
    browser: Browser, live_server, signed_in: Callable[[Person], Client], editor: Person
) -> None:
    first = services.renew(person=editor).secret
    context = browser.new_context(viewport={"width": 390, "height": 900}, color_scheme="dark")
    session = signed_in(editor).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/account/calendar/")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.get_by_text("Make new addresses", exact=True).first.click()
    expect(page.get_by_text("The present ones end at once")).to_be_visible()
    assert Address.objects.get().secret == first
    page.get_by_role("button", name="Make new addresses").click()
    expect(page.get_by_label("Due from me", exact=True)).to_have_value(
        f"{live_server.url}/ics/{Address.objects.get().secret}/mine.ics"
    )
    assert Address.objects.get().secret != first
    context.close()
