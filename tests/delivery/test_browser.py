"""Connecting in a real browser with a real worker, the running sync, the figures and what stands behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.db import connection
from playwright.sync_api import expect

from connections.models import Source
from delivery.models import Service
from teams.models import Person, Team
from tests.browsing import OpenPage
from tests.connections.workers import Worker
from tests.delivery.factories import DeploymentFactory, IncidentFactory, ServiceFactory, together
from tests.fakes.github import FakeGitHub
from tests.fakes.github_scenarios import shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]
SUBMIT = "main form button.btn-primary"
SYNC_TAKES = 90_000  # milliseconds at most


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeGitHub]:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    with FakeGitHub(token="secret") as made:
        shop(made)
        yield made


@pytest.fixture
def full(team: Team) -> Service:
    """A year of deployments and incidents up to now: the server in the other thread has the real clock."""
    now = datetime.now(UTC)
    service = ServiceFactory(
        source__connection__team=team,
        name="acme/shop",
        source__succeeded_at=now,
        source__next_sync_at=now + timedelta(minutes=9),
    )
    with together():
        for days in range(0, 360, 3):
            DeploymentFactory(service=service, finished_at=now - timedelta(days=days, hours=1))
            DeploymentFactory(
                service=service,
                finished_at=now - timedelta(days=days, hours=2),
                environment="staging",
                environment_class="staging",
            )
        DeploymentFactory(service=service, finished_at=None, created_at=now - timedelta(days=20), outcome="unknown")
        for days in range(5, 300, 17):
            IncidentFactory(
                service=service,
                began_at=now - timedelta(days=days, hours=days % 30),
                resolved_at=now - timedelta(days=days),
            )
    return service


@pytest.mark.skipif(
    connection.vendor != "postgresql" or not django_settings.REDIS_URL, reason="needs servers that processes share"
)
def test_from_an_address_to_the_figures(
    opened: OpenPage, team: Team, team_admin: Person, fake: FakeGitHub, start_worker: Callable[[], Worker]
) -> None:
    start_worker()
    page = opened(team_admin, f"/teams/{team.pk}/delivery/")
    page.click("main .p-empty a.btn-primary")
    page.fill("#id_address", f"{fake.url}/acme/shop")
    page.fill("#id_token", "wrong")
    page.click(SUBMIT)
    expect(page.locator("#id_token_error")).to_contain_text("does not accept the token")
    expect(page.locator("#id_address")).to_have_value(f"{fake.url}/acme/shop")
    expect(page.locator("#id_token")).to_have_value("")

    page.fill("#id_token", "secret")
    page.click(SUBMIT)
    expect(page.locator("input[name=deployments][value=deployments]")).to_be_checked()
    expect(page.locator("#id_workflows")).to_be_hidden()
    page.check("input[name=how_far][value=all]")
    page.click(SUBMIT)

    live = page.locator("#live")
    expect(live).to_have_attribute("hx-get", re.compile("/connections/"))
    expect(page.locator("#live:not([hx-get]) [role=status].is-ok")).to_be_visible(timeout=SYNC_TAKES)
    expect(live.locator("[data-stream=deployments]")).to_have_text(re.compile(r"^\d{3}$"))
    expect(live.locator("[data-stream=incidents]")).to_have_text("18")

    page.click(".p-tabs a[href$='/delivery/']")
    expect(page.locator("[data-figure=deployment_frequency] b")).to_have_text(re.compile(r"\d"))
    expect(page.locator(".p-chart:has(svg.main-svg .trace)")).to_have_count(8)

    page.goto(page.url.replace("/delivery/", f"/connections/{Source.objects.get().pk}/"))
    page.click("form[action$='/sync/'] button")
    expect(page.locator("#live:not([hx-get]) [role=status].is-ok")).to_be_visible(timeout=SYNC_TAKES)
    expect(page.locator("#live .p-caption")).to_contain_text("3 answered “not modified” (304)")


def test_from_a_point_to_what_stands_behind_it(opened: OpenPage, team: Team, editor: Person, full: Service) -> None:
    page = opened(editor, f"/teams/{team.pk}/delivery/")
    table = page.locator("#figure-deployment-frequency")
    table.locator("summary").click()
    row = table.locator("tbody tr").nth(3)
    counted = int(row.locator("td").first.inner_text())
    assert counted in (2, 3)
    row.locator("a").press("Enter")
    expect(page.locator("[id^=deployment-] .p-status.is-ok")).to_have_count(counted)
    page.goto(page.url.replace("point/", "deployments/") + "&show=counted")
    expect(page.locator("#filter-from")).to_have_value(re.compile(r"^\d{4}-\d\d-\d\d$"))
    expect(page.locator(".p-list tbody tr")).to_have_count(counted)
    page.click("thead a:has-text('Deployment')")
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    expect(page.locator(".p-list tbody tr")).to_have_count(counted)


def test_a_click_on_a_bar_leads_to_what_is_behind_it(
    opened: OpenPage, team: Team, editor: Person, full: Service
) -> None:
    page = opened(editor, f"/teams/{team.pk}/delivery/")
    expect(page.locator("html[data-charts=drawn]")).to_have_count(1)
    bar = page.locator("#figure-deployment-frequency .bars .point").nth(2).bounding_box()
    assert bar
    page.mouse.move(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    page.wait_for_url(re.compile(r"/delivery/point/\?figure=deployment_frequency&from="))


def test_periods_are_links_and_charts_follow(opened: OpenPage, team: Team, editor: Person, full: Service) -> None:
    page = opened(editor, f"/teams/{team.pk}/delivery/")
    page.click("text=12 months")
    expect(page.locator("#figure-mttr tbody tr")).to_have_count(13)
    page.click("nav.p-show a:text-is('Week')")
    assert "period=12m&by=week" in page.url
    expect(page.locator(".p-chart:has(svg.main-svg .trace)")).to_have_count(8)


def test_the_form_shows_only_what_the_chosen_source_uses(
    opened: OpenPage, team: Team, team_admin: Person, full: Service
) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/delivery/rules/{full.pk}/")
    expect(page.locator("#id_other_environments")).to_be_visible()
    expect(page.locator("#id_branches")).to_be_hidden()
    page.check("input[name=deployments][value=runs]")
    expect(page.locator("#id_other_environments")).to_be_hidden()
    expect(page.locator("#id_branches")).to_be_visible()
    page.check("input[name=how_far][value=date]")
    expect(page.locator("#id_since")).to_be_visible()


def test_the_pages_work_without_javascript(opened: OpenPage, team: Team, team_admin: Person, full: Service) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/connections/{full.source_id}/", java_script_enabled=False)
    page.click("form[action$='/pause/'] button")
    expect(page.locator(".p-status[role=status]")).to_contain_text("Paused")
    page.goto(page.url.replace(f"connections/{full.source_id}/", "delivery/"))
    page.click("#figure-mttr summary")
    expect(page.locator("#figure-mttr tbody tr").first).to_be_visible()


PAGES = ["delivery/", "delivery/?period=all&edition=2025", "delivery/deployments/", "delivery/incidents/", "delivery/changes/",
         "delivery/point/", "delivery/policy/", "delivery/deployments/{deployment}/", "delivery/incidents/{incident}/",
         "connections/",
         "connections/{source}/", "connections/{source}/access/", "connections/{source}/disconnect/", "delivery/connect/",
         "delivery/rules/{service}/", "delivery/ways-in/", "delivery/ways-in/alerts/", "delivery/deployments/new/",
         "delivery/incidents/new/"]  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1440, "dark")])
def test_nothing_serious_for_axe_and_nothing_runs_over(
    opened: OpenPage, live_server: Any, team: Team, team_admin: Person, full: Service, theme: str, width: int
) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/delivery/", width, color_scheme=theme)
    deployment, incident = full.deployments.first(), full.incidents.first()
    assert deployment
    assert incident
    rows = {"source": full.source_id, "service": full.pk, "deployment": deployment.pk, "incident": incident.pk}
    found = []
    for path in PAGES:
        page.goto(f"{live_server.url}/teams/{team.pk}/{path.format(**rows)}")
        if page.locator("[data-chart]").count():
            expect(page.locator("html[data-charts=drawn]")).to_have_count(1)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{path} runs over")
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found.append(f"{path}: {violation['id']} {[node['html'][:120] for node in violation['nodes'][:3]]}")
    assert found == []
