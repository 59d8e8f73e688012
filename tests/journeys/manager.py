"""The manager's weekly job: where do all teams stand, where are they heading, and what is behind each number.

The portal is filled with the sample organisation, whose loading is a journey of its own. What is counted from the portfolio on is
what a manager does each week.
"""

import re
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.journeys.play import PASSWORD, SUBMIT, Actor, Stage, run

LOADING_TAKES = 240_000  # milliseconds at most, on a machine that has other things to do
BODY = ".p-table tbody[role=rowgroup]"


@dataclass(frozen=True)
class Cast:
    organisation: str
    name: str


CASTS = {"en": Cast("Acme Retail", "Mina Clark"), "ja": Cast("アクメ小売", "佐藤 美奈")}


def play(stage: Stage) -> None:
    cast = CASTS[stage.language]
    with stage.actor(cast.name, locale=stage.language) as manager:
        fill_the_portal(manager, cast)
        see_where_every_team_stands(manager)
        look_behind_numbers(manager)
        narrow_down(manager)
        take_it_along(manager)
        see_where_they_are_heading(manager)
        look_at_one_team(manager)
        look_on_the_phone(manager)
        come_back(manager)


def fill_the_portal(actor: Actor, cast: Cast) -> None:
    actor.go("/")
    actor.fill("#id_code", actor.stage.setup_code)
    actor.fill("#id_organisation", cast.organisation)
    actor.fill("#id_name", cast.name)
    actor.fill("#id_email", "manager@example.com")
    actor.fill("#id_password", PASSWORD)
    actor.click(SUBMIT)
    actor.click("form[action$='/sample/load/'] button")
    expect(actor.find("#live[data-state=loaded]")).to_be_visible(timeout=LOADING_TAKES)
    actor.step("Set-up with the sample organisation")


# -- Every week from here -------------------------------------------------------------------------------------------


def see_where_every_team_stands(actor: Actor) -> None:
    actor.click(".p-nav a[href='/portfolio/']")
    teams = actor.find(f"{BODY} .p-team")
    expect(teams.first).to_be_visible()
    count = teams.count()
    assert count >= 6, f"{count} teams"
    expect(actor.find(f"{BODY} .p-heat")).to_have_count(4 * count)
    expect(actor.find(f"{BODY} :is(.p-road, .p-road-td .p-none)")).to_have_count(count)
    expect(actor.find(f"{BODY} .p-group")).not_to_have_count(0)
    expect(actor.find(".p-lede a")).not_to_have_count(0)
    expect_charts(actor, 4)
    actor.step("See where every team stands")


def look_behind_numbers(actor: Actor) -> None:
    """A level leads to its criteria, a roadmap to its items, a figure to what is behind it."""
    for cell, address in (
        (f"{BODY} a.p-heat:not(.is-unknown)", r"/teams/\d+/maturity/#area-"),
        (f"{BODY} a.p-road", r"/teams/\d+/roadmap/$"),
        (f"{BODY} a.p-okr-cell", r"/teams/\d+/okrs/"),
        (f"{BODY} a.p-dora", r"/teams/\d+/delivery/point/\?figure=deployment_frequency&from="),
    ):
        actor.click(cell)
        expect(actor.page).to_have_url(re.compile(address))
        actor.page.go_back()
        actor.clicks += 1
        expect(actor.find(BODY)).to_be_visible()
    actor.step("Look behind four numbers and come back")


def narrow_down(actor: Actor) -> None:
    every = actor.find(f"{BODY} .p-team").count()
    actor.choose("#portfolio-group", _first_group(actor))
    expect(actor.page).to_have_url(re.compile(r"group=\d+"))
    expect(actor.find(f"{BODY} .p-team")).not_to_have_count(every)
    name = actor.find(f"{BODY} .p-team").first.inner_text()
    actor.fill("#portfolio-q", name[:4])
    actor.page.keyboard.press("Enter")
    actor.keys += 1
    expect(actor.page).to_have_url(re.compile(r"[?&]q=[^&]"))
    expect(actor.find(f"{BODY} .p-team").first).to_have_text(name)
    actor.page.reload()  # the address is the state
    expect(actor.find("#portfolio-q")).to_have_value(name[:4])
    actor.step("Narrow down to a group and a name")


def _first_group(actor: Actor) -> str:
    value = actor.find("#portfolio-group option").nth(1).get_attribute("value")
    assert value
    return value


def take_it_along(actor: Actor) -> None:
    actor.click(".p-nav a[href='/portfolio/']")
    with actor.page.expect_download() as download:
        actor.click(".p-head-a a[download]")
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + actor.find(f"{BODY} .p-team").count(), "a line for the head and one a team"
    actor.step("Take it along as CSV")


def see_where_they_are_heading(actor: Actor) -> None:
    actor.click(".p-nav a[href='/trends/']")
    expect_charts(actor, 4 + 8)
    actor.step("See twelve months of the organisation")
    option = actor.find("select[name=of] option[value^=team-]").first.get_attribute("value")
    assert option
    actor.choose("select[name=of]", option)
    expect(actor.page).to_have_url(re.compile(rf"of={option}"))
    expect(actor.find(".p-panel")).to_have_count(4)
    actor.step("See twelve months of one team")


def look_at_one_team(actor: Actor) -> None:
    actor.click(".p-nav a[href='/portfolio/']")
    actor.click(f"{BODY} tr:has(.p-road):has(a.p-dora):has(a.p-okr-cell):has(a.p-heat:not(.is-unknown)) .p-team")
    for card in ("#next", "#maturity", "#delivery", "#roadmap", "#okrs"):
        expect(actor.find(card)).to_be_visible()
    expect(actor.find("html[data-charts=drawn]")).to_have_count(1)
    actor.step("See one team whole")


def look_on_the_phone(actor: Actor) -> None:
    actor.page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/portfolio/", "/trends/", "/"):
        actor.go(path)
        expect(actor.find("h1")).to_be_visible()
        wide = actor.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{path} scrolls sideways: {wide} px"
        actor.look(f"On the phone {path}")
    actor.page.set_viewport_size({"width": 1440, "height": 900})


def come_back(actor: Actor) -> None:
    actor.go("/")
    expect(actor.find("#owed")).to_be_visible()
    expect(actor.find("#news")).to_be_visible()
    expect(actor.find(".p-needy")).to_be_visible()
    actor.step("See what I owe, what is new and who needs me")


def expect_charts(actor: Actor, count: int) -> None:
    expect(actor.find("html[data-charts=drawn]")).to_have_count(1)
    expect(actor.find(".p-chart:has(svg.main-svg)")).to_have_count(count)


if __name__ == "__main__":
    run(play)
