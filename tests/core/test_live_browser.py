"""Two people on one page, in real browsers: each sees what the other does, and keeps what is being typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect

from assessments import services as assessing
from comments import services as commenting
from okrs import services as okr_services
from roadmaps import services
from roadmaps.models import Roadmap
from roadmaps.topics import topic_of
from teams.models import Person, Team
from teams.services.invitations import invite
from teams.services.teams import archive_team
from tests.assessments.factories import answered
from tests.assessments.factories import started as round_of
from tests.browser import look
from tests.connections.factories import SourceFactory
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


def test_each_kind_of_page_shows_what_another_does(
    opened: OpenPage, team: Team, roadmap: Roadmap, editor: Person, team_admin: Person, administrator: Person
) -> None:
    item, now = item_of(roadmap, "foundation.git_repository"), datetime.now(UTC)
    key_result = okrs.key_result_of(
        okrs.objective_in(okrs.quarter(administrator), administrator, team), administrator, owner=None
    )
    draft = round_of(team, editor, now)
    criterion = reverse("assessment-criterion", args=[team.pk, "data.versioning"])

    def rename() -> object:
        wanted = {"title": "Deploy every day"}
        seen = {"title": key_result.objective.title}
        return okr_services.edit_objective(objective=key_result.objective, by=administrator, wanted=wanted, seen=seen)

    def tick() -> object:
        return services.tick(item=item, wanted="done", seen_version=0, by=team_admin)

    def comment() -> object:
        topic = topic_of(item, team)
        return commenting.write(topic=topic, text="Found a branch without a review", by=team_admin)

    def check_in() -> object:
        return okr_services.check_in(key_result=key_result, value=37.0, by=team_admin)

    def answer() -> object:
        return answered(draft, team_admin, "data.versioning", 1, now)

    def wish() -> object:
        return assessing.ask_exemption(
            team=team, criterion="data.versioning", reason="Bought data", until=date(2100, 1, 1), by=team_admin
        )

    def ask_to_join() -> object:
        return invite(team=team, role="editor", job_role="", email="new@example.com", by=team_admin)

    def connect() -> object:
        return SourceFactory(connection__team=team, full_name="acme/shop")

    # page, what somebody else does, what is to be seen then
    kinds: list[tuple[str, Callable[[], object], str]] = [
        (reverse("roadmap", args=[team.pk]), tick, "ticked by Taro Admin"),
        (item.get_absolute_url(), comment, "Found a branch without a review"),
        (reverse("okrs", args=[team.pk]), check_in, "37%"),
        (key_result.get_absolute_url(), rename, "Deploy every day"),
        (draft.get_absolute_url(), answer, "Taro Admin: Dated copies"),
        (criterion, wish, "Bought data"),
        (reverse("members", args=[team.pk]), ask_to_join, "new@example.com"),
        (reverse("connections", args=[team.pk]), connect, "acme/shop"),
        (reverse("assessment", args=[team.pk]), lambda: archive_team(team=team, by=administrator), "read only"),
    ]
    tab = None
    for path, act, wanted in kinds:
        tab = opened(team_admin, path, tab)
        expect(tab.locator("main")).not_to_contain_text(wanted)
        act()
        look(tab)
        expect(tab.locator("main"), path).to_contain_text(wanted)
        assert tab.evaluate("window.sameDocument"), f"{path} was loaded again"


def test_a_form_that_nobody_is_in_shows_what_somebody_else_saved(opened: OpenPage, administrator: Person) -> None:
    of_organisation = okrs.objective_in(okrs.quarter(administrator), administrator, None)
    tab = opened(administrator, reverse("okr-objective", args=[of_organisation.pk]))
    okr_services.edit_objective(
        objective=of_organisation, by=administrator, wanted={"why": "Customers wait"}, seen={"why": ""}
    )
    look(tab)
    expect(tab.get_by_label("Why")).to_have_value("Customers wait")


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


def test_when_asking_stops_or_waits(opened: OpenPage, team: Team, editor: Person, signed_in: object) -> None:
    page = opened(editor, f"/teams/{team.pk}/members/")
    # Away: nothing is said, and it goes on when the portal is back.
    page.route("**/live/**", lambda route: route.fulfill(status=503, body=""))
    with page.expect_response("**/live/**"):
        look(page)
    expect(page.locator("[data-live]")).to_be_hidden()
    page.unroute("**/live/**")
    with page.expect_response("**/live/**") as asked:
        look(page)
    assert asked.value.status == 304
    # Signed out elsewhere: it says so once, and asks no more.
    page.context.clear_cookies()
    look(page)
    expect(page.locator("[data-live]")).to_contain_text("no longer shown here")
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url))
    look(page)
    page.wait_for_timeout(300)
    assert polls == []
