"""The portal's main job, once and whole: set-up, team, invitation, roadmap, ticks of two people, connection, sync, charts.

Both people come with a browser of the other language and say on a page which one they want: the first by the switch in
the page's head, the second with the new account.
"""

import os
import re
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.journeys.play import PASSWORD, SUBMIT, Actor, Stage, run

SYNC_TAKES = 120_000  # milliseconds at most, on a machine that has other things to do


@dataclass(frozen=True)
class Cast:
    organisation: str
    team: str
    first: str
    second: str


CASTS = {
    "en": Cast("Acme Retail", "Forecasting", "Emma Clark", "Ben Okafor"),
    "ja": Cast("アクメ小売", "需要予測", "佐藤 葵", "田中 蓮"),
}


def play(stage: Stage) -> None:
    cast = CASTS[stage.language]
    other = next(language for language in CASTS if language != stage.language)
    with (
        stage.actor(cast.first, locale=other, permissions=["clipboard-write"]) as first,
        stage.actor(cast.second, locale=other) as second,
    ):
        set_up(first, cast)
        create_team(first, cast)
        accept(second, invite(first), cast)
        start_roadmap(first)
        tick(first, second)
        connect(first)
        choose_rules(first)
        watch_sync(first)
        see_delivery(first)
        see_team(first)


# -- Set-up, team, invitation -------------------------------------------------------------------------------------


def set_up(actor: Actor, cast: Cast) -> None:
    actor.go("/")
    expect(actor.find("#id_code")).to_be_visible()
    actor.speak(actor.stage.language)
    actor.fill("#id_code", actor.stage.setup_code)
    actor.fill("#id_organisation", cast.organisation)
    actor.fill("#id_name", cast.first)
    actor.fill("#id_email", "first@example.com")
    actor.fill("#id_password", PASSWORD)
    expect(actor.find("#id_language")).to_have_value(actor.stage.language)
    actor.look("Set-up form")
    actor.click(SUBMIT)
    expect(actor.find(".p-step.is-now")).to_be_visible()
    actor.step("Set-up, then home")


def create_team(actor: Actor, cast: Cast) -> None:
    actor.click(".p-step.is-now a")
    actor.fill("#id_name", cast.team)
    actor.click(SUBMIT)
    expect(actor.find(".p-list tbody tr")).to_have_count(1)  # whoever makes a team may belong to it at once
    actor.step("Create the team")


def invite(actor: Actor) -> str:
    """The link as the page's button copies it."""
    actor.click(SUBMIT)
    actor.click("[data-copy='#invitation-link']")
    shown = actor.find("#invitation-link").input_value()
    expect_copied(actor, shown)
    actor.step("Invite, copy the link")
    return shown


def expect_copied(actor: Actor, text: str) -> None:
    """What the clipboard holds is pasted to be seen: the portal's pages themselves may not read it."""
    field = actor.find("main input[type=email]").first
    field.focus()
    actor.page.keyboard.press("Control+V")
    expect(field).to_have_value(text)
    field.fill("")


def accept(actor: Actor, link: str, cast: Cast) -> None:
    actor.go(link)
    actor.fill("#id_name", cast.second)
    actor.fill("#id_email", "second@example.com")
    actor.fill("#id_password", PASSWORD)
    actor.choose("#id_language", actor.stage.language)
    actor.click(SUBMIT)
    expect(actor.page).to_have_url(re.compile(r"/teams/\d+/$"))
    expect(actor.find("h1")).to_have_text(cast.team)
    actor.step("Accept the invitation")


# -- Roadmap ------------------------------------------------------------------------------------------------------


def start_roadmap(actor: Actor) -> None:
    actor.click(".p-tabs a[href$='/roadmap/']")
    actor.click(SUBMIT)
    expect(actor.find(".p-phase .p-li")).to_have_count(12)
    expect_charts(actor, 1)
    actor.step("Start the roadmap")


