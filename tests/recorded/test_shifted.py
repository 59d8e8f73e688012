"""Recordings moved to the present: the team page shows the newest deployments. Its pictures are kept.

UPDATE_SCREENSHOTS=1 writes them to docs/screenshots as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ops.bootstrap import ROOT
from tests.recorded.stage import ANTS, OPENBIC, MakeReplay, Person, Portal, Rules, instants, tone_of

pytestmark = pytest.mark.recorded
PICTURES = ROOT / "var" / "recorded"
NEWEST_RUN = datetime(2022, 9, 3, 5, 16, 16, tzinfo=UTC)  # the newest instant of ants: what the shift moves
NEWEST_INCIDENT = datetime(2018, 8, 10, 4, 6, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def shifted(ada: Person, portal: Portal, make_replay: MakeReplay) -> str:
    """A team in the eighth month of its roadmap. Between ants' issues and its runs lie four years, so its incidents are
    read from a second host, shifted so that the newest ended five weeks ago."""
    team = ada.create_team("Forecasting")
    subprocess.run(
        [sys.executable, "-m", "tests.recorded.past", team.rpartition("/")[2]],
        cwd=ROOT,
        env=portal.environment | {"DJANGO_SETTINGS_MODULE": "mlops_portal.settings"},
        check=True,
    )
    now = make_replay("--shift-to", "now")
    weeks_ago = datetime.now(UTC) - timedelta(weeks=5) + (NEWEST_RUN - NEWEST_INCIDENT)
    earlier = make_replay("--shift-to", f"{weeks_ago:%Y-%m-%dT%H:%M:%SZ}")
    runs = Rules(workflows=("CodeQL", "Lint", "Tests"))
    for repository, host, rules in ((OPENBIC, now, None), (ANTS, now, runs), (ANTS, earlier, Rules(labels=("bug",)))):
        assert ada.wait_for_sync(ada.connect(team, repository, host, rules)).tone == "is-ok"
    return team


def test_the_charts_show_the_newest_deployments(ada: Person, shifted: str) -> None:
    ada.go(f"{shifted}/delivery/deployments/")
    newest = max(instants(ada.find(".p-list tbody tr:has(.is-ok) td:last-child time")))
    assert datetime.now(UTC) - newest < timedelta(days=1)
    ada.go(f"{shifted}/delivery/")
    expect_charts(ada.page, 8)
    weeks = ada.find("#figure-deployment-frequency tbody tr")
    counts = [row.locator("td").first.text_content() or "" for row in weeks.all()]
    assert len(counts) >= 13
    listed = sum(int(count) for count in counts if count.isdigit())
    day = (datetime.now(UTC) - timedelta(weeks=15)).date()
    behind = ada.data(f"/api/v1{shifted}/deployments/?from={day}&limit=100")["results"]
    assert listed == sum(each["counts"] for each in behind) == 18  # 16 runs of ten weeks, 2 deployments
    assert ada.find("[data-figure=mttr] .p-fig-v b").inner_text() == "36.58"
    drawn = ada.page.evaluate("document.querySelector('#figure-deployment-frequency .p-chart').data[0].y")
    assert sum(value or 0 for value in drawn) == 18


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_pictures_of_the_team_page(browser: Browser, portal: Portal, shifted: str, language: str, theme: str) -> None:
    """As one of the team sees it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme, locale=language)
    person = Person(context.new_page(), portal)
    person.sign_in("emma@example.com")
    if person.find("html").get_attribute("lang") != language:
        person.page.click(f"header button[value={language}]")
    person.go(f"{shifted}/")
    expect(person.find("html")).to_have_attribute("lang", language)
    expect_charts(person.page, 1)
    assert [tone_of(each) for each in person.find(".p-sources-l .p-status").all()] == ["is-ok"] * 3
    keep(person.page, f"team-{language}-{theme}.png")
    context.close()


def expect_charts(page: Page, count: int) -> None:
    expect(page.locator("html[data-charts=drawn]")).to_have_count(1)
    expect(page.locator(".p-chart:has(svg.main-svg .trace)")).to_have_count(count)


def keep(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / name, full_page=True, animations="disabled")
    if os.environ.get("UPDATE_SCREENSHOTS") == "1":
        shown = Path(ROOT, "docs", "screenshots")
        shown.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PICTURES / name, shown / name)
