"""Check-ins in a real browser: by keyboard, without JavaScript, two at once; small screens; accessibility."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect

from core import clock
from okrs import services
from okrs.models import KeyResult, Objective
from teams.models import Person, Team
from tests.browsing import OpenPage
from tests.okrs.factories import key_result_of, objective_in, quarter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded")]


@pytest.fixture
def objective(team: Team, editor: Person) -> Objective:
    """In a cycle around today: the server in the other thread has the real clock."""
    begin = datetime.now(UTC).date() - timedelta(days=40)
    return objective_in(quarter(editor, None, begin, begin + timedelta(days=90)), editor, team)


@pytest.fixture
def rows(objective: Objective, editor: Person) -> list[KeyResult]:
    """One of each kind, all due: an increase, a milestone, something to keep, a checklist."""
    first = objective.cycle.first_day
    at = datetime(first.year, first.month, first.day, 9, tzinfo=UTC)
    made = [
        key_result_of(objective, editor, at, title="Coverage"),
        key_result_of(objective, editor, at, title="Pipeline", kind="milestone"),
        key_result_of(objective, editor, at, title="Error", kind="at_most", high=12),
        key_result_of(objective, editor, at, title="Rules", kind="checklist", entries=["Drift", "Latency"]),
    ]
    with clock.at(at + timedelta(days=7)):
        services.check_in(key_result=made[0], value=20, confidence=6, comment="ok", by=editor)
    return made


def test_a_whole_week_by_keyboard_alone(opened: OpenPage, rows: list[KeyResult], editor: Person) -> None:
    page = opened(editor, "/check-ins/")
    press = page.keyboard.press
    coverage, pipeline, error, rules = rows
    expect(page.locator(f"#ci-{coverage.pk}-value")).to_be_focused()  # nothing was clicked
    page.keyboard.type("3")
    press("Escape")  # puts the old value back
    expect(page.locator(f"#ci-{coverage.pk}-value")).to_have_value("20")
    page.locator(f"#ci-{coverage.pk}-value").select_text()
    page.keyboard.type("1,234")
    press("Enter")
    expect(page.locator(f"#check-in-{coverage.pk} .p-err")).to_contain_text("write 1234 or 1.234")
    expect(page.locator(f"#ci-{coverage.pk}-value")).to_be_focused()
    page.locator(f"#ci-{coverage.pk}-value").select_text()
    page.keyboard.type("42,5")
    press("Tab")
    page.keyboard.type("7")
    press("Enter")
    expect(page.locator(f"#check-in-{coverage.pk} .p-saved")).to_be_visible()

    expect(page.locator(f"#ci-{pipeline.pk}-is_done")).to_be_focused()
    press("Space")
    press("Enter")
    expect(page.locator(f"#ci-{error.pk}-value")).to_be_focused()
    page.keyboard.type("11.6")
    press("Enter")
    expect(page.locator("#ci-" + str(rules.pk) + "-done-" + str(rules.entries.first().pk))).to_be_focused()
    press("Space")
    press("Enter")
    expect(page.locator("#check-ins-head")).to_contain_text("Everything is checked in")
    expect(page.locator("#h-due")).to_be_focused()
    expect(page.locator(".p-nav .p-due-count")).to_be_hidden()
    found = {row.title: row.check_ins.last() for row in rows}
    assert {title: (each.value, each.confidence) for title, each in found.items()} == {
        "Coverage": (42.5, 7), "Pipeline": (1, 5), "Error": (11.6, 5), "Rules": (1, 5),
    }  # fmt: skip

    # The last one is corrected from the same row.
    page.locator(f"#ci-{error.pk}-value").fill("11.8")
    with page.expect_response("**/check-in/"):
        press("Enter")
    expect(page.locator(f"#ci-{error.pk}-value")).to_have_value("11.8")
    assert [each.value for each in error.check_ins.all()] == [11.6, 11.8]


def test_what_is_not_saved_says_so(opened: OpenPage, rows: list[KeyResult], editor: Person) -> None:
    page = opened(editor, "/check-ins/")
    page.route("**/check-in/", lambda route: route.fulfill(status=204))
    row = page.locator(f"#check-in-{rows[0].pk}")
    row.locator("input[name=value]").fill("44")
    page.keyboard.press("Enter")
    expect(row.get_by_role("alert")).to_have_text("Not saved. Try again.")
    expect(row.locator("input[name=value]")).to_have_value("44")
    page.unroute("**/check-in/")
    row.locator("input[name=value]").press("Enter")
    expect(row.locator(".p-saved")).to_be_visible()
    assert rows[0].check_ins.last().value == 44


def test_an_answer_that_comes_late_puts_back_no_number(opened: OpenPage, rows: list[KeyResult], editor: Person) -> None:
    """The rows are sent one after the other, while the keyboard goes on at once."""
    page = opened(editor, "/check-ins/")
    error = rows[2]

    def late(route: Route) -> None:
        answer = route.fetch()
        page.wait_for_timeout(700)
        route.fulfill(response=answer)

    page.route("**/check-in/", late, times=1)
    for key in ("4", "Enter", "Space", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(f"#ci-{error.pk}-value")).to_be_focused()
    assert page.locator(".p-cis .p-saved").count() == 0, "the first is still under way"
    expect(page.locator(".p-cis .p-saved")).to_have_count(2)
    expect(page.locator(".p-nav .p-due-count")).to_have_text("2")
    assert [row.check_ins.last().value for row in rows[:2]] == [4, 1]


def test_without_javascript(opened: OpenPage, rows: list[KeyResult], editor: Person) -> None:
    page = opened(editor, "/check-ins/", java_script_enabled=False)
    coverage = rows[0]
    page.locator(f"#ci-{coverage.pk}-value").fill("sixty")
    page.locator(f"#ci-{coverage.pk}-comment").fill("Kept")
    page.locator(f"#ci-{coverage.pk}-comment").press("Enter")
    expect(page.locator(f"#check-in-{coverage.pk} .p-err")).to_contain_text("is not a number")
    expect(page.locator(f"#ci-{coverage.pk}-comment")).to_have_value("Kept")
    page.locator(f"#ci-{coverage.pk}-value").fill("60")
    page.locator(f"#ci-{coverage.pk}-value").press("Enter")
    expect(page.locator(f"#check-in-{coverage.pk} .p-saved")).to_be_visible()
    assert coverage.check_ins.last().value == 60


def test_two_browsers_at_once_on_one_key_result(
    opened: OpenPage, team: Team, rows: list[KeyResult], editor: Person, team_admin: Person
) -> None:
    coverage = rows[0]
    one, two = (opened(person, f"/teams/{team.pk}/okrs/") for person in (editor, team_admin))
    for page, value in ((one, "30"), (two, "31")):
        place = page.locator(f"#key-result-{coverage.pk}")
        place.locator("summary").click()
        place.locator("input[name=value]").fill(value)
    for page in (one, two):
        page.locator(f"#key-result-{coverage.pk} button[type=submit]").click()
    for page in (one, two):
        expect(page.locator(f"#key-result-{coverage.pk} .p-saved")).to_be_visible()
        expect(page.locator(f"#key-result-{coverage.pk} summary")).to_be_focused()
    assert sorted(coverage.check_ins.values_list("value", flat=True)) == [20, 30, 31]
    page = opened(editor, coverage.get_absolute_url())
    expect(page.locator(".p-history")).to_contain_text("Taro Admin")
    expect(page.locator("#figure-key-result svg.main-svg").first).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_pages_fit_and_are_accessible(
    opened: OpenPage, team: Team, rows: list[KeyResult], editor: Person, width: int, theme: str
) -> None:
    objective = rows[0].objective
    services.edit_key_result(key_result=rows[2], by=editor, wanted={"title": "x" * 150}, seen={"title": "Error"})
    services.archive(row=rows[1], by=editor)
    cycle, okrs = objective.cycle_id, f"/teams/{team.pk}/okrs/"
    paths = [
        "/check-ins/", okrs, "/okrs/", rows[0].get_absolute_url(), rows[2].get_absolute_url(),
        f"{okrs}cycles/add/", f"{okrs}cycles/{cycle}/objectives/add/", f"{okrs}cycles/{cycle}/example/",
        f"{okrs}cycles/{cycle}/carry-over/", f"/okrs/objectives/{objective.pk}/",
        f"/okrs/objectives/{objective.pk}/key-results/add/", f"/okrs/key-results/{rows[3].pk}/edit/",
    ]  # fmt: skip
    page = opened(editor, paths[0], width=width, color_scheme=theme)
    base = page.url.removesuffix(paths[0])
    for path in paths:
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if theme == "dark" and path not in paths[:4]:
            continue  # the forms look alike in both themes
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
