"""Reading: what a sync yields, where it resumes, what it costs. The fake host pages for real."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.github import GitHub
from connectors.records import DeploymentSource, Outcome, ReadOptions
from core.http import RateLimited
from tests.connectors.conftest import NOW
from tests.connectors.driver import DEPLOYMENTS, Driver
from tests.fakes import github_scenarios
from tests.fakes.github import FakeGitHub
from tests.fakes.github_answers import Refusal
from tests.fakes.github_data import Repo, when

DAY = timedelta(days=1)
Make = Callable[[FakeGitHub, Repo], Driver]


def fill_deployments(fake: FakeGitHub, repo: Repo) -> Driver:
    """17 deployments in two environments (4 listing pages of 5), 13 incidents and 3 pull requests (4 pages)."""
    for number in range(17):
        created = NOW - (17 - number) * DAY * 2
        environment = "production" if number % 3 else "staging"
        repo.deploy(created, environment, state="failure" if number % 5 == 4 else "success")
    repo.add_deployment(NOW - timedelta(hours=1), "production", [("in_progress", NOW - timedelta(minutes=59))])
    fill_issues(repo)
    return Driver(fake, DEPLOYMENTS, NOW)


def fill_runs(fake: FakeGitHub, repo: Repo) -> Driver:
    """93 runs over 400 days, where a listing ends at 20; 40 of them on one day; one still in progress."""
    for number in range(52):
        repo.add_run(NOW - DAY * 8 * (50 - number) if number < 50 else NOW - DAY, "Deploy" if number % 2 else "Tests")
    for number in range(40):
        repo.add_run(NOW.replace(hour=1) - 30 * DAY + timedelta(minutes=20 * number), "Deploy")
    repo.add_run(NOW - timedelta(hours=1), "Deploy", conclusion=None, status="in_progress")
    fill_issues(repo)
    options = ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),), ("incident",))
    return Driver(fake, options, NOW)


def fill_issues(repo: Repo) -> None:
    for number in range(16):
        began = NOW - (40 - number) * DAY
        closed = began + timedelta(hours=number + 1) if number % 6 else None
        repo.add_issue(began, f"Broken {number}", ["Incident"], closed=closed, pull_request=number % 6 == 5)
    repo.add_issue(NOW - DAY, "Something else", ["bug"])


def truth(repo: Repo, driver: Driver) -> dict[str, tuple[Any, ...]]:
    """What should stand in the database, from the host's objects alone and without the connector's code."""
    found: dict[str, tuple[Any, ...]] = {}
    if driver.options.deployments is DeploymentSource.DEPLOYMENTS:
        for row in repo.deployments:
            states = [(status["state"], when(status["created_at"])) for status in repo.statuses[row["id"]]]
            good = [instant for state, instant in states if state == "success"]
            bad = [instant for state, instant in states if state in ("failure", "error")]
            outcome = "succeeded" if good else "failed" if bad else "running"
            end = min(good) if good else max(bad) if bad else None
            found[f"deployment:{row['id']}"] = (outcome, end, row["environment"], "", 1)
    if driver.options.deployments is DeploymentSource.RUNS:
        kinds = {"success": "succeeded", "failure": "failed", "cancelled": "cancelled", None: "running"}
        for row in repo.runs:
            if str(row["workflow_id"]) in driver.options.workflows:
                ended = when(row["updated_at"]) if row["conclusion"] else None
                workflow = str(row["workflow_id"])
                found[f"run:{row['id']}"] = (kinds[row["conclusion"]], ended, "", workflow, row["run_attempt"])
    wanted = {label.lower() for label in driver.options.incident_labels}
    for row in repo.issues:
        if "pull_request" not in row and wanted & {label["name"].lower() for label in row["labels"]}:
            closed = when(row["closed_at"]) if row["closed_at"] else None
            found[f"issue:{row['number']}"] = (row["title"], when(row["created_at"]), closed)
    return found


SOURCES = [pytest.param(fill_deployments, id="deployments"), pytest.param(fill_runs, id="runs")]


# -- All there is --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", SOURCES)
def test_everything_is_read(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    driver = make(fake, repo)
    assert driver.sync() is None
    assert driver.final == truth(repo, driver)
    assert driver.aside == {}


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_everything_is_read_page_by_page(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    driver = make(fake, repo)
    assert driver.sync() is None
    assert driver.final == truth(repo, driver)
    last = {page.stream: page for page in driver.pages}
    assert {stream: page.done for stream, page in last.items()} == dict.fromkeys(last, True)
    for page in driver.pages:
        assert not page.done or page is last[page.stream]


def test_a_lively_year_is_read(fake: FakeGitHub) -> None:
    github_scenarios.shop(fake, NOW)
    shop, forecast = fake.repos
    driver = Driver(fake, DEPLOYMENTS, NOW)
    assert driver.sync() is None
    assert driver.final == truth(shop, driver)
    assert len(driver.deployments) > 200
    assert 11 <= sum(1 for row in driver.incidents.values() if row.resolved_at) <= 12
    assert sum(1 for row in driver.incidents.values() if row.resolved_at is None) == 1
    options = ReadOptions(DeploymentSource.RUNS, (str(forecast.workflows["Deploy model"]),), ("incident",))
    second = Driver(fake, options, NOW, "acme/forecast")
    assert second.sync() is None
    assert second.final == truth(forecast, second)


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_the_newest_comes_first(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    driver = make(fake, repo)
    driver.sync()
    created = [row.created_at for page in driver.pages if page.stream == "deployments" for row in page.records]  # type: ignore[union-attr]
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_what_is_new_comes_first_in_every_stream(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    """The way back to the oldest may take hours; nobody waits for it to see today's incidents or how a run ended."""
    driver = make(fake, repo)
    driver.sync()
    streams = [page.stream for page in driver.pages]
    first = streams.index("incidents")
    assert first < 6
    assert "deployments" in streams[first:]
    driver = dataclasses.replace(driver, rows={}, aside={}, state={}, pages=[])
    driver.sync(stop_after=first + 2)
    driver.sync()
    streams = [page.stream for page in driver.pages]
    assert streams.index("again") < len(streams) - 1 - streams[::-1].index("deployments")


