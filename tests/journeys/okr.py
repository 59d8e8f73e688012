"""The product owner's week: a cycle with the guide's example, then all check-ins on one page by keys alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.journeys.play import SUBMIT, Actor, Stage, found, run


@dataclass(frozen=True)
class Cast:
    organisation: str
    team: str
    owner: str
    metric: str
    fed: str
    kept: str


CASTS = {
    "en": Cast("Acme Retail", "Forecasting", "Emma Clark", "Stock-outs: 3.1 % a month", "Roadmap done", "Error"),
    "ja": Cast("アクメ小売", "需要予測", "佐藤 葵", "欠品率：月3.1%", "ロードマップ進捗", "予測誤差"),
}
OPEN = "form[data-check-in=open]"


def play(stage: Stage) -> None:
    cast = CASTS[stage.language]
    with stage.actor(cast.owner) as owner:
        begin(owner, cast)
        open_cycle(owner)
        take_example(owner, cast)
        add_key_results(owner, cast)
        weekly_check_ins(owner)
        correct_the_last(owner)
        ask_for_a_reason(owner, cast)
        see_the_page(owner)


def begin(actor: Actor, cast: Cast) -> None:
    found(actor, cast.organisation, cast.team)
    actor.click(".p-tabs a[href$='/roadmap/']")
    actor.click(SUBMIT)
    expect(actor.find(".p-phase .p-li")).to_have_count(12)
    actor.step("Set-up, team, roadmap")


def open_cycle(actor: Actor) -> None:
    """Free dates around today, check-ins due tomorrow: so the journey plays alike on every day of the year."""
    today = datetime.now(UTC).date()
    actor.click(".p-tabs a[href$='/okrs/']")
    actor.look("No cycle yet")
    actor.fill("#id_first_day", (today - timedelta(days=35)).isoformat())
    actor.fill("#id_last_day", (today + timedelta(days=55)).isoformat())
    actor.choose("#id_weekday", str((today.weekday() + 1) % 7))
    actor.click(SUBMIT)
    expect(actor.find(".p-empty")).to_be_visible()
    actor.step("Open a cycle")


def take_example(actor: Actor, cast: Cast) -> None:
    actor.click(".p-empty a[href$='/example/']")
    actor.fill("#id_business_metric", cast.metric)
    actor.fill("#id_start_1", "46")
    actor.click(SUBMIT)
    expect(actor.find(".p-okr-r")).to_have_count(3)
    actor.step("Take over the guide's example")


def add_key_results(actor: Actor, cast: Cast) -> None:
    """One that the roadmap feeds, and one to keep at or below a bound: start equal to target leads there."""
    actor.click("a[href$='/key-results/add/']")
    actor.fill("#id_title", cast.fed)
    actor.fill("#id_start", "0")
    actor.fill("#id_target", "50")
    actor.choose("#id_figure", "roadmap_progress")
    actor.click(SUBMIT)
    expect(actor.find(".p-okr-r .p-tag")).to_have_count(1)
    actor.step("Add a key result that is fed")
    actor.click("a[href$='/key-results/add/']")
    actor.fill("#id_title", cast.kept)
    actor.fill("#id_start", "12")
    actor.fill("#id_target", "12")
    actor.click(".p-kr-form summary")
    actor.fill("#id_effective_on", (datetime.now(UTC).date() - timedelta(days=35)).isoformat())
    actor.click(SUBMIT)
    actor.look("Start equals target")
    actor.click("button[name=kind][value=at_most]")
    expect(actor.find(".p-okr-r")).to_have_count(5)
    actor.step("Start equals target: keep it instead")


def weekly_check_ins(actor: Actor) -> None:
    """The weekly job: one click in the navigation (or a bookmark), then keys alone. The fed one asks for nothing."""
    actor.click(".p-nav a[href='/check-ins/']")
    due = actor.find(OPEN)
    expect(due).to_have_count(4)
    actor.step("Open my check-ins")
    for _row in range(4):  # as fast as it goes: nobody waits for an answer
        field = actor.find(":focus")
        type_and_save(actor, "Space" if field.get_attribute("type") == "checkbox" else "7")
    expect(due).to_have_count(0)
    expect(actor.find(".p-nav .p-due-count")).to_be_hidden()
    assert actor.clicks == 0, "the weekly job needs no click"
    actor.step("Check in all four that are due")


def type_and_save(actor: Actor, key: str) -> None:
    for each in (key, "Enter"):
        actor.page.keyboard.press(each)
        actor.keys += 1


def correct_the_last(actor: Actor) -> None:
    saved = actor.find("form[data-check-in=saved]:has(input[name=value])").first
    value = saved.locator("input[name=value]")
    actor.fill(value, "５２，５")
    with actor.page.expect_response("**/check-in/"):
        actor.page.keyboard.press("Enter")
    actor.keys += 1
    expect(value).to_have_value("52.5")
    actor.step("Correct the last check-in")


def ask_for_a_reason(actor: Actor, cast: Cast) -> None:
    """In place on the OKR page: a view that is better than the figures asks why, and nothing typed is lost."""
    actor.click(".p-ci-t a")
    actor.click(".p-crumb a[href*='#objective']")
    place = actor.find(".p-okr-r").filter(has_text=cast.kept)
    actor.click(place.locator("summary"))
    actor.fill(place.locator("input[name=value]"), "13")
    actor.choose(place.locator("select[name=status]"), "on_track")
    actor.click(place.locator("button[type=submit]"))
    reason = place.locator("input[name=reason]")
    expect(reason).to_be_focused()
    expect(place.locator("input[name=value]")).to_have_value("13")
    actor.look("Why better than the figures")
    actor.fill(reason, cast.metric)
    actor.page.keyboard.press("Enter")
    actor.keys += 1
    expect(place.locator(".p-saved")).to_be_visible()
    actor.step("Say why it is better than the figures")


def see_the_page(actor: Actor) -> None:
    actor.click(".p-okr-r .p-kr-t a >> nth=1")
    expect(actor.find("html[data-charts=drawn]")).to_have_count(1)
    expect(actor.find(".p-chart:has(svg.main-svg .trace)")).to_have_count(1)
    expect(actor.find(".p-history .p-corrected")).to_have_count(1)
    actor.step("See the key result")


if __name__ == "__main__":
    run(play)