def tick(first: Actor, second: Actor) -> None:
    """Each ticks one item; then both the same at once, on pages that were loaded before either clicked."""
    second.click(".p-tabs a[href$='/roadmap/']")
    boxes = [box.get_attribute("id") for box in first.find(".p-phase [role=checkbox]").all()]
    mine, yours, ours = (f"#{box}" for box in boxes[:3])
    first.click(mine)
    expect_ticked(first, mine)
    first.step("Tick an item")
    second.click(yours)
    expect_ticked(second, yours)
    second.step("Tick another item")
    for actor in (first, second):
        actor.page.reload()
        expect_ticked(actor, mine, yours)
        expect(actor.find(ours)).to_have_attribute("aria-checked", "false")
    for actor in (first, second):
        actor.click(ours)
    for actor in (first, second):
        expect_ticked(actor, ours)
        actor.page.reload()
        expect_ticked(actor, mine, yours, ours)
        expect(actor.find("#phase-1-progress .p-num")).to_have_text(re.compile(r"\b3\b"))
        actor.step("Tick the same item at once")
    second.click(ours.replace("tick", "title"))
    expect(second.find(".p-history > li")).to_have_count(1)
    second.step("See that it was ticked once")


def expect_ticked(actor: Actor, *boxes: str) -> None:
    for box in boxes:
        expect(actor.find(box)).to_have_attribute("aria-checked", "true")


# -- Connection, sync, charts -------------------------------------------------------------------------------------


def connect(actor: Actor) -> None:
    actor.click(".p-tabs a[href$='/delivery/']")
    actor.click("main .p-empty a.btn-primary")
    actor.fill("#id_address", f"{actor.stage.fake_github}/acme/shop")
    actor.fill("#id_token", os.environ["FAKE_GITHUB_TOKEN"])
    actor.click("details.p-fold summary")
    actor.fill("#id_base_url", f"{actor.stage.fake_github}/api/v3")
    actor.look("Connect form")
    actor.click(SUBMIT)
    expect(actor.find("#id_deployments_0")).to_be_checked()
    actor.step("Connect: address and token")


def choose_rules(actor: Actor) -> None:
    """What is proposed is taken as it is; only everything is read, not 12 months."""
    expect(actor.find("select[name^=environment_]").first).to_have_value("production")
    expect(actor.find("input[name=labels][value=incident]")).to_be_checked()
    actor.click("input[name=how_far][value=all]")
    actor.look("Rules form")
    actor.click(SUBMIT)
    expect(actor.find("#live")).to_be_visible()
    actor.step("Choose the rules")


def watch_sync(actor: Actor) -> None:
    """The page asks by itself until the sync has come to its end."""
    expect(actor.find("#live:not([hx-get]) [role=status].is-ok")).to_be_visible(timeout=SYNC_TAKES)
    for stream in ("deployments", "incidents"):
        expect(actor.find(f"#live [data-stream={stream}]")).to_have_text(re.compile(r"[1-9]"))
    actor.step("Watch the first sync")


def see_delivery(actor: Actor) -> None:
    actor.click(".p-tabs a[href$='/delivery/']")
    for figure in ("deployment_frequency", "change_failure_rate", "mttr"):
        expect(actor.find(f"[data-figure={figure}] b:not(.p-fig-none)")).to_have_text(re.compile(r"\d"))
    expect_charts(actor, 8)
    actor.step("See the figures of delivery")


def see_team(actor: Actor) -> None:
    actor.click(".p-tabs a >> nth=0")
    expect(actor.find(".p-step.is-done")).to_have_count(3)  # people, roadmap, repository; two are for other days
    expect_charts(actor, 1)
    expect(actor.find("#delivery [data-figure]")).to_have_count(4)
    actor.step("See the team")


def expect_charts(actor: Actor, count: int) -> None:
    expect(actor.find("html[data-charts=drawn]")).to_have_count(1)
    expect(actor.find(".p-chart")).to_have_count(count)
    expect(actor.find(".p-chart:has(svg.main-svg .trace)")).to_have_count(count)


if __name__ == "__main__":
    run(play)
