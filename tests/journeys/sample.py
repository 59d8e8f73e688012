"""The first minutes of somebody who tries the portal: set-up, one click, and every page is alive; later, away with it again.

Prints how long it took from the start of the portal until all of it could be seen. An installation comes before that: about
90 s on two cores from a fresh clone, see CONTRIBUTING.md.
"""

import os
import re
import time

from playwright.sync_api import expect

from tests.journeys.main import CASTS, expect_charts, set_up
from tests.journeys.play import Actor, Stage, run

LOADING_TAKES = 120_000  # milliseconds at most, on a machine that has other things to do
LOAD = "form[action$='/organisation/sample/load/'] button"


def play(stage: Stage) -> None:
    cast = CASTS[stage.language]
    with stage.actor(cast.first) as actor:
        set_up(actor, cast)
        load(actor)
        see_portfolio(actor)
        since_start = time.time() - float(os.environ.get("PORTAL_STARTED", time.time()))
        print(f"  From the start of the portal to a whole lively one: {since_start:.0f} s", flush=True)
        see_team(actor)
        see_other_pages(actor)
        remove(actor)


def load(actor: Actor) -> None:
    began = time.monotonic()
    actor.click(LOAD)
    actor.look("Being loaded")
    expect(actor.find("#live[data-state=loaded]")).to_be_visible(timeout=LOADING_TAKES)
    print(f"  Loading took {time.monotonic() - began:.0f} s", flush=True)
    actor.step("Load the sample organisation")


def see_portfolio(actor: Actor) -> None:
    actor.click("#live a.btn-primary")
    expect(actor.find("main tr a.p-team")).to_have_count(6)
    expect(actor.find("main tr .p-tag")).to_have_count(6)
    actor.step("See the portfolio")


def see_team(actor: Actor) -> None:
    """A team with a long history: the one with the most to show in delivery."""
    actor.click(actor.page.locator("main tr", has=actor.find(".p-band.is-E")).first.locator("a.p-team"))
    expect(actor.find("h1 .p-tag")).to_be_visible()
    expect(actor.find("html[data-charts=drawn]")).to_have_count(1)
    actor.step("See a team")


def see_other_pages(actor: Actor) -> None:
    for tab, title in (("roadmap", "roadmap"), ("maturity", "maturity"), ("okrs", "OKRs"), ("delivery", "delivery")):
        actor.click(f".p-tabs a[href$='/{tab}/']")
        expect(actor.find("h1 .p-tag")).to_be_visible()
        actor.step(f"See its {title}")
    expect_charts(actor, 8)
    actor.click("nav.p-nav a[href='/trends/']")
    expect(actor.find("html[data-charts=drawn]")).to_have_count(1)
    actor.step("See the trends")


def remove(actor: Actor) -> None:
    actor.click("nav.p-nav a[href='/organisation/']")
    actor.click(".p-tabs a[href$='/organisation/sample/']")
    actor.click("#live details.p-confirm summary")
    actor.click("#live details.p-confirm button")
    expect(actor.find("#live[data-state=absent]")).to_be_visible(timeout=LOADING_TAKES)
    actor.click("a.p-brand")
    expect(actor.find(LOAD)).to_be_visible()
    expect(actor.page).to_have_url(re.compile(r"/$"))
    actor.step("Remove it again")


if __name__ == "__main__":
    run(play)
