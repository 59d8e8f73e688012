"""Every page of the portal: what somebody else does in a browser of their own so that it changes, or why it is not kept fresh.

A new page stands in one of the two, or a test fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page, expect

from core import clock
from tests.access_table import ROUTES
from tests.access_world import World
from tests.connections.factories import ConnectionFactory
from tests.delivery.factories import ChangeFactory, DeploymentFactory, IncidentFactory
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


def _correct(kind: str, reason: str) -> Act:
    def act(page: Page) -> None:
        page.locator(f"#correct input[value={kind}]").check()
        _fill("Save", reason=reason)(page)

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
    of_team = {name: reverse(name, args=[world.team.pk]) for name in OF_TEAM}
    all_teams = {name: reverse(name) for name in ALL_TEAMS}
    return [
        *_of_progress(world, of_team, all_teams),
        *_of_okrs(world, of_team, all_teams),
        *_of_people_and_hosts(world, of_team, all_teams),
        *_of_delivery(world, of_team, all_teams),
        *_of_files(world, of_team),
        Shown("teams", all_teams["teams"], reverse("team-new"), _fill("Create the team", name="Pricing"), "Pricing"),
    ]


OF_TEAM = (
    "team", "roadmap", "assessment", "okrs", "members", "connections", "channels", "imports", "delivery", "deployments",
    "incidents", "changes",
)  # fmt: skip
ALL_TEAMS = ("home", "portfolio", "trends", "teams", "inbox", "organisation-okrs", "delivery-teams")
Urls = dict[str, str]


def _of_progress(world: World, of_team: Urls, all_teams: Urls) -> list[Shown]:
    """Roadmap and assessment, what is said about them, and the pages that add them up."""
    team, draft = world.team.pk, world.round.get_absolute_url()
    item = item_of(world.roadmap, "foundation.git_repository").get_absolute_url()
    criterion = reverse("assessment-criterion", args=[team, "data.versioning"])
    thread = reverse("comments", args=[team, "criterion", "data.versioning"])
    talk = reverse("organisation-comments", args=["key_result", str(world.key_result_of(None).pk)])
    target = reverse("assessment-target", args=[team, "data"])
    return [
        Shown("roadmap", of_team["roadmap"], of_team["roadmap"], _tick("Set up the Git repository"), "ticked by Ada"),
        Shown("roadmap-item", item, item, _say("A branch without a review"), "A branch without a review"),
        Shown("team", of_team["team"], of_team["roadmap"], _tick(TICKED[0]), "2 of 12 done"),
        Shown("home", all_teams["home"], of_team["roadmap"], _tick(TICKED[1]), "3/12"),
        Shown("portfolio", all_teams["portfolio"], of_team["roadmap"], _tick(TICKED[2]), "4/12"),
        Shown("trends", all_teams["trends"], of_team["roadmap"], _tick(TICKED[3]), "42%"),
        Shown("assessment-round", draft, draft, _answer, "Ada Administrator: "),
        Shown("assessment-criterion", criterion, criterion, _say("Copies have dates"), "Copies have dates"),
        Shown("comments", thread, thread, _say("Since when?"), "Since when?"),
        Shown("organisation-comments", talk, talk, _say("What is in the way?"), "What is in the way?"),
        Shown("assessment", of_team["assessment"], target, _fill("Save the target", level="3"), "Target L3"),
    ]


def _of_okrs(world: World, of_team: Urls, all_teams: Urls) -> list[Shown]:
    key_result, okrs = world.key_result_of(world.team), all_teams["organisation-okrs"]
    result, objective = key_result.get_absolute_url(), reverse("okr-objective", args=[key_result.objective_id])
    return [
        Shown("okrs", of_team["okrs"], of_team["okrs"], _check_in("37"), "37%"),
        Shown("organisation-okrs", okrs, okrs, _check_in("41"), "41%"),
        Shown("key-result", result, objective, _fill("Save", title="Deploy every day"), "Deploy every day"),
        Shown("okr-objective", objective, objective, _fill("Save", why="Customers wait"), "Customers wait", "why"),
    ]


def _of_people_and_hosts(world: World, of_team: Urls, all_teams: Urls) -> list[Shown]:
    """Members, notices and connections."""
    criterion = reverse("assessment-criterion", args=[world.team.pk, "data.versioning"])
    channel = reverse("channel", args=[world.team.pk, world.channel.pk])
    source = reverse("connection", args=[world.team.pk, world.service.source_id])
    told = {"kind": "github", "base_url": "https://api.github.com", "name": "GitHub"}  # a new name alone asks no host
    common, commons = ConnectionFactory(team=None, **told), reverse("organisation-connections")
    one = reverse("organisation-connection", args=[common.pk])
    rename = reverse("organisation-connection-access", args=[common.pk])
    return [
        Shown("members", of_team["members"], of_team["members"], _invite, "new@example.com"),
        Shown("inbox", all_teams["inbox"], criterion, _say("@Taro Admin look"), "mentioned you"),
        Shown("channels", of_team["channels"], channel, _fill("Save", name="#ml-all"), "#ml-all"),
        Shown("connections", of_team["connections"], source, _press("Pause"), "Paused"),
        Shown("connection", source, source, _press("Resume"), "Sync now"),
        Shown("organisation-connections", commons, rename, _fill("Save", name="Read by all"), "Read by all"),
        Shown("organisation-connection", one, rename, _fill("Save", name="The host"), "The host"),
    ]


def _of_delivery(world: World, of_team: Urls, all_teams: Urls) -> list[Shown]:
    """From a figure to its cause: what one says by hand, the other sees there and in every number that it moves."""
    finished = clock.now() - timedelta(days=8)  # in a week that is over
    DeploymentFactory(service=world.service, title="The first one", finished_at=finished - timedelta(days=200))
    ChangeFactory(service=world.service, title="Tax", merged_at=finished - timedelta(days=1))
    deployed = DeploymentFactory(service=world.service, title="The tax release", finished_at=finished)
    broken = IncidentFactory(service=world.service, title="No tax", began_at=finished - timedelta(hours=2))
    one = reverse("deployment", args=[world.team.pk, deployed.pk])
    other = reverse("incident", args=[world.team.pk, broken.pk])
    day = finished.date()
    point = (
        f"{reverse('delivery-point', args=[world.team.pk])}?from={day - timedelta(days=1)}&to={day + timedelta(days=1)}"
    )
    return [
        Shown("delivery-teams", all_teams["delivery-teams"], one, _correct("failed", "No prices"), "100"),
        Shown("deployment", one, one, _correct("hotfix", "At night, in haste"), "At night, in haste"),
        Shown("incident", other, other, _correct("not_incident", "It was a drill"), "It was a drill"),
        Shown("changes", of_team["changes"], one, _correct("exclude", "A trial"), "not yet"),
        Shown("delivery-point", point, one, _press("Take it back"), "1 of 1 count"),
    ]


def _of_files(world: World, of_team: Urls) -> list[Shown]:
    """Imports, and the lists that they fill."""
    boss = world.people["administrator"]
    kinds = ("deployments", "incidents", "roadmap-items")
    bring = {kind: reverse("import-new", args=[world.team.pk, kind]) for kind in kinds}
    file = brought(world.team, boss, "roadmap-items", as_csv(["section", "item"], ["1", "New"])).get_absolute_url()
    begins = world.key_result_of(None).objective.cycle.first_day
    aims = [
        as_csv(AIM, [begins, "Ship faster", "Time to market", title, "decrease", 12, 6])
        for title in ("Lead time", "Time to recover")
    ]
    common = brought(None, boss, "key-results", aims[0]).get_absolute_url()
    commons, aim = reverse("organisation-imports"), reverse("organisation-import-new", args=["key-results"])
    deployed, broken, again = (
        _bring(name, content, apply=True)
        for name, content in (("d.csv", DEPLOYED), ("i.csv", BROKEN), ("e.csv", AGAIN))
    )
    return [
        Shown("imports", of_team["imports"], bring["roadmap-items"], _bring("more.csv", ITEM), "more.csv"),
        Shown("organisation-imports", commons, aim, _bring("aims.csv", aims[1]), "aims.csv"),
        Shown("organisation-import", common, common, _apply, "1 row was written"),
        Shown("import", file, file, _apply, "1 row was written"),
        Shown("deployments", of_team["deployments"], bring["deployments"], deployed, "Release 7"),
        Shown("incidents", of_team["incidents"], bring["incidents"], broken, "Slow answers"),
        Shown("delivery", of_team["delivery"], bring["deployments"], again, "Release 8"),
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
