"""A team assesses itself: two people answer at once, one by keys alone; a manager's eye, a target, the step onto the roadmap."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.journeys.play import PASSWORD, SUBMIT, Actor, Stage, found, run


@dataclass(frozen=True)
class Cast:
    organisation: str
    team: str
    first: str
    second: str
    comment: str


CASTS = {
    "en": Cast("Acme Retail", "Forecasting", "Emma Clark", "Ben Okafor", "Only for the demand model"),
    "ja": Cast("アクメ小売", "需要予測", "佐藤 葵", "田中 蓮", "需要モデルのみ対応"),
}
# One key for each criterion, in the order of the page: states by 1 to 4, U unknown, N not applicable.
ANSWERS = ("3", "4", "2", "3", "3", "U", "2", "2", "3", "1", "N", "2")


def play(stage: Stage) -> None:
    cast = CASTS[stage.language]
    with stage.actor(cast.first, permissions=["clipboard-write"]) as first:
        link = begin(first, cast)
        with stage.actor(cast.second) as second:
            accept(second, link, cast)
            start_round(first)
            answer_at_once(first, second)
            answer_by_keys(first)
            comment_by_keys(first, cast)
        submit(first)
        review(first)
        see_maturity(first)
        set_target(first)
        put_on_the_roadmap(first)
        second_round(first)


def begin(actor: Actor, cast: Cast) -> str:
    """Set-up, a team, its roadmap, and the link that invites the second person."""
    found(actor, cast.organisation, cast.team)
    actor.click(SUBMIT)
    link = actor.find("#invitation-link").input_value()
    actor.click(".p-tabs a[href$='/roadmap/']")
    actor.click(SUBMIT)
    expect(actor.find(".p-phase .p-li")).to_have_count(12)
    actor.step("Set-up, team, invitation, roadmap")
    return link


def accept(actor: Actor, link: str, cast: Cast) -> None:
    actor.go(link)
    actor.fill("#id_name", cast.second)
    actor.fill("#id_email", "second@example.com")
    actor.fill("#id_password", PASSWORD)
    actor.choose("#id_language", actor.stage.language)
    actor.click(SUBMIT)
    expect(actor.find("h1")).to_have_text(cast.team)
    actor.step("The second person joins")


def start_round(actor: Actor) -> None:
    actor.click(".p-tabs a[href$='/maturity/']")
    actor.look("Nothing is assessed yet")
    actor.click(SUBMIT)
    expect(actor.find("[data-criterion]")).to_have_count(12)
    actor.step("Start the first round")


def answer_at_once(first: Actor, second: Actor) -> None:
    """Both have the page open. Different criteria do not meet; on the same one the second is told, and keeps what was typed."""
    second.click(".p-tabs a[href$='/maturity/']")
    second.click(".p-head-a a[href*='/rounds/']")
    second.fill("#data-versioning-link", "https://wiki.example.com/data")  # what somebody is typing is left alone
    first.click("label[for=data-versioning-2]")
    expect_saved(first, "data-versioning")
    first.step("Answer by mouse")
    second.click("label[for=data-versioning-1]")
    expect(second.find("#said-data-versioning [role=alert]")).to_be_visible()
    expect(second.find("#data-versioning-1")).to_be_checked()
    expect(second.find("#data-versioning-link")).to_have_value("https://wiki.example.com/data")
    second.step("A stale answer is refused with both")
    second.click("label[for=data-versioning-answer_mine]")
    expect_saved(second, "data-versioning")
    second.step("Save mine after all")


def answer_by_keys(actor: Actor) -> None:
    """The weekly job: J goes to the next criterion, one more key answers it. Nothing else is needed."""
    actor.page.reload()
    rows = [row.get_attribute("id") for row in actor.find("[data-criterion]").all()]
    for row, key in zip(rows, ANSWERS, strict=True):
        press(actor, "j", key)
        expect_saved(actor, row or "")
    expect(actor.find("#round-progress svg .fg")).to_have_attribute("width", "100.0%")
    actor.step("Answer all twelve by keys")


def comment_by_keys(actor: Actor, cast: Cast) -> None:
    press(actor, "c")
    actor.page.keyboard.insert_text(cast.comment)
    actor.keys += len(cast.comment)
    press(actor, "Escape")
    expect_saved(actor, "monitor-alerts")  # no longer "not saved yet"
    actor.page.reload()
    expect(actor.find("#monitor-alerts-comment")).to_have_value(cast.comment)
    actor.step("Comment by keys")


def submit(actor: Actor) -> None:
    actor.click("#round-actions button.btn-primary")
    expect(actor.find("#round-actions form")).to_have_count(2)
    actor.step("Submit")


def review(actor: Actor) -> None:
    """The administrator may review as a manager may."""
    actor.click("#round-actions button.btn-primary")
    expect(actor.find("#round-actions form")).to_have_count(1)
    actor.step("Review")


def see_maturity(actor: Actor) -> None:
    actor.click(".p-tabs a[href$='/maturity/']")
    expect(actor.find("html[data-charts=drawn]")).to_have_count(1)
    expect(actor.find(".p-chart:has(svg.main-svg)")).to_have_count(2)
    expect(actor.find("#area-data .p-key-s")).to_have_text("L1")
    expect(actor.find("#area-model .p-key-s")).to_have_text("L0")
    expect(actor.find("#next")).to_be_visible()
    actor.step("See levels, radar and the next best step")


def set_target(actor: Actor) -> None:
    actor.click("#area-data .p-level-t a")
    actor.choose("#id_level", "3")
    actor.fill("#id_due", "2099-03-31")
    actor.click(SUBMIT)
    expect(actor.find("#area-data .p-level-t")).to_contain_text("L3")
    actor.step("Set a target")


def put_on_the_roadmap(actor: Actor) -> None:
    """The step's item is dropped on the roadmap; one click takes it up again."""
    actor.click("#next a.btn-primary")
    actor.fill("#dropform_reason", "–")
    actor.click("form[action$='/drop/'] button.btn")
    actor.go(re.sub(r"/roadmap/.*", "/maturity/", actor.page.url))
    expect(actor.find("#next form button, #next a.btn-primary")).to_have_count(1)
    actor.look("The next best step")
    actor.click("#next form button, #next a.btn-primary")
    expect(actor.page).to_have_url(re.compile(r"/roadmap/items/\d+/$"))
    actor.step("Put the next best step on the roadmap")


def second_round(actor: Actor) -> None:
    """The last round's answers are marked."""
    actor.go(re.sub(r"/roadmap/.*", "/maturity/", actor.page.url))
    actor.click(".p-head-a button")
    expect(actor.find("[data-criterion] .p-seg-was")).to_have_count(12)
    actor.step("Start the next round")


def press(actor: Actor, *keys: str) -> None:
    for key in keys:
        actor.page.keyboard.press(key)
        actor.keys += 1


def expect_saved(actor: Actor, row: str) -> None:
    expect(actor.find(f"#said-{row} .p-saved")).to_be_visible()


if __name__ == "__main__":
    run(play)
