"""Every page of the portal: what somebody else does in a browser of their own so that it changes, or why it is not kept fresh.

A new page stands in one of the two, or a test fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page, expect

from tests.access_table import ROUTES
from tests.access_world import World
from tests.connections.factories import ConnectionFactory
from tests.imports.files import as_csv, brought
from tests.roadmaps.factories import item_of

Act = Callable[[Page], None]


@dataclass(frozen=True)
class Shown:
    """`act`, done at the address `at`, makes the page of `route` show `wanted`, or the field named `field` have it."""

    route: str
    path: str
    at: str
    act: Act
    wanted: str
    field: str = ""


# -- What the other one does ------------------------------------------------------------------------------------------


def _tick(title: str) -> Act:
    def act(page: Page) -> None:
        page.locator("details.p-phase").evaluate_all("(all) => all.forEach((each) => { each.open = true; })")
        page.get_by_role("checkbox", name=title).click()

    return act


def _say(text: str) -> Act:
    def act(page: Page) -> None:
        page.locator("#comments textarea").fill(text)
        page.locator("#comment-send").click()

    return act


def _fill(send: str, /, **fields: str) -> Act:
    def act(page: Page) -> None:
        for name, value in fields.items():
            field = page.locator(f"main [name={name}]:visible").first
            if field.evaluate("(each) => each.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        page.locator("main").get_by_role("button", name=send).first.click()

    return act


def _press(name: str) -> Act:
    return lambda page: page.locator("main").get_by_role("button", name=name).first.click()


def _bring(name: str, content: bytes, *, apply: bool = False) -> Act:
    def act(page: Page) -> None:
        page.locator("main input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
        page.get_by_role("button", name="Show what it would do").click()
        if apply:
            _apply(page)

    return act


def _apply(page: Page) -> None:
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.locator("main")).to_contain_text("1 row was written")


def _check_in(value: str) -> Act:
    def act(page: Page) -> None:
        page.locator("details.p-okr-ci summary").first.click()
        _fill("Save", value=value)(page)

    return act


def _answer(page: Page) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("form[data-criterion] label").first.click()


def _invite(page: Page) -> None:
    page.locator("input[name=email]").fill("new@example.com")
    page.locator("form:has(input[name=email]) button[type=submit]").click()


ITEM = as_csv(["section", "item"], ["1", "Look at logs"])
AIM = ["Cycle begins", "Objective", "Business metric", "Key result", "Kind", "Start value", "Target value"]
_RUN = ["Shop", "production", "2026-11-20 10:00", "2026-11-20 10:05"]
DEPLOYED = as_csv(["service", "environment", "began", "finished", "title"], [*_RUN, "Release 7"])
AGAIN = as_csv(["service", "environment", "began", "finished", "title", "key"], [*_RUN, "Release 8", "8"])
BROKEN = as_csv(
    ["service", "title", "began", "resolved"], ["Shop", "Slow answers", "2026-11-20 11:00", "2026-11-20 12:00"]
)
TICKED = ("Basic CI/CD pipeline", "Experiment tracking", "More automated tests", "Introduce a model registry")


# -- Each page ----------------------------------------------------------------------------------------------------------


def each(world: World) -> list[Shown]:
    """In an order in which each finds what the ones before left."""
    key_result = world.key_result_of(world.team)
    team, roadmap, draft = world.team.pk, world.roadmap, world.round
    result, objective = key_result.get_absolute_url(), reverse("okr-objective", args=[key_result.objective_id])
    item = item_of(roadmap, "foundation.git_repository").get_absolute_url()
    criterion = reverse("assessment-criterion", args=[team, "data.versioning"])
    thread, talk = (
        reverse("comments", args=[team, "criterion", "data.versioning"]),
        reverse("organisation-comments", args=["key_result", str(world.key_result_of(None).pk)]),
    )
    of_team = {
        name: reverse(name, args=[team])
        for name in (
            "team",
            "roadmap",
            "assessment",
            "okrs",
            "members",
            "connections",
            "channels",
            "imports",
            "delivery",
        )
    }
    of_team |= {name: reverse(name, args=[team]) for name in ("deployments", "incidents")}
    all_teams = {name: reverse(name) for name in ("home", "portfolio", "trends", "teams", "inbox", "organisation-okrs")}
    source = reverse("connection", args=[team, world.service.source_id])
    bring = {kind: reverse("import-new", args=[team, kind]) for kind in ("deployments", "incidents", "roadmap-items")}
    file = brought(
        world.team, world.people["administrator"], "roadmap-items", as_csv(["section", "item"], ["1", "New"])
    )
    begins = world.key_result_of(None).objective.cycle.first_day
    aims = [
        as_csv(AIM, [begins, "Ship faster", "Time to market", title, "decrease", 12, 6])
        for title in ("Lead time", "Time to recover")
    ]
    common_file = brought(None, world.people["administrator"], "key-results", aims[0])
    told = {"kind": "github", "base_url": "https://api.github.com", "name": "GitHub"}  # a new name alone asks no host
    common, commons = ConnectionFactory(team=None, **told), reverse("organisation-connections")
    rename = reverse("organisation-connection-access", args=[common.pk])
    return [
        Shown("roadmap", of_team["roadmap"], of_team["roadmap"], _tick("Set up the Git repository"), "ticked by Ada"),
        Shown("roadmap-item", item, item, _say("A branch without a review"), "A branch without a review"),
        Shown("team", of_team["team"], of_team["roadmap"], _tick(TICKED[0]), "2 of 12 done"),
        Shown("home", all_teams["home"], of_team["roadmap"], _tick(TICKED[1]), "3/12"),
        Shown("portfolio", all_teams["portfolio"], of_team["roadmap"], _tick(TICKED[2]), "4/12"),
        Shown("trends", all_teams["trends"], of_team["roadmap"], _tick(TICKED[3]), "42%"),
        Shown("assessment-round", draft.get_absolute_url(), draft.get_absolute_url(), _answer, "Ada Administrator: "),
        Shown("assessment-criterion", criterion, criterion, _say("Copies have dates"), "Copies have dates"),
        Shown("comments", thread, thread, _say("Since when?"), "Since when?"),
        Shown("organisation-comments", talk, talk, _say("What is in the way?"), "What is in the way?"),
        Shown(
            "assessment",
            of_team["assessment"],
            reverse("assessment-target", args=[team, "data"]),
            _fill("Save the target", level="3"),
            "Target L3",
        ),
        Shown("okrs", of_team["okrs"], of_team["okrs"], _check_in("37"), "37%"),
        Shown(
            "organisation-okrs", all_teams["organisation-okrs"], all_teams["organisation-okrs"], _check_in("41"), "41%"
        ),
        Shown("key-result", result, objective, _fill("Save", title="Deploy every day"), "Deploy every day"),
        Shown("okr-objective", objective, objective, _fill("Save", why="Customers wait"), "Customers wait", "why"),
        Shown("members", of_team["members"], of_team["members"], _invite, "new@example.com"),
        Shown("inbox", all_teams["inbox"], criterion, _say("@Taro Admin look"), "mentioned you"),
        Shown(
            "channels",
            of_team["channels"],
            reverse("channel", args=[team, world.channel.pk]),
            _fill("Save", name="#ml-all"),
            "#ml-all",
        ),
        Shown("connections", of_team["connections"], source, _press("Pause"), "Paused"),
        Shown("connection", source, source, _press("Resume"), "Sync now"),
        Shown("organisation-connections", commons, rename, _fill("Save", name="Read by all"), "Read by all"),
        Shown(
            "organisation-connection",
            reverse("organisation-connection", args=[common.pk]),
            rename,
            _fill("Save", name="The host"),
            "The host",
        ),
        Shown("imports", of_team["imports"], bring["roadmap-items"], _bring("more.csv", ITEM), "more.csv"),
        Shown(
            "organisation-imports",
            reverse("organisation-imports"),
            reverse("organisation-import-new", args=["key-results"]),
            _bring("aims.csv", aims[1]),
            "aims.csv",
        ),
        Shown(
            "organisation-import",
            common_file.get_absolute_url(),
            common_file.get_absolute_url(),
            _apply,
            "1 row was written",
        ),
        Shown("import", file.get_absolute_url(), file.get_absolute_url(), _apply, "1 row was written"),
        Shown(
            "deployments",
            of_team["deployments"],
            bring["deployments"],
            _bring("d.csv", DEPLOYED, apply=True),
            "Release 7",
        ),
        Shown(
            "incidents", of_team["incidents"], bring["incidents"], _bring("i.csv", BROKEN, apply=True), "Slow answers"
        ),
        Shown("delivery", of_team["delivery"], bring["deployments"], _bring("e.csv", AGAIN, apply=True), "Release 8"),
        Shown("teams", all_teams["teams"], reverse("team-new"), _fill("Create the team", name="Pricing"), "Pricing"),
    ]


# -- Pages that are not kept fresh ------------------------------------------------------------------------------------

_WHY_NOT = {
    "a form of its own: what stands in it is what somebody types; the answer to sending it says what others changed": """
        alert-rule assessment-target channel check-ins channel-new connect connect-rules connection-access connection-webhook
        delivery-policy delivery-rules deployment-edit deployment-new import-new incident-edit incident-new key-result-add
        key-result-edit okr-cycle okr-cycle-add okr-example okr-objective-add organisation organisation-connection-access
        organisation-connection-give organisation-connection-new organisation-connection-webhook
        organisation-cycle-add organisation-example organisation-import-new organisation-objective-add repositories-add
        roadmap-add-item roadmap-start-date service-add team-groups team-new team-settings
    """,
    "a file": """
        assessment-levels-csv backup-download calendar-feed calendar-team-feed delivery-chart import-rows
        import-template key-result-csv okr-check-ins-csv organisation-check-ins-csv organisation-import-rows
        organisation-import-template roadmap-burn-up-csv roadmap-items-csv
    """,
    "for who is not signed in, or about to be": """
        account-move account_inactive account_login account_logout account_reauthenticate account_reset_password
        account_reset_password_done account_reset_password_from_key account_reset_password_from_key_done invitation
        mfa_authenticate passkey-sign-in setup unsubscribe
    """,
    "of one person, who is the only one to change it": """
        account account-address account-data account-notices account-password calendar security security-app security-codes
        security-passkey
    """,
    "asks for a decision, and decides it by what is there when it is sent": """
        connection-disconnect okr-carry-over okr-cycle-close organisation-carry-over organisation-connection-end
        person-remove service-end
    """,
    "no page: it leads on, or is asked by a script or a machine": """
        comment-people live live-all livez notice organisation-comment-people readyz
    """,
    "changes seldom, by an administrator, and is looked up rather than watched": """
        api-docs audit-log definitions organisation-notices organisation-tokens people person team-tokens
    """,
    "answers what was asked a moment ago": "search",
    "explains a figure as it was when somebody asked what is behind it": """
        changes delivery-point delivery-teams deployment incident
    """,
    "says how to send what the portal cannot read": "ways-in",
    "asks for its own state while something is under way": "backup sample",
}
NOT_LIVE = {route: why for why, routes in _WHY_NOT.items() for route in routes.split()}


def asked_with_get() -> set[str]:
    return {route.name for route in ROUTES if route.kind == "page" and "get" in route.methods}


def live_routes() -> set[str]:
    """The routes whose view says `@live.page`."""
    return {each.name for each in _patterns(get_resolver().url_patterns) if getattr(each.callback, "is_live", False)}


def _patterns(found: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for each in found:
        if isinstance(each, URLPattern):
            yield each
        else:
            yield from _patterns(each.url_patterns)