@pytest.mark.usefixtures("_small")
def test_a_deployment_with_more_statuses_than_a_page_holds(fake: FakeGitHub, repo: Repo) -> None:
    states = [("success", NOW - 9 * DAY), *[("inactive", NOW - DAY)] * 11]
    repo.add_deployment(NOW - 10 * DAY, states=states)
    driver = Driver(fake, DEPLOYMENTS, NOW)
    driver.sync()
    assert driver.final == truth(repo, driver)


def test_nothing_is_read_of_what_nobody_chose(fake: FakeGitHub, repo: Repo) -> None:
    fill_deployments(fake, repo)
    driver = Driver(fake, ReadOptions(DeploymentSource.NONE), NOW)
    assert driver.sync() is None
    assert (driver.rows, len(fake.seen)) == ({}, 0)
    driver.options = ReadOptions(DeploymentSource.RUNS, workflows=())
    assert driver.sync() is None
    assert (driver.rows, len(fake.seen)) == ({}, 0)
    assert [page.done for page in driver.pages] == [True]


# -- What a sync costs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.parametrize("small", [True, False])
def test_a_sync_with_nothing_new_costs_one_304_a_listing_and_one_request_an_unfinished_object(
    make: Make, small: bool, fake: FakeGitHub, repo: Repo, request: pytest.FixtureRequest
) -> None:
    if small:
        request.getfixturevalue("_small")
    driver = make(fake, repo)
    driver.sync()
    state = dict(driver.state)
    fake.forget()
    assert driver.sync() is None
    assert len(driver.again) == 1
    assert fake.statuses == {304: 2, 200: 1}
    assert driver.client is not None
    assert (driver.client.requests_made, driver.client.not_modified) == (3, 2)
    assert {name: each for name, each in driver.state.items() if name != "again"} == state
    repeated = driver.final
    assert driver.requests() == 3
    assert driver.final == repeated


def test_304s_leave_the_limit_alone(fake: FakeGitHub, repo: Repo) -> None:
    repo.deploy(NOW - DAY)
    driver = Driver(fake, DEPLOYMENTS, NOW)
    driver.sync()
    assert driver.client is not None
    assert driver.client.rate is not None
    left = driver.client.rate.remaining
    driver.sync()
    assert driver.client.rate is not None
    assert driver.client.rate.remaining == left


