"""The roadmap in a real browser: one click or one key ticks, with and without JavaScript; small screens; accessibility."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from roadmaps import services
from roadmaps.dates import months_after
from roadmaps.models import Item, Roadmap, State
from teams.models import Person, Team
from tests.browsing import OpenPage
from tests.roadmaps.factories import item_of, started

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


@pytest.fixture
def roadmap(team: Team, editor: Person) -> Roadmap:
    """Started this month: the server in the other thread has the real clock."""
    return started(team, editor, datetime.now(UTC).date().replace(day=1))


def roadmap_of(roadmap: Roadmap) -> str:
    return f"/teams/{roadmap.team_id}/roadmap/"


def test_one_click_ticks_and_the_numbers_follow(opened: OpenPage, roadmap: Roadmap, item: Item, editor: Person) -> None:
    page = opened(editor, roadmap_of(roadmap))
    page.evaluate("window.sameDocument = true")
    box = page.get_by_role("checkbox", name="Set up the Git repository")
    box.click()

    expect(box).to_be_checked()
    expect(page.locator(f"#row-{item.pk}")).to_contain_text("ticked by Emma Editor")
    expect(page.locator("#roadmap-lede")).to_contain_text("1 of 12 items done")
    expect(page.locator("#phase-1-progress")).to_contain_text("1/3")
    expect(page.locator("#figure-burn-up svg.main-svg").first).to_be_visible()
    assert page.evaluate("window.sameDocument"), "the page was loaded again"
    item.refresh_from_db()
    assert item.state == State.DONE

    page.wait_for_timeout(600)  # a click within half a second of the first one is the other half of a double click
    box.click()
    expect(box).not_to_be_checked()
    expect(page.locator("#roadmap-lede")).to_contain_text("0 of 12 items done")


def test_a_double_click_is_one_click(opened: OpenPage, roadmap: Roadmap, item: Item, editor: Person) -> None:
    page = opened(editor, roadmap_of(roadmap))
    box = page.get_by_role("checkbox", name="Set up the Git repository")
    box.dblclick()
    expect(box).to_be_checked()
    page.wait_for_load_state("networkidle")
    expect(box).to_be_checked()
    assert item.ticks.count() == 1


def test_by_keyboard_the_focus_stays_at_the_box(opened: OpenPage, roadmap: Roadmap, item: Item, editor: Person) -> None:
    page = opened(editor, roadmap_of(roadmap))
    box = page.get_by_role("checkbox", name="Set up the Git repository")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(box).to_be_focused()

    # Tab leads over the title to "Undo"; afterwards that button is gone and the box has the focus again.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo: Set up the Git repository")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box).not_to_be_checked()
    expect(box).to_be_focused()
    assert list(item.ticks.values_list("to_state", flat=True)) == [State.DONE, State.TO_DO]


def test_in_progress_and_already_had_from_the_details(
    opened: OpenPage, roadmap: Roadmap, item: Item, editor: Person
) -> None:
    page = opened(editor, roadmap_of(roadmap))
    row = page.locator(f"#item-{item.pk}")
    row.get_by_text("Counts as done when…").click()
    expect(row).to_contain_text("main accepts only approved pull requests")
    row.get_by_role("button", name="In progress").click()
    expect(row).to_contain_text("in progress since")
    expect(row.get_by_role("button", name="In progress")).to_be_focused()  # the details stay open
    row.get_by_role("button", name="We already had it").click()
    expect(row).to_contain_text("already had it")
    expect(row.get_by_role("checkbox")).to_be_checked()


def test_without_javascript_one_click_ticks(opened: OpenPage, roadmap: Roadmap, item: Item, editor: Person) -> None:
    page = opened(editor, roadmap_of(roadmap), java_script_enabled=False)
    page.get_by_role("checkbox", name="Set up the Git repository").click()
    expect(page.get_by_role("checkbox", name="Set up the Git repository")).to_be_checked()
    expect(page.locator("#roadmap-lede")).to_contain_text("1 of 12 items done")
    assert page.url.endswith(f"#item-{item.pk}")

    page.get_by_role("button", name="Undo: Set up the Git repository").click()
    expect(page.get_by_role("checkbox", name="Set up the Git repository")).not_to_be_checked()


def test_two_people_tick_one_box(
    opened: OpenPage, roadmap: Roadmap, item: Item, editor: Person, team_admin: Person
) -> None:
    one, two = opened(editor, roadmap_of(roadmap)), opened(team_admin, roadmap_of(roadmap))
    for page in (one, two):
        page.get_by_role("checkbox", name="Set up the Git repository").click()
        expect(page.get_by_role("checkbox", name="Set up the Git repository")).to_be_checked()
        expect(page.locator(f"#row-{item.pk}")).to_contain_text("ticked by Emma Editor")
    assert item.ticks.count() == 1


def test_who_comes_too_late_is_told_and_can_click_again(
    opened: OpenPage, roadmap: Roadmap, item: Item, editor: Person, team_admin: Person
) -> None:
    page = opened(editor, roadmap_of(roadmap))
    services.tick(item=item, wanted=State.IN_PROGRESS, seen_version=0, by=team_admin)
    box = page.get_by_role("checkbox", name="Set up the Git repository")
    box.click()
    expect(page.get_by_role("alert")).to_contain_text("Taro Admin changed this meanwhile")
    expect(box).to_be_focused()
    page.wait_for_timeout(600)  # whoever reads the sentence needs longer than a double click
    box.click()
    expect(box).to_be_checked()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_starting_and_editing_by_forms(opened: OpenPage, team: Team, editor: Person) -> None:
    page = opened(editor, f"/teams/{team.pk}/roadmap/")
    page.get_by_role("button", name="Start the roadmap").click()
    page.locator(".p-item-a").first.click()
    page.get_by_role("textbox", name="Title").fill("Our repository")
    page.get_by_role("combobox", name="Owner").select_option(label="Emma Editor")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Our repository")).to_be_visible()
    expect(page.locator(".p-history")).to_contain_text("Owner: nobody → Emma Editor")


def test_a_small_screen_shows_today_in_the_timeline(opened: OpenPage, team: Team, editor: Person) -> None:
    start = months_after(datetime.now(UTC).date().replace(day=1), -6)
    page = opened(editor, roadmap_of(started(team, editor, start)), width=390)
    page.locator(".p-tlw").scroll_into_view_if_needed()
    expect(page.locator(".p-tlw .today").last).to_be_in_viewport()
    box = page.get_by_role("checkbox", name="Set up the Git repository")
    box.click()
    expect(box).to_be_checked()
    page.locator(".p-tlw").scroll_into_view_if_needed()
    expect(page.locator(".p-tlw .today").last).to_be_in_viewport()


def many(roadmap: Roadmap, editor: Person, team_admin: Person) -> None:
    """Every kind of row: done, late, in progress, dropped, with notes, with a title too long for a line."""
    services.tick(
        item=item_of(roadmap, "foundation.git_repository"), wanted="done", seen_version=0, by=editor, note="ok"
    )
    services.tick(item=item_of(roadmap, "foundation.basic_cicd"), wanted="in_progress", seen_version=0, by=editor)
    dropped = item_of(roadmap, "foundation.experiment_tracking")
    services.drop(item=dropped, reason="Excel-" * 30, seen_version=0, by=team_admin)
    late = services.add_item(roadmap=roadmap, title="An address " + "x" * 150, phase=1, by=editor, owner=team_admin)
    services.set_due(item=late, due_date=roadmap.start_date, seen=late.due_date, by=editor)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_fit_and_are_accessible(
    opened: OpenPage, roadmap: Roadmap, team: Team, editor: Person, team_admin: Person, width: int, theme: str
) -> None:
    many(roadmap, editor, team_admin)
    item = item_of(roadmap, "foundation.git_repository")
    paths = ["", "?open=1&mine=1", "start-date/", "phases/2/add/", f"items/{item.pk}/"]
    for path in paths:
        page = opened(editor, roadmap_of(roadmap) + path, width=width, color_scheme=theme)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"


def test_a_readers_page_is_accessible(
    opened: OpenPage, roadmap: Roadmap, editor: Person, team_admin: Person, outsider: Person
) -> None:
    many(roadmap, editor, team_admin)
    for path in ("", f"items/{item_of(roadmap, 'foundation.git_repository').pk}/"):
        page = opened(outsider, roadmap_of(roadmap) + path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"


def test_the_empty_page_is_accessible(opened: OpenPage, team: Team, editor: Person) -> None:
    page = opened(editor, f"/teams/{team.pk}/roadmap/", width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Axe().run(page).violations_count == 0


@pytest.mark.parametrize(
    ("language", "width", "theme", "scripts"), [("en", 1440, "light", False), ("ja", 390, "dark", True)]
)
def test_two_people_edit_one_field_and_the_second_chooses(
    opened: OpenPage, roadmap: Roadmap, item: Item, editor: Person, team_admin: Person, language: str, width: int,
    theme: str, scripts: bool,
) -> None:  # fmt: skip
    Person.objects.filter(pk=editor.pk).update(language=language, theme=theme)
    page = opened(editor, item.get_absolute_url(), width, java_script_enabled=scripts, color_scheme=theme)
    form = page.locator("form[action$='/edit/']")
    form.locator("[name=title]").fill("Mine")
    form.locator("[name=owner]").select_option(str(editor.pk))
    services.rename(item=item, title="Theirs", seen="", by=team_admin)
    form.locator("button[type=submit]").click()

    question = form.get_by_role("group").filter(has_text="Taro Admin")
    expect(question).to_contain_text("Theirs")
    expect(question.get_by_role("radio", checked=True)).to_have_count(0)
    expect(form.locator("[name=title]")).to_have_value("Mine")
    if scripts:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    question.get_by_role("radio").last.check()
    form.locator("[name=title]").fill("Theirs and mine")
    form.locator("button[type=submit]").click()
    expect(page.get_by_role("heading", name="Theirs and mine")).to_be_visible()
    item.refresh_from_db()
    assert (item.title, item.owner) == ("Theirs and mine", editor)
