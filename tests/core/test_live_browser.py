"""Two people on one page, in real browsers: each sees what the other does, and keeps what is being typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect

from roadmaps import services
from roadmaps.models import Roadmap
from teams.models import Person, Team
from tests.access_world import World
from tests.browser import look
from tests.core import live_pages
from tests.okrs import factories as okrs
from tests.roadmaps.factories import item_of, started

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]
OpenPage = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, live_server: object, signed_in: Callable[[Person], Client]) -> Iterator[OpenPage]:
    """A page opened by a person, in a browser of their own or in `tab` of one. What a browser complains about fails the test."""
    contexts, complaints = [], []

    def complain(text: str) -> None:
        if not any(status in text for status in ("404", "409", "422", "503")):
            complaints.append(text)

    def open_page(person: Person, path: str, tab: Page | None = None) -> Page:
        if tab is None:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            contexts.append(context)
            session = signed_in(person).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            tab = context.new_page()
            tab.on("console", lambda line: complain(line.text) if line.type == "error" else None)
            tab.on("pageerror", lambda error: complain(str(error)))
        tab.goto(f"{live_server.url}{path}")
        tab.evaluate("window.sameDocument = true")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def roadmap(team: Team, editor: Person) -> Roadmap:
    return started(team, editor, datetime.now(UTC).date().replace(day=1))


@pytest.fixture
def world(team: Team, editor: Person, team_admin: Person, administrator: Person, roadmap: Roadmap) -> World:
    """A team with something of everything, as of today: the server in the other thread has the real clock."""
    now = datetime.now(UTC)
    first, last = now.date() - timedelta(days=40), now.date() + timedelta(days=50)
    cycle = okrs.quarter(administrator, None, first, last)
    for owning in (team, None):
        aim = okrs.objective_in(cycle, administrator, owning)
        okrs.key_result_of(aim, administrator, now - timedelta(days=30), owner=None)
    team_admin.organisation_role = administrator.organisation_role  # so that he sees the pages of the organisation too
    team_admin.save()
    people = {"administrator": administrator, "team_admin": team_admin, "editor": editor}
    return World(team=team, other_team=team, people=people, tokens={})


def test_each_page_shows_what_another_does_and_keeps_what_is_typed(opened: OpenPage, world: World) -> None:
    """Two people, each in a browser of their own: Ada does something, and Taro sees it while he types."""
    ada, taro = world.people["administrator"], world.people["team_admin"]
    other = mine = None
    pages = live_pages.each(world)
    assert {shown.route for shown in pages} == live_pages.live_routes(), "say in live_pages.py what somebody does there"
    for shown in pages:
        other, mine = opened(ada, shown.at, other), opened(taro, shown.path, mine)
        main = mine.locator("main")
        if not shown.field:
            expect(main, shown.route).not_to_contain_text(shown.wanted)
        fields = main.locator("textarea:visible, input[type=text]:visible, input[type=search]:visible")
        typed = fields.last if fields.count() and not shown.field else None
        if typed:
            typed.fill("half a sentence")
        shown.act(other)
        other.wait_for_load_state("networkidle")
        look(mine)
        if shown.field:
            expect(main.locator(f"[name={shown.field}]"), shown.route).to_have_value(shown.wanted)
        else:
            expect(main, shown.route).to_contain_text(shown.wanted)
        if typed:
            expect(typed, shown.route).to_have_value("half a sentence")
            expect(typed, shown.route).to_be_focused()
        assert mine.evaluate("window.sameDocument"), f"{shown.route} was loaded again"


def boxes(page: Page, title: str) -> Locator:
    return page.get_by_role("checkbox", name=title)


def test_two_browsers_without_a_hand_on_them(
    opened: OpenPage, roadmap: Roadmap, editor: Person, team_admin: Person
) -> None:
    """One ticks; the other sees it within seconds, by itself; the focus and what is open stay there."""
    one, two = (opened(who, f"/teams/{roadmap.team_id}/roadmap/") for who in (editor, team_admin))
    other = two.locator(f"#tick-{item_of(roadmap, 'foundation.basic_cicd').pk}")
    other.focus()
    two.locator("details.p-more").nth(1).evaluate("(each) => { each.open = true; }")
    two.locator("#figure-burn-up svg.main-svg").first.wait_for()
    two.evaluate("window.before = document.querySelector('#figure-burn-up svg.main-svg')")
    boxes(one, "Set up the Git repository").click()
    expect(boxes(two, "Set up the Git repository")).to_be_checked()
    expect(two.locator("#roadmap-lede")).to_contain_text("1 of 12 items done")
    expect(other).to_be_focused()
    assert two.locator("details.p-more").nth(1).evaluate("(each) => each.open")
    expect(two.locator("#figure-burn-up svg.main-svg").first).to_be_visible()
    # What came anew works as what was there: htmx knows it.
    boxes(two, "Set up the Git repository").click()
    expect(boxes(two, "Set up the Git repository")).not_to_be_checked()
    look(one)
    expect(boxes(one, "Set up the Git repository")).not_to_be_checked()
    assert one.evaluate("window.sameDocument")
    assert two.evaluate("window.sameDocument")


def test_the_tab_is_called_as_its_page(opened: OpenPage, roadmap: Roadmap, editor: Person, team_admin: Person) -> None:
    item = item_of(roadmap, "foundation.git_repository")
    page = opened(editor, item.get_absolute_url())
    services.rename(item=item, title="Our own repos", seen=item.shown_title, by=team_admin)
    look(page)
    expect(page).to_have_title(f"Our own repos · {roadmap.team.name} · MLOps Portal")


def test_what_is_typed_stays_and_a_line_says_that_there_is_something_new(
    opened: OpenPage, roadmap: Roadmap, editor: Person, team_admin: Person
) -> None:
    item = item_of(roadmap, "foundation.git_repository")
    page = opened(editor, item.get_absolute_url())
    title, form = page.get_by_role("textbox", name="Title"), page.locator("form[action$='/edit/']")
    title.fill("Our own repos")
    services.set_owner(item=item, owner=team_admin, seen=None, by=team_admin)
    look(page)
    expect(page.locator(".p-history")).to_contain_text("Taro Admin")  # what nobody types in is new
    expect(form.locator("[data-live-note]")).to_contain_text("Somebody else changed this meanwhile.")
    expect(title).to_have_value("Our own repos")
    expect(title).to_be_focused()
    expect(form.get_by_role("combobox", name="Owner")).to_have_value("")

    form.get_by_role("button", name="Show").click()
    expect(form.get_by_role("combobox", name="Owner")).to_have_value(str(team_admin.pk))
    expect(title).to_have_value("Our own repos")
    expect(form.locator("[data-live-note]")).to_have_count(0)

    # The same field: what was seen when it was typed goes along, so that saving is refused instead of replacing theirs.
    services.rename(item=item, title="Their repository", seen="", by=team_admin)
    look(page)
    form.get_by_role("button", name="Show").click()
    expect(title).to_have_value("Our own repos")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Their repository")
    item.refresh_from_db()
    assert item.title == "Their repository"


def test_when_asking_stops_or_waits(opened: OpenPage, team: Team, team_admin: Person) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/members/")
    page.clock.install()
    page.reload()
    # Away: said calmly, what is typed stays, and the line goes when the portal is back.
    line, field = page.locator("#away"), page.locator("input[name=email]")
    field.fill("half@")
    page.route("**/live/**", lambda route: route.fulfill(status=503, body=""))
    with page.expect_response("**/live/**"):
        look(page)
    expect(page.locator("[data-live]")).to_be_hidden()
    expect(line).to_be_empty()  # one question without an answer may be chance
    with page.expect_response("**/live/**"):
        page.clock.fast_forward(10_000)
    expect(line).to_contain_text("The portal cannot be reached just now.")
    expect(field).to_have_value("half@")
    expect(field).to_be_focused()
    page.unroute("**/live/**")
    with page.expect_response("**/live/**") as asked:
        look(page)
    assert asked.value.status == 304
    expect(line).to_be_empty()
    page.context.set_offline(True)
    expect(line).to_contain_text("what you type stays on this page")
    page.context.set_offline(False)
    expect(line).to_be_empty()
    # Signed out elsewhere: it says so once, and asks no more.
    page.context.clear_cookies()
    look(page)
    expect(page.locator("[data-live]")).to_contain_text("no longer shown here")
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url))
    look(page)
    page.clock.fast_forward(60_000)
    assert polls == []
