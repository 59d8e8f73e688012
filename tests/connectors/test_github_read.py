"""Reading: what a sync yields, where it resumes, what it costs. The fake host pages for real."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.github import GitHub
from connectors.records import DeploymentSource, ReadOptions
from tests.connectors.conftest import NOW
from tests.connectors.driver import DEPLOYMENTS, Driver
from tests.connectors.github_world import DAY, SOURCES, Make, fill_deployments, fill_runs, statuses_read_twice, truth
from tests.fakes import github_scenarios
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo

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
    shop, forecast, *_others = fake.repos
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
    assert fake.statuses == {304: 3, 200: 1}  # deployments or runs, incidents, changes; and the one that runs
    assert driver.client is not None
    assert (driver.client.requests_made, driver.client.not_modified) == (4, 3)
    assert {name: each for name, each in driver.state.items() if name != "again"} == state
    repeated = driver.final
    assert driver.requests() == 4
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
    assert driver.requests() == 2 + 1  # and that of changes, a 304
    assert len(driver.rows) == 31


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_the_first_sync_asks_for_nothing_twice(make: Make, fake: FakeGitHub, repo: Repo) -> None:
    """But for the 304s that tell whether a page of deployments still stands before it is turned."""
    make(fake, repo).sync()
    asked = [(seen.path, tuple(seen.query.items())) for seen in fake.seen if "if-none-match" not in seen.headers]
    assert len(asked) == len(set(asked))
    assert {seen.status for seen in fake.seen if "if-none-match" in seen.headers} <= {304}


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
    created |= {f"pull:{row['number']}": row["merged_at"] for row in repo.pulls}
    wanted = {key: row for key, row in everything.items() if created[key] >= f"{first}T00:00:00Z"}
    assert driver.final == wanted
    assert 0 < len(wanted) < len(everything)
    assert driver.requests() == 4
    driver.options = dataclasses.replace(driver.options, since=None)
    driver.sync()
    assert driver.final == everything


def test_the_listing_of_deployments_is_not_read_beyond_the_chosen_day(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(250):
        repo.add_deployment(NOW - number * DAY, states=[("success", NOW)])
    options = ReadOptions(DeploymentSource.DEPLOYMENTS, since=(NOW - 20 * DAY).date())
    driver = Driver(fake, options, NOW)
    assert driver.requests() == 1 + 21 + 1
    assert len(driver.rows) == 21


def test_a_day_within_the_head_or_in_the_future(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(6):
        repo.add_run(NOW - number * DAY)
    workflows = (str(repo.workflows["Deploy"]),)
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, workflows, since=(NOW - DAY).date()), NOW)
    assert driver.requests() == 2
    assert len(driver.rows) == 2
    later = Driver(fake, ReadOptions(DeploymentSource.RUNS, workflows, since=date(2027, 1, 1)), NOW)
    assert later.requests() == 2
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
    assert sum(len(page.records) for page in pages) == 18 + 7
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
