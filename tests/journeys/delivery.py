"""From a pasted address to the first chart, from a point to its cause, a correction that moves a figure, a policy that moves all.

After each step the numbers on the page are held against the API's and against the slow reference, which knows nothing of what the
portal prepared (tests/delivery/reference.py).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from tests.journeys.play import SUBMIT, Actor, Stage, found, run

SYNC_TAKES = 180_000  # milliseconds at most, on a machine that has other things to do


@dataclass(frozen=True)
class Cast:
    organisation: str
    team: str
    name: str
    because: str


CASTS = {
    "en": Cast("Acme Retail", "Ranking", "Emma Clark", "The index was rebuilt by the earlier one"),
    "ja": Cast("アクメ小売", "ランキング", "佐藤 葵", "索引を作り直したのは前のデプロイでした"),
}
DELIVERY = ".p-tabs a[href$='/delivery/']"
FIGURES = ("deployment_frequency", "lead_time", "change_failure_rate", "recovery", "mttr", "rework_rate")
Numbers = dict[str, tuple[float | None, float | None, float | None]]


def play(stage: Stage) -> None:
    cast = CASTS[stage.language]
    with stage.actor(cast.name) as actor:
        begin(actor, cast)
        connect(actor)
        watch_sync(actor)
        see_figures(actor)
        point = open_a_point(actor)
        attribute_to_another(actor, cast, point)
        mark_as_failed_and_take_back(actor, cast)
        change_the_policy(actor)
        see_all_teams(actor)


def begin(actor: Actor, cast: Cast) -> None:
    found(actor, cast.organisation, cast.team)
    actor.step("Set-up, team")


# -- From a pasted address to the first chart ---------------------------------------------------------------------


def connect(actor: Actor) -> None:
    """What is proposed is taken as it is."""
    actor.click(DELIVERY)
    actor.click("main .p-empty a.btn-primary")
    actor.fill("#id_address", f"{actor.stage.fake_github}/acme/ranking")
    actor.fill("#id_token", os.environ["FAKE_GITHUB_TOKEN"])
    actor.click("details.p-fold summary")
    actor.fill("#id_base_url", f"{actor.stage.fake_github}/api/v3")
    actor.click(SUBMIT)
    expect(actor.find("select[name^=environment_]").first).to_have_value("production")
    actor.click(SUBMIT)
    expect(actor.find("#live")).to_be_visible()
    actor.step("Paste the address, take what is proposed")


def watch_sync(actor: Actor) -> None:
    expect(actor.find("#live:not([hx-get]) [role=status].is-ok")).to_be_visible(timeout=SYNC_TAKES)
    actor.click(DELIVERY)
    expect(actor.find("html[data-charts=drawn]")).to_have_count(1)
    expect(actor.find("#h-deployment-frequency")).to_be_visible()
    actor.step("See the first chart")


def see_figures(actor: Actor) -> None:
    """All of them, with numerator and denominator, the policy beside, and no number that anybody else would not say."""
    for figure in FIGURES:
        expect(actor.find(f"[data-figure={figure}] b:not(.p-fig-none)")).to_have_text(re.compile(r"\d"))
        expect(actor.find(f"[data-figure={figure}] .p-fig-p a")).to_have_count(1)
    expect(actor.find(".p-chart:has(svg.main-svg .trace)")).to_have_count(8)
    told = hold(actor)
    assert all(value is not None for value, _numerator, _denominator in told.values()), told
    for edition in ("2021", "2025", "2023"):
        actor.click(f".p-show a[href*='edition={edition}']")
        marks = ".p-score" if edition == "2025" else ".p-band"
        expect(actor.find(f"section[aria-labelledby=h-figures] {marks}").first).to_be_visible()
        assert hold(actor) == told, "an edition judges; it moves nothing"
    actor.step("See all figures, in every edition")


# -- From a point to its cause ------------------------------------------------------------------------------------


def open_a_point(actor: Actor) -> dict[str, Any]:
    """Click the point of the week in which most deployments failed; what is behind it says what the chart says."""
    points = [point for point in api(actor)["points"] if rate(point)[2]]
    worst = max(points[:-1], key=lambda point: (rate(point)[1] or 0, rate(point)[2] or 0))
    drawn = [point for point in points if rate(point)[0] is not None]
    marker = actor.find("section[aria-labelledby=h-change-failure-rate] .points path").nth(drawn.index(worst))
    marker.scroll_into_view_if_needed()
    box = marker.bounding_box()
    assert box
    actor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    actor.clicks += 1
    expect(actor.page).to_have_url(re.compile(rf"/point/\?figure=change_failure_rate&from={worst['first']}"))
    assert on_page(actor) == by_id(worst["figures"])
    expect(actor.find("[id^=incident-] th a").first).to_have_attribute("href", re.compile(r"/acme/ranking/issues/\d+$"))
    actor.step("Click a point, see its cause")
    return worst


def attribute_to_another(actor: Actor, cast: Cast, point: dict[str, Any]) -> None:
    """The incident belongs to the deployment before; its recovery is seen moving on the spot and on the page."""
    before = by_id(api(actor)["figures"])
    row = actor.find("[id^=incident-]:has(td a[href*='/deployments/'])").first
    actor.click(row.locator("td.p-end a"))
    actor.click("input[name=kind][value=attribute]")
    earlier = actor.find("#correct select[name=target] option").nth(1).get_attribute("value")
    assert earlier
    actor.choose("#correct select[name=target]", earlier)
    actor.fill("#correct textarea[name=reason]", cast.because)
    actor.look("Say what it was")
    actor.click("#correct button[type=submit]")
    expect(actor.find(".p-notice.is-success")).to_contain_text("→")
    expect(actor.find(".p-history")).to_contain_text(cast.because)
    actor.step("Attribute it to another deployment, see the figure move")
    actor.click(DELIVERY)
    after = hold(actor)
    assert after["recovery"] != before["recovery"], (before, after)
    assert after["mttr"] == before["mttr"]
    actor.step("See it on the page")


def mark_as_failed_and_take_back(actor: Actor, cast: Cast) -> None:
    before = hold(actor)
    week = [point for point in api(actor)["points"] if rate(point)[2]][-2]
    actor.click(".p-figure:has([data-chart='chart-change-failure-rate']) summary")
    actor.click(f"section[aria-labelledby=h-change-failure-rate] table a[href*='from={week['first']}']")
    rows = actor.find("[id^=deployment-]:not(:has(.is-off)):has(.is-ok)")
    actor.click(rows.first.locator("td.p-end a"))
    actor.click("input[name=kind][value=failed]")
    actor.fill("#correct textarea[name=reason]", cast.because)
    actor.click("#correct button[type=submit]")
    expect(actor.find(".p-notice.is-success")).to_contain_text("→")
    actor.look("Marked as failed")
    actor.click(DELIVERY)
    after = hold(actor)
    _share, part, whole = before["change_failure_rate"]
    assert part is not None
    assert after["change_failure_rate"][1:] == (part + 1, whole)
    actor.page.go_back()
    actor.click("form[action$='/withdraw/'] button")
    expect(actor.find(".p-corrected")).to_have_count(1)
    actor.click(DELIVERY)
    assert hold(actor) == before
    actor.step("Mark one as failed, take it back")


# -- The policy ---------------------------------------------------------------------------------------------------


def change_the_policy(actor: Actor) -> None:
    """What a preview says would move is what saving moves."""
    before = hold(actor)
    actor.click("[data-figure=change_failure_rate] .p-fig-p a")
    actor.fill("#id_look_back_days", "1")
    actor.click("button[name=preview]")
    expect(actor.find("#moved tbody tr")).to_have_count(len(FIGURES))
    promised = actor.find("#moved tbody").inner_text()
    actor.look("What would move")
    actor.click(".p-policy button.btn-primary")
    expect(actor.find("#moved tbody")).to_have_text(promised, use_inner_text=True)
    actor.look("What moved")
    actor.click(DELIVERY)
    after = hold(actor)
    assert after["recovery"] != before["recovery"], (before, after)
    assert after["deployment_frequency"] == before["deployment_frequency"]
    actor.step("Change the policy, see what moves")


def see_all_teams(actor: Actor) -> None:
    told = hold(actor)
    actor.click(".p-show-end")
    for figure, (value, *_counts) in told.items():
        shown = actor.find(f"tbody [data-figure={figure}]").get_attribute("data-value")
        assert (None if shown is None else float(shown)) == value, figure
    actor.step("See all teams side by side")


# -- The same number everywhere -----------------------------------------------------------------------------------


def hold(actor: Actor) -> Numbers:
    """The numbers on the delivery page, which are the API's and the reference's."""
    expect(actor.page).to_have_url(re.compile(r"/delivery/(\?|$)"))
    shown, told = on_page(actor), api(actor)
    assert shown == by_id(told["figures"])
    wanted = reference(actor, told["first"], told["last"])
    assert shown.keys() == wanted.keys()
    for figure, numbers in shown.items():
        for mine, theirs in zip(numbers, wanted[figure], strict=True):
            assert (mine is None) == (theirs is None), figure
            assert mine is None or theirs is None or abs(mine - theirs) < 1e-9, (figure, numbers, wanted[figure])
    return shown


def team_of(actor: Actor) -> str:
    found = re.search(r"/teams/(\d+)/", actor.page.url)
    assert found
    return found[1]


def api(actor: Actor) -> dict[str, Any]:
    answer = actor.page.request.get(f"{actor.stage.address}/api/v1/teams/{team_of(actor)}/delivery/")
    assert answer.ok, answer.text()
    return dict(answer.json())


def by_id(figures: list[dict[str, Any]]) -> Numbers:
    return {each["id"]: (each["value"], each["numerator"], each["denominator"]) for each in figures}


def rate(point: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    return by_id(point["figures"])["change_failure_rate"]


def on_page(actor: Actor) -> Numbers:
    """As the page's own HTML has them, once it is there."""
    expect(actor.find(".p-fig[data-figure]")).to_have_count(len(FIGURES))
    found: Numbers = {}
    for each in actor.find(".p-fig").all():
        numbers = [each.get_attribute(f"data-{name}") for name in ("value", "numerator", "denominator")]
        value, part, whole = (None if number is None else float(number) for number in numbers)
        found[each.get_attribute("data-figure") or ""] = value, part, whole
    return {figure: found[figure] for figure in FIGURES}


def reference(actor: Actor, first: str, last: str) -> Numbers:
    command = [sys.executable, "-m", "tests.delivery.told_reference", team_of(actor), first, last]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {figure: tuple(numbers) for figure, numbers in json.loads(done.stdout.splitlines()[-1]).items()}


if __name__ == "__main__":
    run(play)