def test_one_more_deployment_costs_its_listing_and_its_statuses(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(30):
        repo.add_deployment(NOW - (30 - number) * DAY / 20, states=[("success", NOW)])  # all within the overlap
    driver = Driver(fake, dataclasses.replace(DEPLOYMENTS, incident_labels=()), NOW)
    driver.sync()
    repo.deploy(NOW - timedelta(minutes=9))
    assert driver.requests() == 2
    assert len(driver.rows) == 31


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_the_first_sync_asks_for_nothing_twice(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    """But for the 304s that tell whether a page of deployments still stands before it is turned."""
    make(fake, repo).sync()
    asked = [(seen.path, tuple(seen.query.items())) for seen in fake.seen if "if-none-match" not in seen.headers]
    assert len(asked) == len(set(asked))
    assert {seen.status for seen in fake.seen if "if-none-match" in seen.headers} <= {304}


def statuses_read_twice(fake: FakeGitHub, driver: Driver) -> set[str]:
    """Paths of statuses that were answered more than once although the deployment had ended."""
    running = {f"/repos/acme/shop/deployments/{key.partition(':')[2]}/statuses" for key in driver.again}
    counts: dict[str, int] = {}
    for seen in fake.seen:
        if seen.path.endswith("/statuses") and seen.status == 200 and "page" not in seen.query:
            counts[seen.path] = counts.get(seen.path, 0) + 1
    return {path for path, count in counts.items() if count > 1} - running


@pytest.mark.usefixtures("_small")
def test_a_kill_costs_no_statuses_that_were_read_before(fake: FakeGitHub, repo: Repo) -> None:
    whole = fill_deployments(fake, repo)
    whole.sync()
    for stop in range(len(whole.pages) + 1):
        driver = dataclasses.replace(whole, rows={}, aside={}, state={}, pages=[])
        fake.forget()
        driver.sync(stop_after=stop)
        driver.sync()
        assert statuses_read_twice(fake, driver) == set(), stop


def test_what_is_remembered_is_forgotten_in_time(fake: FakeGitHub, repo: Repo) -> None:
    stuck = repo.add_deployment(NOW - DAY, states=[("in_progress", NOW - DAY)])
    ended = repo.add_deployment(NOW - DAY, states=[("in_progress", NOW - DAY)])
    repo.deploy(NOW - 2 * DAY)
    driver = Driver(fake, dataclasses.replace(DEPLOYMENTS, incident_labels=()), NOW)
    driver.sync()
    state = driver.state["deployments"]
    assert set(state["open"]) == {f"deployment:{stuck}", f"deployment:{ended}"}
    assert len(state["final"]) == 1
    repo.add_status(ended, "success", NOW)
    driver.sync()
    assert set(driver.state["deployments"]["open"]) == {f"deployment:{stuck}"}
    driver.now = NOW + 10 * DAY
    repo.deploy(driver.now)
    driver.sync()
    assert driver.state["deployments"]["open"] == {}
    assert len(driver.state["deployments"]["final"]) == 1


# -- Killed anywhere -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_killed_after_any_page_and_begun_again(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    whole = make(fake, repo)
    whole.sync()
    pages = len(whole.pages)
    assert pages > 8
    for stop in range(pages + 1):
        driver = dataclasses.replace(whole, rows={}, aside={}, state={}, pages=[])
        driver.sync(stop_after=stop)
        assert driver.sync() is None
        assert driver.final == whole.final, stop
        assert driver.requests() == 3, stop  # and nothing is left to do


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.usefixtures("_small")
def test_killed_again_and_again_it_still_gets_there(make: Make, step: int, fake: FakeGitHub, repo: Repo) -> None:
    driver = make(fake, repo)
    for _attempt in range(80):
        driver.sync(stop_after=step)
    # One page a life is enough to come to the end, except that a life must first get past what it asks every time.
    assert driver.sync() is None
    assert driver.final == truth(repo, driver)


@pytest.mark.parametrize("limit", [6, 7, 8])
@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_a_small_limit_is_enough_to_get_there(make: Make, limit: int, fake: FakeGitHub, repo: Repo) -> None:
    """Every window of the limit brings it on, however few requests that is, and nothing is lost on the way."""
    driver = make(fake, repo)
    fake.limit = limit
    windows = 0
    while True:
        windows += 1
        fake.fresh_window()
        error = driver.sync()
        if error is None:
            break
        assert isinstance(error, RateLimited)
        assert error.retry_at > NOW - DAY
        assert windows < 60
    assert windows > 3
    assert driver.final == truth(repo, driver)
    assert statuses_read_twice(fake, driver) == set()


@pytest.mark.parametrize("age", [0, 10])
@pytest.mark.usefixtures("_small")
def test_a_window_of_more_pages_than_the_limit_allows_is_read_to_its_end(
    age: int, fake: FakeGitHub, repo: Repo
) -> None:
    """The head, and one that is long past."""
    for number in range(18):
        repo.add_run(NOW - age * DAY - timedelta(hours=number))
    options = ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),), since=NOW.date() - (age + 2) * DAY)
    driver = Driver(fake, options, NOW)
    fake.limit = 3
    for _window in range(4):
        fake.fresh_window()
        driver.sync()
    assert driver.final == truth(repo, driver)


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_a_page_address_that_means_nothing_any_more_begins_the_reading_anew(
    make: Make, fake: FakeGitHub, repo: Repo
) -> None:
    whole = make(fake, repo)
    whole.sync()
    for stop in range(1, len(whole.pages)):
        driver = dataclasses.replace(whole, rows={}, aside={}, state={}, pages=[])
        driver.sync(stop_after=stop)
        fake.forget()
        stored = [url for url in _addresses(driver.state) if url]
        answer = fake.answers.answer
        fake.answers.answer = _refusing(fake, answer, stored)  # type: ignore[method-assign]
        assert driver.sync() is None
        fake.answers.answer = answer  # type: ignore[method-assign]
        assert driver.final == whole.final, stop


