"""People and teams in a real browser: by keyboard, without JavaScript, on small screens; accessibility."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from teams.models import Membership, Person, Team
from teams.services import invitations, members, tokens
from tests.browsing import faults
from tests.factories import PersonFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


@pytest.fixture
def membership(editor: Person) -> Membership:
    return editor.memberships.get()


def test_a_role_is_changed_by_keyboard_without_losing_the_place(opened, team_admin, team: Team, membership) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/members/")
    page.evaluate("window.sameDocument = true")
    role = page.get_by_label("Role of Emma Editor")
    role.focus()
    page.keyboard.press("ArrowDown")

    expect(page.locator(f"#member-{membership.pk}")).to_contain_text("Saved")
    expect(role).to_be_focused()
    assert page.evaluate("window.sameDocument"), "the page was loaded again"
    membership.refresh_from_db()
    assert membership.role == "team_admin"


def test_a_stale_change_is_shown_in_its_line_and_can_be_repeated(opened, team_admin, team: Team, membership) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/members/")
    Membership.objects.filter(pk=membership.pk).update(job_role="data_engineer")
    page.get_by_label("Job of Emma Editor").select_option("data_scientist")
    line = page.locator(f"#member-{membership.pk}")
    expect(line.get_by_role("group", name="Somebody changed this meanwhile")).to_contain_text("Data engineer")

    line.get_by_role("radio", name="Yours Data scientist").check()
    expect(line).to_contain_text("Saved")
    membership.refresh_from_db()
    assert membership.job_role == "data_scientist"


def test_everything_works_without_javascript(opened, team_admin, team: Team, membership) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/members/", java_script_enabled=False)
    line = page.locator(f"#member-{membership.pk}")
    line.get_by_label("Job of Emma Editor").select_option("ml_engineer")
    line.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Job of Emma Editor")).to_have_value("ml_engineer")

    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#invitation-link")).to_have_value(re.compile(r"^http://.+/invitation/.+/$"))
    line.locator("summary").click()
    line.get_by_role("button", name="Remove").click()
    expect(page.locator(f"#member-{membership.pk}")).to_have_count(0)


def test_set_up_proposes_the_browsers_zone_and_another_language_keeps_what_was_typed(opened) -> None:
    page = opened(None, "/setup/", timezone_id="Asia/Tokyo")
    zone = page.locator("#id_time_zone")
    expect(zone).to_have_value("Asia/Tokyo")

    zone.select_option("UTC")
    page.get_by_label("Organisation").fill("Example Ltd")
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_label("組織")).to_have_value("Example Ltd")
    expect(page.locator("#id_language")).to_have_value("ja")
    expect(page.locator(".p-form-error")).to_have_count(0)
    expect(zone).to_have_value("UTC")

    page.get_by_label("組織").press("Enter")  # sends the form, and does not speak another language
    expect(page.locator(".p-form-error").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(zone).to_have_value("UTC")


@pytest.mark.parametrize("path", ["members/", "settings/", "tokens/"])
def test_a_small_screen_shows_the_present_tab_and_that_there_are_more(opened, team_admin, team: Team, path) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/{path}", width=390)
    expect(page.locator(".p-tabs [aria-current]")).to_be_in_viewport(ratio=0.95)
    expect(page.locator(".p-tabs")).to_have_class("p-tabs is-cut-before")
    page.locator(".p-tabs").evaluate("(tabs) => { tabs.scrollLeft = 0; }")
    expect(page.locator(".p-tabs")).to_have_class("p-tabs is-cut-after")


def test_a_new_token_asks_for_what_its_choices_need(opened, team_admin, team: Team) -> None:
    page = opened(team_admin, f"/teams/{team.pk}/tokens/")
    key_result, last_day = page.get_by_label("Key result", exact=True), page.get_by_label("Last day")
    expect(key_result).to_be_hidden()
    expect(last_day).to_be_hidden()
    page.get_by_label("Name").fill("CI")
    page.get_by_label("Scope").select_option("key_result")
    expect(key_result).to_be_visible()
    page.get_by_label("Lasts").select_option("date")
    expect(last_day).to_be_visible()
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator(".p-form-error")).to_have_count(2)

    page.get_by_label("Scope").select_option("read")
    page.get_by_label("Lasts").select_option("30")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#token-secret")).to_have_value(re.compile("^mlops_"))


def test_a_person_is_removed_and_the_log_shows_it(opened, live_server, administrator, editor, team: Team) -> None:
    members.change_member(
        membership=editor.memberships.get(), by=administrator, seen={"role": "editor"}, wanted={"role": "team_admin"}
    )
    page = opened(administrator, f"/people/{editor.pk}/", width=390)
    page.get_by_role("link", name="Remove…").click()
    page.get_by_label("The person's name").fill("Emma Editor")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Emma Editor is removed.")).to_be_visible()

    page.goto(f"{live_server.url}/organisation/audit/?about=member")
    entry = page.get_by_role("row").filter(has_text="from Editor to Team admin")
    expect(entry).to_contain_text("removed person")
    entry.get_by_text("Details").click()
    expect(entry.locator(".p-diff")).to_contain_text("Before: Editor")
    assert faults(page) == []


PAGES = [
    "/teams/", "/teams/new/", "/teams/groups/", "/teams/{team}/members/", "/teams/{team}/settings/",
    "/teams/{team}/tokens/", "/people/", "/people/{person}/", "/people/{person}/remove/",
    "/account/", "/account/password/", "/account/data/",
    "/organisation/", "/organisation/tokens/", "/organisation/audit/", "/api/", "/no/such/page/",
]  # fmt: skip
OPEN_PAGES = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/inactive/",
    "/invitation/{secret}/",
    "/invitation/no/",
]


@pytest.mark.parametrize("opened", [("404",)], indirect=True)
@pytest.mark.parametrize(("width", "theme", "language"), [(1440, "light", "en"), (390, "dark", "ja")])
def test_pages_are_accessible_and_fit(opened, live_server, administrator, editor, team, width, theme, language) -> None:
    Person.objects.filter(pk=administrator.pk).update(theme=theme, language=language)
    invitations.invite(team=team, role="editor", job_role="ml_engineer", email="new@example.com", by=administrator)
    _made, secret = invitations.invite(team=team, role="editor", job_role="", email="", by=administrator)
    tokens.create_token(team=team, name="CI", scope="read", by=editor)
    PersonFactory(name="A very long name that goes on and on", email=f"{'x' * 60}@example.com")
    names = {"team": team.pk, "person": editor.pk, "secret": secret}

    wrong = []
    for person, paths in ((administrator, PAGES), (None, OPEN_PAGES)):
        page = opened(person, paths[0].format(**names), width, color_scheme=theme, locale=language)
        for path in paths:
            page.goto(f"{live_server.url}{path.format(**names)}")
            wrong += faults(page)
    assert wrong == []
