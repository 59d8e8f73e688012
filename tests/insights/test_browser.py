"""The manager's pages in a real browser: the address is the state, back and forth; without JavaScript; accessibility."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from assessments import snapshots
from teams.models import Person, Team
from tests.browsing import OpenPage
from tests.delivery.factories import DeploymentFactory, ServiceFactory
from tests.factories import MembershipFactory, TeamFactory
from tests.insights.conftest import assess
from tests.okrs.factories import key_result_of, objective_in, quarter
from tests.roadmaps.factories import started

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded")]
NAMES = ".p-table tbody .p-team"


@pytest.fixture
def teams(organisation: object, manager: Person) -> list[Team]:
    """Two with something of everything and one with nothing; the server in the other thread has the real clock."""
    now = datetime.now(UTC)
    found = [TeamFactory(name=name) for name in ("Fraud", "Pricing", "Voice")]
    cycle = quarter(manager, None, now.date() - timedelta(days=40), now.date() + timedelta(days=50))
    for team, levels in zip(found[:2], ("3321", "1110"), strict=True):
        member = MembershipFactory(team=team).person
        started(team, member, now.date() - timedelta(days=100))
        assess(team, member, "2222", now - timedelta(weeks=14))
        assess(team, member, levels, now - timedelta(days=3))
        key_result_of(objective_in(cycle, member, team), member, now - timedelta(days=30))
        service = ServiceFactory(source__connection__team=team)
        for week in range(26):
            DeploymentFactory(service=service, finished_at=now - timedelta(weeks=week))
    snapshots.rebuild()
    return found


def test_the_address_is_the_state(opened: OpenPage, teams: list[Team], manager: Person) -> None:
    page = opened(manager, "/portfolio/")
    expect(page.locator(NAMES)).to_have_text(["Pricing", "Fraud", "Voice"])
    page.locator("#portfolio-sort").focus()
    page.keyboard.press("n")  # from “Needs you first” to “Name”
    expect(page).to_have_url(re.compile("sort=name"))
    expect(page.locator(NAMES)).to_have_text(["Fraud", "Pricing", "Voice"])
    expect(page.locator("#portfolio-sort")).to_be_focused()  # one can go on by keyboard
    page.locator("#portfolio-q").fill("frau")
    page.keyboard.press("Enter")
    expect(page.locator(NAMES)).to_have_text(["Fraud"])
    # Everything on the page follows: summary, panels, CSV.
    expect(page.locator(".p-lede")).to_contain_text("1 team needs you")
    expect(page.locator("#levels .p-chart svg.main-svg").first).to_be_visible()
    expect(page.locator("#levels figcaption")).to_contain_text("1 team assessed")
    expect(page.locator(".p-head-a a[download]").first).to_have_attribute("href", re.compile("q=frau"))
    page.reload()
    expect(page.locator(NAMES)).to_have_text(["Fraud"])
    page.go_back()
    expect(page.locator("#portfolio-sort")).to_have_value("name")
    expect(page.locator(NAMES)).to_have_text(["Fraud", "Pricing", "Voice"])


def test_without_javascript(opened: OpenPage, teams: list[Team], manager: Person) -> None:
    page = opened(manager, "/portfolio/", java_script_enabled=False)
    page.locator("#portfolio-show").select_option("starting")
    page.locator("#teams noscript button, #teams form button").first.click()
    expect(page.locator(NAMES)).to_have_text(["Voice"])


def test_nothing_serious_for_accessibility(opened: OpenPage, teams: list[Team], manager: Person) -> None:
    axe, one = Axe(), teams[0].pk
    wide = ["/portfolio/", f"/trends/?of=team-{one}", "/", f"/teams/{one}/"]
    looks = [(path, 1440, "light") for path in wide] + [(path, 390, "dark") for path in ("/portfolio/", "/trends/")]
    for path, width, scheme in looks:
        page = opened(manager, path, width, color_scheme=scheme)
        expect(page.locator("h1")).to_be_visible()
        if page.locator(".p-chart").count():
            expect(page.locator("html[data-charts=drawn]")).to_have_count(1)
        found = axe.run(page).response["violations"]
        assert [each["id"] for each in found] == [], f"{path} {width} {scheme}: {found[:1]}"
        shown = page.evaluate("document.documentElement.scrollWidth")
        assert shown <= width, f"{path} scrolls sideways at {width}: {shown}"
        page.context.close()
