"""The inbox and the choices in a real browser: nothing that axe or the browser complains about, also on a small screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, expect

from notices.models import Notice
from teams.models import Person, Team
from tests.notices.telling import add_channel, tell

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded")]


def test_a_notice_opens_its_page_and_the_pages_are_accessible(
    browser: Browser, live_server: object, signed_in: Callable[[Person], Client], team: Team, team_admin: Person
) -> None:
    tell(team_admin, key="1", title="Serving", team=team, url=f"/teams/{team.pk}/members/")
    tell(team_admin, key="2", title="Training", team=team)
    channel = add_channel(team, "https://203.0.113.7/x", state="paused", error_code="refused")
    context = browser.new_context(viewport={"width": 390, "height": 900}, color_scheme="dark")
    session = signed_in(team_admin).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])  # type: ignore[attr-defined]
    page, complaints = context.new_page(), []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    for path in ("/account/notices/", f"/teams/{team.pk}/channels/{channel.pk}/", "/inbox/"):
        page.goto(f"{live_server.url}{path}")  # type: ignore[attr-defined]
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator(".p-bell .p-count")).to_contain_text("2")
    page.get_by_role("link", name="“Serving”").click()
    page.wait_for_url(f"**/teams/{team.pk}/members/")
    expect(page.locator(".p-bell .p-count")).to_contain_text("1")
    assert Notice.objects.get(key="1").read_at
    context.close()
    assert complaints == []


def test_the_head_of_a_page_in_japanese_fits_a_small_screen(
    browser: Browser, live_server: object, signed_in: Callable[[Person], Client], team: Team, team_admin: Person
) -> None:
    Person.objects.filter(pk=team_admin.pk).update(language="ja")
    for n in range(12):
        tell(team_admin, key=str(n), title="Serving", team=team)
    context = browser.new_context(viewport={"width": 375, "height": 900})
    session = signed_in(team_admin).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(f"{live_server.url}/inbox/")  # type: ignore[attr-defined]
    expect(page.locator(".p-bell .p-count")).to_contain_text("12")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    end = page.evaluate("document.querySelector('.p-top-tools').lastElementChild.getBoundingClientRect().right")
    assert end <= 375 - 12
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
