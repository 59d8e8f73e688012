"""What the portal shows over all time of repositories whose totals are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from statistics import mean

import pytest
from playwright.sync_api import expect

from tests.recorded.conftest import Undisturbed
from tests.recorded.stage import ANTS, OPENBIC, Person, instants, tone_of

pytestmark = pytest.mark.recorded


def test_what_other_tests_compare_is_there(undisturbed: dict[str, Undisturbed]) -> None:
    stored = {
        repository: [len(rows) for rows in case.rows.values() if rows] for repository, case in undisturbed.items()
    }
    assert stored == {ANTS: [20, 2, 26, 14], OPENBIC: [7, 7]}  # deployments, incidents, changes, days


def test_ants_its_incidents(ada: Person, undisturbed: dict[str, Undisturbed]) -> None:
    team = undisturbed[ANTS].source.team
    ada.go(f"{team}/delivery/?period=all&by=month")
    assert ada.find("[data-figure=mttr] .p-fig-v b").inner_text() == "36.58"
    ada.go(f"{team}/delivery/incidents/")
    links = ada.find(".p-list tbody th a[href^=http]").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert sorted(link.rpartition("/")[2] for link in links) == ["6", "7"]  # #8 has the label, and is a pull request
    resolved = instants(ada.find(".p-list tbody td:nth-of-type(3) time"))
    assert [(at.year, at.month) for at in resolved] == [(2018, 8), (2018, 8)]
    listed = ada.data(f"/api/v1{team}/incidents/")["results"]
    assert [each["url"] for each in listed] == links
    assert round(mean(each["hours"] for each in listed), 2) == 36.58


def test_ants_its_deployments(ada: Person, undisturbed: dict[str, Undisturbed]) -> None:
    team = undisturbed[ANTS].source.team
    assert undisturbed[ANTS].seen.read["deployments"] == 20
    ada.go(f"{team}/delivery/?period=all&by=month")
    counted, *_more = ada.numbers("[data-figure=deployment_frequency] > .p-sub")
    assert counted == 16
    assert {show: ada.numbers(f"main a[href*='show={show}']")[0] for show in ("failed", "unknown")} == {
        "failed": 2,
        "unknown": 2,
    }
    ada.go(f"{team}/delivery/deployments/")
    expect(ada.find(".p-list tbody tr")).to_have_count(20)
    tones = [tone_of(status) for status in ada.find(".p-list tbody .p-status").all()]
    assert {tone: tones.count(tone) for tone in set(tones)} == {"is-ok": 16, "is-off": 2, "is-risk": 2}
    listed = ada.data(f"/api/v1{team}/deployments/?limit=50")["results"]
    assert [each["outcome"] for each in listed if not each["counts"]].count("unknown") == 2
    assert sum(each["counts"] for each in listed) == 16


def test_openbic_its_deployments(ada: Person, undisturbed: dict[str, Undisturbed]) -> None:
    team = undisturbed[OPENBIC].source.team
    ada.go(f"{team}/delivery/?period=all&by=month")
    counted, *_more = ada.numbers("[data-figure=deployment_frequency] > .p-sub")
    assert counted == 3
    assert ada.numbers("main a[href*='show=unknown']")[0] == 4
    assert ada.find("[data-figure=mttr] .p-fig-none").count() == 1  # no data, not 0
    ada.go(f"{team}/delivery/deployments/")
    expect(ada.find(".p-list tbody tr")).to_have_count(7)
    rows = ada.find(".p-list tbody tr")
    finished = instants(rows.filter(has=ada.page.locator(".p-status.is-ok")).locator("td:last-child time"))
    assert sorted(at.date() for at in finished) == [date(2024, 8, 8), date(2026, 2, 14), date(2026, 2, 20)]
    assert rows.filter(has=ada.page.locator(".p-status.is-risk")).count() == 4


def test_a_point_of_a_chart_leads_to_what_is_behind_it(ada: Person, undisturbed: dict[str, Undisturbed]) -> None:
    """The data table behind the chart has a link for each month, and its number is that of the list it leads to."""
    team = undisturbed[ANTS].source.team
    ada.go(f"{team}/delivery/?period=all&by=month")
    chart = ada.find("#figure-deployment-frequency")
    chart.locator("summary").click()
    months = [row for row in chart.locator("tbody tr").all() if re.search(r"2022", row.locator("th").inner_text())]
    behind = {}
    for month in months:
        count = month.locator("td").first.inner_text()
        behind[month.locator("th a").get_attribute("href") or ""] = int(count) if count.isdigit() else 0
    assert sum(behind.values()) == 16
    for link, count in behind.items():
        if count:
            ada.go(link)
            assert ada.find(".p-list tbody .p-status.is-ok").count() == count


def test_a_second_sync_with_nothing_new(
    ada: Person, undisturbed: dict[str, Undisturbed], tell: Callable[[str], None]
) -> None:
    """The bound: one 304 for each listing, one request for each unfinished object of the last 7 days; here are none."""
    listings = {ANTS: 3, OPENBIC: 2}  # runs, issues, pull requests; deployments, pull requests
    for repository, count in listings.items():
        case = undisturbed[repository]
        case.replay.reset()
        seen = ada.sync_now(case.source)
        stats = case.replay.stats()
        tell(f"{repository}, nothing new: {seen.requests} requests, of them {seen.not_modified} answered 304")
        assert seen.tone == "is-ok"
        assert seen.read.get("again", 0) == 0
        assert (seen.requests, seen.not_modified) == (count, count)
        assert (stats["requests"], stats["statuses"]) == (count, {"304": count})
        assert ada.portal.rows(case.source) == case.rows
