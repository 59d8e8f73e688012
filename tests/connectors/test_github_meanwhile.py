"""What happens on the host between two syncs, and while pages are turned."""

from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.records import DeploymentSource, Outcome, ReadOptions
from tests.connectors.conftest import NOW
from tests.connectors.driver import DEPLOYMENTS, Driver
from tests.connectors.github_world import DAY, fill_deployments, fill_issues, fill_runs, truth
from tests.fakes import github_answers
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo


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
    assert [seen.query["created"] for seen in fake.seen if "created" in seen.query] == [">=2026-11-21"]
    fake.forget()
    driver.now = NOW + 8 * DAY
    driver.sync()
    assert [seen.query["created"] for seen in fake.seen if "created" in seen.query] == [
        ">=2026-11-29",
        "2026-11-21..2026-11-28",
    ]
    assert driver.final == truth(repo, driver)
    assert driver.requests() == 2


@pytest.mark.usefixtures("_small")
def test_a_run_that_is_run_again_below_the_first_page_is_met_when_the_head_moves(fake: FakeGitHub, repo: Repo) -> None:
    old = repo.add_run(NOW - 2 * DAY, conclusion="failure")
    for number in range(9):
        repo.add_run(NOW - DAY + timedelta(minutes=number))
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    repo.run_again(old, NOW)
    repo.finish_run(old, NOW + timedelta(hours=1), "success")
    assert driver.requests() == 2  # 304s, which does not prove that nothing changed on page 2
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
    assert driver.requests() == 2
    for number in range(30):
        repo.add_run(midnight + timedelta(minutes=600 + number))
    driver.sync()
    assert driver.final == truth(repo, driver)
    assert driver.requests() == 2
    for number in range(10):
        repo.add_run(midnight + timedelta(minutes=700 + number))
    assert (
        driver.requests() == 4 + 1
    )  # the head as far as it is listed, which reaches down to what is known; and the changes
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
    assert driver.requests() == 2
    driver.now = NOW + 4 * DAY
    driver.sync()
    assert driver.final == truth(repo, driver)
    assert driver.requests() == 2


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
    assert [driver.requests() for driver in drivers] == [3, 3, 2]  # a 304 for each listing, and the one object
    repo.add_run(NOW)
    repo.deploy(NOW)
    repo.add_issue(NOW)
    assert [driver.requests() for driver in drivers] == [2, 4, 1]  # of deployments the statuses of two


@pytest.mark.usefixtures("_small")
def test_a_window_goes_on_where_its_listing_ends(fake: FakeGitHub, repo: Repo) -> None:
    """Every request brings a full page, but for the last of the window and what begins anew within a second."""
    fill_runs(fake, repo).sync()
    windows = list(dict.fromkeys(seen.query["created"] for seen in fake.seen if "created" in seen.query))
    assert windows[0] == ">=2026-11-21"
    assert windows[1] == "2018-10-16..2026-11-20"
    assert all(window.startswith("2018-10-16T00:00:00Z..202") for window in windows[2:])
    older = sum(1 for row in repo.runs if row["created_at"] < "2026-11-21")
    listed = sum(1 for seen in fake.seen if seen.query.get("created", ">")[0] != ">")
    assert listed <= -(-older // 5) + len(windows) - 2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("_small")
def test_a_host_that_lists_in_another_order_loses_nothing(
    seed: int, fake: FakeGitHub, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counts it tells do not agree with where its listings ended: the windows are then halved."""
    driver = fill_runs(fake, repo)
    dice = random.Random(seed)
    place = {row["id"]: dice.random() for row in repo.runs}
    monkeypatch.setattr(
        github_answers, "newest", lambda rows: sorted(rows, key=lambda row: place.get(row["id"], 0), reverse=True)
    )
    assert driver.sync() is None
    assert driver.final == truth(repo, driver)
    windows = {seen.query["created"] for seen in fake.seen if "created" in seen.query}
    assert len(windows) > 8


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
