"""A round in real browsers: by keyboard, by two people at once, without JavaScript; small screens; accessibility."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from assessments import services
from assessments.models import Answer, Assessment
from teams.models import Person, Team
from tests.assessments.factories import answered, answered_all, started
from tests.browser import look
from tests.browsing import OpenPage, faults
from tests.factories import TeamFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


@pytest.fixture
def draft(team: Team, editor: Person) -> Assessment:
    """Started now: the server in the other thread has the real clock."""
    return started(team, editor, datetime.now(UTC))


def said() -> list[tuple[str, str, int | None, str]]:
    found = Answer.objects.select_related("comment").order_by("criterion", "version")
    return [(each.criterion, each.kind, each.state, each.comment.text if each.comment else "") for each in found]


def test_a_round_by_keyboard(opened: OpenPage, draft: Assessment, editor: Person) -> None:
    page = opened(editor, draft.get_absolute_url())
    page.evaluate("window.sameDocument = true")
    for key in ("j", "3", "j", "u", "j", "n", "k", "1"):
        page.keyboard.press(key)
        page.wait_for_timeout(200)  # the page saves 150 ms after a choice: these are all meant
    expect(page.locator("#said-data-pipeline")).to_contain_text("Saved")
    page.keyboard.press("c")
    page.keyboard.type("Ask 1 2 3 jun")
    page.keyboard.press("Escape")
    expect(page.locator("#round-progress")).to_contain_text("3 of 12 answered")
    expect(page.locator("#said-data-pipeline")).to_contain_text("Saved")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)
    page.wait_for_load_state("networkidle")
    assert said() == [
        ("data.pipeline", "unknown", None, ""),
        ("data.pipeline", "state", 0, ""),
        ("data.pipeline", "state", 0, "Ask 1 2 3 jun"),
        ("data.quality_monitoring", "not_applicable", None, ""),
        ("data.versioning", "state", 2, ""),
    ]
    assert page.evaluate("window.sameDocument"), "the page was loaded again"
    expect(page.locator("#data-versioning .p-looks-s:nth-of-type(3)")).to_be_visible()
    expect(page.locator("#data-versioning .p-looks-s:nth-of-type(1)")).to_be_hidden()


def test_two_browsers_at_once(opened: OpenPage, draft: Assessment, editor: Person, team_admin: Person) -> None:
    """Different criteria do not meet; on the same one the second is told, keeps what was typed, and may replace it."""
    one, two = (opened(person, draft.get_absolute_url()) for person in (editor, team_admin))
    one.locator("label[for=data-versioning-1]").click()
    expect(one.locator("#said-data-versioning")).to_contain_text("Emma Editor")
    two.locator("label[for=data-pipeline-2]").click()
    expect(two.locator("#said-data-pipeline")).to_contain_text("Taro Admin")

    two.locator("#data-versioning-comment").fill("Mine")
    two.locator("label[for=data-versioning-3]").click()
    refusal = two.locator("#said-data-versioning [role=alert]")
    expect(refusal).to_contain_text("Emma Editor changed this meanwhile")
    expect(refusal).to_contain_text("Dated copies")
    expect(two.locator("#data-versioning-comment")).to_have_value("Mine")
    expect(two.locator("#data-versioning-3")).to_be_checked()
    assert faults(two) == []
    refusal.get_by_role("radio", name="Yours").check()
    expect(two.locator("#said-data-versioning")).to_contain_text("Saved")
    assert [each[1:] for each in said() if each[0] == "data.versioning"] == [("state", 1, ""), ("state", 3, "Mine")]

    one.locator("#data-versioning-comment").fill("Once more")
    one.locator("label[for=data-versioning-2]").click()
    one.get_by_role(
        "radio", name="What stands there now"
    ).check()  # the row shows theirs, and can be answered as before
    expect(one.locator("#data-versioning-3")).to_be_checked()
    expect(one.locator("#data-versioning-comment")).to_have_value("Mine")
    expect(one.locator("#said-data-versioning")).to_contain_text("Taro Admin")
    one.locator("label[for=data-versioning-2]").click()
    expect(one.locator("#said-data-versioning")).to_contain_text("Saved")


def test_what_others_answer_appears_on_an_open_page(
    opened: OpenPage, draft: Assessment, editor: Person, team_admin: Person
) -> None:
    page = opened(editor, draft.get_absolute_url())
    page.locator("#data-pipeline-comment").fill("Half a tho")
    for criterion in ("data.versioning", "data.pipeline"):
        answered(draft, team_admin, criterion, 1, datetime.now(UTC))
    look(page)
    expect(page.locator("#said-data-versioning")).to_contain_text("Taro Admin: Dated copies")
    expect(page.locator("#round-progress")).to_contain_text("2 of 12 answered")
    expect(page.locator("#said-data-pipeline")).to_have_text("Not saved yet")
    expect(page.locator("#data-pipeline-comment")).to_have_value("Half a tho")


def test_without_javascript(opened: OpenPage, draft: Assessment, editor: Person) -> None:
    page = opened(editor, draft.get_absolute_url(), java_script_enabled=False)
    page.locator("#data-versioning label[for=data-versioning-2]").click()
    page.locator("#data-versioning-comment").fill("By hand")
    page.locator("#data-versioning").get_by_role("button", name="Save").click()
    expect(page.locator("#said-data-versioning")).to_contain_text("Emma Editor")
    expect(page.locator("#data-versioning-2")).to_be_checked()
    assert said() == [("data.versioning", "state", 2, "By hand")]


@pytest.mark.parametrize("opened", [("503",)], indirect=True)
def test_a_save_that_cannot_arrive_says_so(opened: OpenPage, draft: Assessment, editor: Person) -> None:
    page = opened(editor, draft.get_absolute_url())
    page.route("**/answer/**", lambda route: route.fulfill(status=503, body=""))
    page.locator("label[for=data-versioning-2]").click()
    expect(page.locator("#said-data-versioning [role=alert]")).to_contain_text("Not saved")
    page.unroute("**/answer/**")
    page.route("**/answer/**", lambda route: route.fulfill(status=200, body="<html>Sign in</html>"))
    page.locator("label[for=data-versioning-3]").click()
    expect(page.locator("#said-data-versioning [role=alert]")).to_contain_text("Not saved")
    page.unroute("**/answer/**")
    page.locator("label[for=data-versioning-1]").click()
    expect(page.locator("#said-data-versioning")).to_contain_text("Saved")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_pages_fit_and_are_accessible(
    opened: OpenPage, draft: Assessment, team: Team, editor: Person, team_admin: Person, width: int, theme: str
) -> None:
    answered_all(draft, editor, at=datetime.now(UTC))
    answered(
        draft,
        team_admin,
        "data.versioning",
        1,
        datetime.now(UTC),
        comment="W" * 300,
        link="https://e.example/" + "x" * 90,
    )
    services.inherit(team=team, criterion="model.reproducibility", provider=TeamFactory(name="Platform"), by=editor)
    services.ask_exemption(team=team, criterion="data.versioning", reason="y" * 200, until=date(2100, 1, 1), by=editor)
    soon = date.today() + timedelta(days=90)
    services.set_target(team=team, area="data", level=3, due=soon, by=editor)
    base = f"/teams/{team.pk}/maturity/"
    for path in (base, draft.get_absolute_url(), f"{base}criteria/data.versioning/", f"{base}targets/data/"):
        page = opened(editor, path, width=width, color_scheme=theme)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