def _addresses(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [url for each in value.values() for url in _addresses(each)]
    return [value] if isinstance(value, str) and value.startswith("http") and "page=" in value else []


def _refusing(fake: FakeGitHub, answer: Any, stored: list[str]) -> Any:
    """As `answer`, but the first request for a later page that stands in a stored state is refused as an old cursor."""
    left = {url.split("?")[1] for url in stored if "&page=" in url}

    def answering(path: str, query: dict[str, str]) -> Any:
        asked = urlencode(query)
        if asked in left:
            left.discard(asked)
            raise Refusal(422, "Invalid cursor")
        return answer(path, query)

    return answering


@pytest.mark.usefixtures("_small")
def test_states_that_were_handed_out_do_not_change_any_more(fake: FakeGitHub, repo: Repo) -> None:
    driver = fill_deployments(fake, repo)
    client = GitHub().client(fake.url, "secret")
    before: list[str] = []
    pages = []
    for page in GitHub().read(client, "acme/shop", driver.options, {}, [], NOW):
        before.append(json.dumps(page.state))
        pages.append(page)
    assert [json.dumps(page.state) for page in pages] == before
    stored = {page.stream: page.state for page in pages[:4]}
    kept = json.dumps(stored)
    list(GitHub().read(client, "acme/shop", driver.options, stored, [], NOW))
    assert json.dumps(stored) == kept


def test_what_was_asked_for_again_before_the_limit_is_kept(fake: FakeGitHub, repo: Repo) -> None:
    runs = [repo.add_run(NOW - 5 * DAY, conclusion=None, status="in_progress") for _ in range(6)]
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    for run in runs:
        repo.finish_run(run, NOW)
    fake.fresh_window()
    fake.limit = 4  # the listing's 304 counts for nothing
    assert isinstance(driver.sync(), RateLimited)
    assert len(driver.again) == 2
    fake.fresh_window()
    driver.sync()
    assert driver.final == truth(repo, driver)


FAULTS = [
    "500",
    "drop",
    "truncate",
    "garbage",
    "moved",
    "secondary",
    "secondary403",
    "busy",
    "primary",
    "401",
    "elsewhere",
]


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.usefixtures("_small")
def test_a_fault_at_any_request_changes_nothing_in_the_end(make: Make, kind: str, fake: FakeGitHub, repo: Repo) -> None:
    whole = make(fake, repo)
    whole.sync()
    total = len(fake.seen)
    for number in range(1, total + 1):
        fake.forget()
        driver = dataclasses.replace(whole, rows={}, aside={}, state={}, pages=[])
        fake.faults[number] = kind
        error = driver.sync()
        assert (error is not None) == (kind in ("primary", "401", "elsewhere")), number
        if error is not None:
            fake.faults.clear()
            assert driver.sync() is None
        assert driver.final == whole.final, number
        assert not driver.aside, number


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_null_instants_at_any_request_are_right_after_the_next_sync(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    whole = make(fake, repo)
    whole.sync()
    total = len(fake.seen)
    asides = 0
    for number in range(1, total + 1):
        fake.forget()
        driver = dataclasses.replace(whole, rows={}, aside={}, state={}, pages=[])
        fake.faults[number] = "nulls"
        assert driver.sync() is None
        asides += len(driver.aside)
        assert all(aside.reason == "missing_instant" for aside in driver.aside.values())
        assert driver.sync() is None
        assert driver.final == whole.final, number
        assert not driver.aside, number
    assert asides > 5


# -- The world moves on meanwhile ----------------------------------------------------------------------------------------


def test_a_deployment_that_finishes_later(fake: FakeGitHub, repo: Repo) -> None:
    ident = repo.add_deployment(NOW - timedelta(hours=2), states=[("in_progress", NOW - timedelta(hours=2))])
    driver = Driver(fake, DEPLOYMENTS, NOW)
    driver.sync()
    assert driver.deployments[f"deployment:{ident}"].outcome is Outcome.RUNNING
    repo.add_status(ident, "success", NOW + timedelta(minutes=1))
    driver.sync()
    assert driver.final == truth(repo, driver)


@pytest.mark.usefixtures("_small")
def test_a_deployment_far_down_finishes_without_moving_the_first_page(fake: FakeGitHub, repo: Repo) -> None:
    """It is asked for by itself: a 304 of the first page says nothing about it. Its object is remembered."""
    ident = repo.add_deployment(NOW - 5 * DAY, states=[("in_progress", NOW - 5 * DAY)])
    for number in range(8):
        repo.deploy(NOW - 4 * DAY + timedelta(hours=number), "staging")
    driver = Driver(fake, DEPLOYMENTS, NOW)
    driver.sync()
    repo.add_status(ident, "success", NOW)
    fake.forget()
    driver.sync()
    assert [seen.path for seen in fake.seen if seen.status == 200] == [f"/repos/acme/shop/deployments/{ident}/statuses"]
    assert driver.final == truth(repo, driver)
    assert driver.deployments[f"deployment:{ident}"].environment == "production"


def test_a_failed_deployment_within_the_overlap_that_succeeds_after_all(fake: FakeGitHub, repo: Repo) -> None:
    ident = repo.deploy(NOW - 3 * DAY, state="failure")
    repo.deploy(NOW - DAY)
    driver = Driver(fake, DEPLOYMENTS, NOW)
    driver.sync()
    repo.add_status(ident, "success", NOW)
    driver.sync()
    assert driver.final == truth(repo, driver)


@pytest.mark.usefixtures("_small")
def test_deployments_deleted_while_pages_are_turned_hide_none(fake: FakeGitHub, repo: Repo) -> None:
    """Deleted rows pull the later ones up, from a page not read yet to one that was."""
    idents = [repo.deploy(NOW - (40 - number) * DAY) for number in range(20)]
    driver = Driver(fake, dataclasses.replace(DEPLOYMENTS, incident_labels=()), NOW)
    driver.sync(stop_after=1)  # three of the first page are read; the process lives on in a second one
    for ident in idents[-4:-1]:
        repo.delete_deployment(ident)
    driver.sync()
    assert set(truth(repo, driver)) <= set(driver.final)


@pytest.mark.usefixtures("_small")
def test_deployments_deleted_between_two_requests_hide_none(
    fake: FakeGitHub, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    idents = [repo.deploy(NOW - (40 - number) * DAY) for number in range(20)]
    doomed = {5: idents[-1], 7: idents[-2], 12: idents[-8]}
    answer = fake.answers.answer

    def answering(path: str, query: dict[str, str]) -> Any:
        if len(fake.seen) in doomed:
            repo.delete_deployment(doomed.pop(len(fake.seen)))
        return answer(path, query)

    monkeypatch.setattr(fake.answers, "answer", answering)
    driver = Driver(fake, dataclasses.replace(DEPLOYMENTS, incident_labels=()), NOW)
    assert driver.sync() is None
    assert not doomed
    assert set(truth(repo, driver)) <= set(driver.final)


def test_a_run_that_finishes_and_one_that_is_run_again(fake: FakeGitHub, repo: Repo) -> None:
    slow = repo.add_run(NOW - timedelta(hours=2), conclusion=None, status="queued")
    failed = repo.add_run(NOW - DAY, conclusion="failure")
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    assert driver.deployments[f"run:{slow}"].outcome is Outcome.RUNNING
    repo.finish_run(slow, NOW)
    repo.run_again(failed, NOW)
    driver.sync()
    assert driver.final == truth(repo, driver)
    repo.finish_run(failed, NOW + DAY, "success")
    driver.sync()
    assert driver.final == truth(repo, driver)
    assert (driver.deployments[f"run:{failed}"].attempt, driver.deployments[f"run:{failed}"].outcome) == (
        2,
        "succeeded",
    )


def test_the_head_of_the_runs_stays_for_ten_days_and_is_read_once_more_when_it_moves(
    fake: FakeGitHub, repo: Repo
) -> None:
    old = repo.add_run(NOW - DAY, conclusion="failure")
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    # Run again unseen: the host's answer for the first page is the same, as it would be with a hundred newer runs.
    repo.run_again(old, NOW)
    repo.finish_run(old, NOW + timedelta(hours=1), "success")
    driver.state["deployments"]["head"]["etag"] = ""
    fake.forget()
    driver.now = NOW + 7 * DAY
    seen_before = driver.state["deployments"]["head"]["from"]
    driver.sync()
    assert driver.state["deployments"]["head"]["from"] == seen_before
    assert [seen.query["created"] for seen in fake.seen] == [">=2026-11-21"]
    fake.forget()
    driver.now = NOW + 8 * DAY
    driver.sync()
    assert [seen.query["created"] for seen in fake.seen] == [">=2026-11-29", "2026-11-21..2026-11-28"]
    assert driver.final == truth(repo, driver)
    assert driver.requests() == 1


@pytest.mark.usefixtures("_small")
def test_a_run_that_is_run_again_below_the_first_page_is_met_when_the_head_moves(fake: FakeGitHub, repo: Repo) -> None:
    old = repo.add_run(NOW - 2 * DAY, conclusion="failure")
    for number in range(9):
        repo.add_run(NOW - DAY + timedelta(minutes=number))
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    repo.run_again(old, NOW)
    repo.finish_run(old, NOW + timedelta(hours=1), "success")
    assert driver.requests() == 1  # a 304, which does not prove that nothing changed on page 2
    assert driver.deployments[f"run:{old}"].attempt == 1
    driver.now = NOW + 9 * DAY
    driver.sync()
    assert driver.final == truth(repo, driver)
    assert driver.deployments[f"run:{old}"].attempt == 2


@pytest.mark.usefixtures("_small")
def test_more_runs_in_a_day_than_a_listing_holds(fake: FakeGitHub, repo: Repo) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    for number in range(55):
        repo.add_run(midnight + timedelta(minutes=10 * number))
    for number in range(30):
        repo.add_run(midnight - 2 * DAY + timedelta(minutes=number))
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    assert driver.final == truth(repo, driver)
    assert driver.requests() == 1
    for number in range(30):
        repo.add_run(midnight + timedelta(minutes=600 + number))
    driver.sync()
    assert driver.final == truth(repo, driver)
    assert driver.requests() == 1
    for number in range(10):
        repo.add_run(midnight + timedelta(minutes=700 + number))
    assert driver.requests() == 4  # the head as far as it is listed, which reaches down to what is known
    assert driver.final == truth(repo, driver)


@pytest.mark.usefixtures("_small")
def test_a_window_that_the_head_left_early_is_read_once_more(fake: FakeGitHub, repo: Repo) -> None:
    """So many runs that the head begins today: what is run again of yesterday's is still met."""
    midnight = NOW.replace(hour=0, minute=0)
    old = [repo.add_run(midnight - DAY + timedelta(minutes=number), conclusion="failure") for number in range(15)][4]
    for number in range(15):
        repo.add_run(midnight + timedelta(minutes=number))
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    assert driver.state["deployments"]["head"]["from"].startswith("2026-11-24")
    repo.run_again(old, NOW)
    repo.finish_run(old, NOW + timedelta(hours=1), "success")
    driver.now = NOW + 3 * DAY
    assert driver.requests() == 1
    driver.now = NOW + 4 * DAY
    driver.sync()
    assert driver.final == truth(repo, driver)
    assert driver.requests() == 1


@pytest.mark.usefixtures("_small")
def test_runs_deleted_while_pages_are_turned_hide_none(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(18):
        repo.add_run(NOW - 30 * DAY - timedelta(hours=number))
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    while not driver.rows:
        driver.sync(stop_after=len(driver.pages) + 1)
    assert 5 <= len(driver.rows) < 18
    repo.runs = repo.runs[3:]
    driver.sync()
    assert set(truth(repo, driver)) <= set(driver.final)


def test_what_a_listing_has_just_given_is_not_asked_for_again(fake: FakeGitHub, repo: Repo) -> None:
    repo.add_run(NOW - DAY, conclusion=None, status="in_progress")
    workflow = str(repo.workflows["Deploy"])
    repo.add_deployment(NOW - DAY, states=[("in_progress", NOW - DAY)])
    repo.add_issue(NOW)
    repo.issues[0]["state"] = "odd"
    drivers = [
        Driver(fake, ReadOptions(DeploymentSource.RUNS, (workflow,)), NOW),
        Driver(fake, ReadOptions(DeploymentSource.DEPLOYMENTS), NOW),
        Driver(fake, ReadOptions(DeploymentSource.NONE, incident_labels=("incident",)), NOW),
    ]
    for driver in drivers:
        driver.sync()
        assert driver.requests() == 2  # a 304, and the one object
    repo.add_run(NOW)
    repo.deploy(NOW)
    repo.add_issue(NOW)
    assert [driver.requests() for driver in drivers] == [1, 3, 1]  # of deployments the statuses of two


@pytest.mark.usefixtures("_small")
def test_windows_are_halved_on_whole_days_as_long_as_there_are_days(fake: FakeGitHub, repo: Repo) -> None:
    fill_runs(fake, repo).sync()
    windows = [seen.query["created"] for seen in fake.seen if "created" in seen.query]
    assert windows[0] == ">=2026-11-21"
    assert windows[1] == "2018-10-16..2026-11-20"
    assert any("T" in window for window in windows)  # 40 runs on one day
    for window in windows[1:]:
        if "T" in window:
            first, last = window.split("..")
            assert when(last) - when(first) < DAY


@pytest.mark.parametrize(
    ("first", "last", "middle"),
    [
        ("2026-01-01T00:00:00", "2026-01-02T23:59:59", "2026-01-02T00:00:00"),
        ("2026-01-01T00:00:00", "2026-01-03T23:59:59", "2026-01-03T00:00:00"),
        ("2026-01-01T00:00:00", "2026-01-01T23:59:59", "2026-01-01T12:00:00"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:01", "2026-01-01T00:00:01"),
        ("2026-01-01T05:00:00", "2026-01-01T05:00:02", "2026-01-01T05:00:02"),
    ],
)
def test_where_a_window_is_halved(first: str, last: str, middle: str) -> None:
    from connectors.github.runs import _middle

    start, end, half = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last, middle))
    assert _middle(start, end) == half


def test_incidents_that_close_and_open_again(fake: FakeGitHub, repo: Repo) -> None:
    fill_issues(repo)
    driver = Driver(fake, ReadOptions(DeploymentSource.NONE, incident_labels=("incident",)), NOW)
    driver.sync()
    repo.close_issue(1, NOW)
    repo.reopen_issue(2, NOW)
    repo.label_issue(17, ["INCIDENT", "bug"], NOW)
    repo.add_issue(NOW, "New")
    assert driver.requests() == 1
    assert driver.final == truth(repo, driver)
    assert driver.incidents["issue:2"].resolved_at is None
    assert driver.requests() == 1


@pytest.mark.usefixtures("_small")
def test_incidents_that_move_while_pages_are_turned_are_not_missed(
    fake: FakeGitHub, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_issues(repo)
    answer = fake.answers.answer

    def answering(path: str, query: dict[str, str]) -> Any:
        found = answer(path, query)
        if len(fake.seen) == 2:  # between pages 2 and 3: the last one jumps to the front
            repo.close_issue(1, NOW)
        return found

    monkeypatch.setattr(fake.answers, "answer", answering)
    driver = Driver(fake, ReadOptions(DeploymentSource.NONE, incident_labels=("incident",)), NOW)
    driver.sync()
    driver.sync()
    assert driver.final == truth(repo, driver)


@pytest.mark.usefixtures("_small")
def test_a_busy_label_is_read_down_to_what_is_known_and_no_further(fake: FakeGitHub, repo: Repo) -> None:
    fill_issues(repo)
    driver = Driver(fake, ReadOptions(DeploymentSource.NONE, incident_labels=("incident",)), NOW)
    driver.sync()
    for number in range(7):
        repo.comment_on_issue(number + 1, NOW + timedelta(minutes=number))
    assert driver.requests() == 2  # of four pages
    assert driver.final == truth(repo, driver)


@pytest.mark.usefixtures("_small")
def test_old_issues_that_are_talked_about_are_not_read_again_and_again(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(20):
        repo.comment_on_issue(repo.add_issue(NOW - 300 * DAY), NOW - 20 * DAY + number * DAY)
    driver = Driver(fake, ReadOptions(DeploymentSource.NONE, incident_labels=("incident",)), NOW)
    driver.sync()
    repo.comment_on_issue(20, NOW)
    assert driver.requests() == 1


def test_each_label_has_its_listing(fake: FakeGitHub, repo: Repo) -> None:
    repo.add_issue(NOW - DAY, "Both", ["Incident", "Outage"])
    repo.add_issue(NOW - 2 * DAY, "One", ["outage"], closed=NOW - DAY)
    repo.add_issue(NOW - 3 * DAY, "None", ["bug"])
    driver = Driver(
        fake, ReadOptions(DeploymentSource.NONE, incident_labels=("INCIDENT", "outage", "Outage", " ")), NOW
    )
    assert driver.requests() == 2
    assert driver.final == truth(repo, driver)
    assert driver.incidents["issue:1"].labels == ("Incident", "Outage")
    assert driver.requests() == 2
    driver.options = dataclasses.replace(driver.options, incident_labels=("incident", "outage", "bug"))
    fake.forget()
    driver.sync()
    assert fake.statuses == {304: 2, 200: 1}  # only the new label is read from the beginning
    assert driver.final == truth(repo, driver)


def test_issues_that_are_switched_off_end_the_stream_and_not_the_sync(fake: FakeGitHub, repo: Repo) -> None:
    driver = fill_deployments(fake, repo)
    driver.sync()
    repo.issues_enabled = False
    assert driver.sync() is None
    assert driver.final == truth(repo, driver)
    assert driver.pages[-1].done


# -- Since -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_nothing_created_before_the_chosen_day_is_read(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    driver = make(fake, repo)
    first = (NOW - 15 * DAY).date()
    repo.close_issue(1, NOW)  # changed since, yet created before
    repo.add_issue(NOW - 2 * DAY)
    driver.options = dataclasses.replace(driver.options, since=first)
    driver.sync()
    everything = truth(repo, driver)
    created = {f"run:{row['id']}": row["created_at"] for row in repo.runs}
    created |= {f"deployment:{row['id']}": row["created_at"] for row in repo.deployments}
    created |= {f"issue:{row['number']}": row["created_at"] for row in repo.issues}
    wanted = {key: row for key, row in everything.items() if created[key] >= f"{first}T00:00:00Z"}
    assert driver.final == wanted
    assert 0 < len(wanted) < len(everything)
    assert driver.requests() == 3
    driver.options = dataclasses.replace(driver.options, since=None)
    driver.sync()
    assert driver.final == everything


def test_the_listing_of_deployments_is_not_read_beyond_the_chosen_day(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(250):
        repo.add_deployment(NOW - number * DAY, states=[("success", NOW)])
    options = ReadOptions(DeploymentSource.DEPLOYMENTS, since=(NOW - 20 * DAY).date())
    driver = Driver(fake, options, NOW)
    assert driver.requests() == 1 + 21
    assert len(driver.rows) == 21


def test_a_day_within_the_head_or_in_the_future(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(6):
        repo.add_run(NOW - number * DAY)
    workflows = (str(repo.workflows["Deploy"]),)
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, workflows, since=(NOW - DAY).date()), NOW)
    assert driver.requests() == 1
    assert len(driver.rows) == 2
    later = Driver(fake, ReadOptions(DeploymentSource.RUNS, workflows, since=date(2027, 1, 1)), NOW)
    assert later.requests() == 1
    assert later.rows == {}


# -- Other options, other address ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_small")
def test_another_choice_of_workflows_is_read_from_the_beginning(fake: FakeGitHub, repo: Repo) -> None:
    driver = fill_runs(fake, repo)
    driver.sync()
    driver.options = dataclasses.replace(driver.options, workflows=(str(repo.workflows["Tests"]),))
    before = set(driver.rows)
    driver.sync()
    assert set(truth(repo, driver)) <= set(driver.rows)
    assert len(driver.rows) > len(before)


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_a_stored_page_address_of_another_origin_is_not_used(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    whole = make(fake, repo)
    whole.sync()
    for stop in range(1, len(whole.pages)):
        driver = dataclasses.replace(whole, rows={}, aside={}, state={}, pages=[])
        driver.sync(stop_after=stop)
        driver.state = _elsewhere(driver.state, fake.url)
        assert driver.sync() is None
        assert driver.final == whole.final, stop


def _elsewhere(value: Any, url: str) -> Any:
    if isinstance(value, dict):
        return {name: _elsewhere(each, url) for name, each in value.items()}
    return value.replace(url, "https://old.example") if isinstance(value, str) else value


def test_a_renamed_repository_is_still_read(fake: FakeGitHub, repo: Repo) -> None:
    driver = fill_deployments(fake, repo)
    driver.sync()
    repo.rename("acme/store")
    repo.deploy(NOW)
    assert driver.sync() is None
    assert set(driver.final) == set(truth(repo, driver))


def test_below_the_prefix_of_an_enterprise_server(fake: FakeGitHub, repo: Repo) -> None:
    fill_deployments(fake, repo)
    client = GitHub().client(f"{fake.url}/api/v3", "secret")
    options = ReadOptions(DeploymentSource.DEPLOYMENTS)
    pages = list(GitHub().read(client, "acme/shop", options, {}, [], NOW))
    assert sum(len(page.records) for page in pages) == 18
    assert pages[0].records[0].url == f"{fake.url}/acme/shop/deployments/production"


# -- Again -------------------------------------------------------------------------------------------------------------------


def test_what_is_gone_is_said_to_be_gone(fake: FakeGitHub, repo: Repo) -> None:
    driver = fill_runs(fake, repo)
    driver.sync()
    running = driver.again[0]
    repo.runs = [row for row in repo.runs if f"run:{row['id']}" != running]
    driver.sync()
    assert driver.aside[running].reason == "gone"


@pytest.mark.parametrize(
    ("key", "reason"),
    [("run:?", "gone"), ("issue:99999", "gone"), ("run:../../user", "gone"), ("odd:5", "gone"), ("", "gone")],
)
def test_keys_that_lead_nowhere(key: str, reason: str, fake: FakeGitHub, repo: Repo) -> None:
    client = GitHub().client(fake.url, "secret")
    pages = list(GitHub().read(client, "acme/shop", ReadOptions(DeploymentSource.RUNS), {}, [key], NOW))
    assert [(aside.key, aside.reason) for page in pages for aside in page.set_aside] == [(key, reason)]


def test_an_issue_that_lost_its_label_is_gone_as_an_incident(fake: FakeGitHub, repo: Repo) -> None:
    kept, lost = repo.add_issue(NOW - DAY, labels=["INCIDENT"]), repo.add_issue(NOW - DAY, labels=["bug"])
    pull = repo.add_issue(NOW - DAY, pull_request=True)
    reader = GitHub().client(fake.url, "secret")
    keys = [f"issue:{number}" for number in (kept, lost, pull)]
    options = ReadOptions(DeploymentSource.NONE, incident_labels=("incident",))
    # As if the listing, which is asked first, were a 304.
    state: dict[str, Any] = {}
    for page in GitHub().read(reader, "acme/shop", options, {}, [], NOW):
        state[page.stream] = page.state
    (page,) = [page for page in GitHub().read(reader, "acme/shop", options, state, keys, NOW) if page.stream == "again"]
    assert [record.key for record in page.records] == [f"issue:{kept}"]
    assert [(aside.key, aside.reason) for aside in page.set_aside] == [(key, "gone") for key in keys[1:]]


def test_keys_of_a_source_no_longer_chosen_are_left_alone(fake: FakeGitHub, repo: Repo) -> None:
    run = repo.add_run(NOW)
    client = GitHub().client(fake.url, "secret")
    pages = list(GitHub().read(client, "acme/shop", DEPLOYMENTS, {}, [f"run:{run}"], NOW))
    assert not any(page.stream == "again" for page in pages)


def test_objects_in_unknown_states_are_set_aside_and_the_others_kept(fake: FakeGitHub, repo: Repo) -> None:
    good, odd = repo.add_run(NOW - DAY), repo.add_run(NOW - DAY)
    repo.change_run(odd, conclusion="exploded")
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    assert set(driver.rows) == {f"run:{good}"}
    aside = driver.aside[f"run:{odd}"]
    assert (aside.reason, aside.detail) == ("unknown_value", "conclusion: exploded")
    assert aside.url.endswith(f"/acme/shop/actions/runs/{odd}")
    repo.change_run(odd, conclusion="success")
    driver.sync()
    assert not driver.aside


def test_rows_without_shape_are_set_aside(fake: FakeGitHub, repo: Repo) -> None:
    repo.deploy(NOW - DAY)
    repo.add_issue(NOW - DAY)
    repo.deployments += [{**repo.deployments[0], "id": None, "created_at": "2026-01-01T00:00:00Z"}]
    repo.issues += [{**repo.issues[0], "number": None}]
    driver = Driver(fake, DEPLOYMENTS, NOW)
    assert driver.sync() is None
    assert {key: aside.reason for key, aside in driver.aside.items()} == {
        "deployment:?": "missing_value",
        "issue:?": "missing_value",
    }
    assert len(driver.rows) == 2
