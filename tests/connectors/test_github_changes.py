"""Merged pull requests and what lies between two deployments: what is read of them, and what it costs."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from connectors.github import compare
from connectors.records import DeploymentSource
from tests.connectors.conftest import NOW
from tests.connectors.driver import DEPLOYMENTS, Driver
from tests.connectors.github_world import DAY, truth
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo

HOUR = timedelta(hours=1)
QUIET = dataclasses.replace(DEPLOYMENTS, incident_labels=())


@pytest.fixture
def driver(fake: FakeGitHub, repo: Repo) -> Driver:
    return Driver(fake, QUIET, NOW)


def test_what_is_known_of_a_change(driver: Driver, repo: Repo) -> None:
    opened, merged = NOW - 3 * DAY, NOW - DAY
    number = repo.add_pull(
        opened,
        merged,
        commits=[opened - 5 * HOUR, opened - 9 * HOUR, opened + HOUR],
        reviews=[
            ("ada", opened + HOUR),
            ("lint[bot]", opened + HOUR),
            ("ben", opened + 3 * HOUR),
            ("eve", opened + 2 * HOUR),
        ],
        labels=["hotfix", "api"],
        branch="hotfix/tax",
        title="Show the tax",
    )
    assert driver.sync() is None
    change = driver.changes[f"pull:{number}"]
    assert (change.number, change.title, change.author) == (number, "Show the tax", "ada")
    assert (change.branch, change.target, change.labels) == ("hotfix/tax", "main", ("hotfix", "api"))
    assert (change.opened_at, change.merged_at, change.merge_sha) == (opened, merged, repo.head)
    assert change.first_commit_at == opened - 9 * HOUR
    assert change.first_review_at == opened + 2 * HOUR, "neither her own nor a program's"
    assert change.url == f"{driver.fake.url}/acme/shop/pull/{number}"
    assert (change.reverts, change.reverts_title, change.files) == ("", "", None)


def test_a_review_after_the_merge_and_a_pull_request_without_one(driver: Driver, repo: Repo) -> None:
    late = repo.add_pull(NOW - 3 * DAY, NOW - 2 * DAY, commits=[NOW - 4 * DAY], reviews=[("ben", NOW - DAY)])
    none = repo.add_pull(NOW - 3 * DAY, NOW - 2 * DAY)
    driver.sync()
    assert driver.changes[f"pull:{late}"].first_review_at is None
    assert driver.changes[f"pull:{none}"].first_commit_at is None


def test_a_review_that_was_not_sent_yet_is_none(driver: Driver, repo: Repo) -> None:
    number = repo.add_pull(NOW - 3 * DAY, NOW - 2 * DAY, commits=[NOW - 4 * DAY])
    repo.add_review(number, "ben", None, "PENDING")
    repo.add_review(number, "", NOW - 2.5 * DAY)  # of an account that was deleted
    driver.sync()
    assert driver.changes[f"pull:{number}"].first_review_at == NOW - 2.5 * DAY
    assert driver.aside == {}


@pytest.mark.parametrize(
    ("facts", "key", "title"),
    [
        ({"title": 'Revert "Show the tax"', "body": "Reverts acme/shop#7"}, "pull:7", ""),
        ({"branch": "revert-12-hotfix/tax", "title": "Back to the old tax"}, "pull:12", ""),
        ({"title": 'Revert "Show the tax"'}, "", "Show the tax"),
        ({"title": "Do not revert the tax", "body": "This reverts nothing."}, "", ""),
    ],
)
def test_what_tells_a_revert(driver: Driver, repo: Repo, facts: dict[str, str], key: str, title: str) -> None:
    repo.add_pull(NOW - 2 * DAY, NOW - DAY, **facts)  # type: ignore[arg-type]
    driver.sync()
    [change] = driver.changes.values()
    assert (change.reverts, change.reverts_title) == (key, title)


def test_each_change_costs_two_requests_and_a_label_later_none(driver: Driver, repo: Repo) -> None:
    for number in range(5):
        repo.add_pull(NOW - DAY, NOW - number * HOUR, commits=[NOW - DAY])
    repo.add_pull(NOW - DAY, closed=NOW)
    assert driver.requests() == 1 + 1 + 5 * 2
    assert driver.requests() == 2  # 304s
    repo.touch_pull(3, NOW + HOUR, ["hotfix"])
    assert driver.requests() == 2
    assert driver.changes["pull:3"].labels == ("hotfix",)
    repo.add_pull(NOW, NOW + 2 * HOUR, commits=[NOW])
    assert driver.requests() == 2 + 2
    assert len(driver.changes) == 6


def test_an_old_change_that_is_touched_again_is_read_again(driver: Driver, repo: Repo) -> None:
    old = repo.add_pull(NOW - 90 * DAY, NOW - 80 * DAY, commits=[NOW - 91 * DAY])
    repo.add_pull(NOW - 2 * DAY, NOW - DAY)
    driver.sync()
    repo.touch_pull(old, NOW, ["hotfix"])
    assert driver.requests() == 2 + 2
    assert driver.changes[f"pull:{old}"].labels == ("hotfix",)


def test_files_are_read_where_a_service_is_a_part_of_the_repository(driver: Driver, repo: Repo) -> None:
    repo.add_pull(NOW - DAY, NOW, commits=[NOW - DAY], files=["shop/api.py", "README.md"])
    driver.options = dataclasses.replace(QUIET, files=True)
    assert driver.requests() == 2 + 3
    assert driver.changes["pull:1"].files == ("shop/api.py", "README.md")


def test_a_token_that_may_not_read_pull_requests_reads_everything_else(driver: Driver, repo: Repo) -> None:
    repo.deploy(NOW - DAY)
    repo.add_pull(NOW - 2 * DAY, NOW - DAY)
    driver.fake.forbid("pulls", "compare")
    sha = repo.deployments[0]["sha"]
    driver.pairs = [(sha, sha)]
    assert driver.sync() is None
    assert (len(driver.deployments), driver.changes, driver.compared) == (1, {}, {})
    refused = {page.stream: page.refused for page in driver.pages if page.refused}
    assert refused == {"changes": "missing_scope", "comparisons": "missing_scope"}
    driver.fake.forbidden.clear()
    assert driver.sync() is None
    assert len(driver.changes) == 1
    assert len(driver.compared) == 1


def test_an_object_without_its_instants_is_set_aside_and_right_the_next_time(driver: Driver, repo: Repo) -> None:
    for number in range(3):
        repo.add_pull(NOW - 3 * DAY, NOW - number * HOUR, commits=[NOW - 4 * DAY], reviews=[("ben", NOW - 2 * DAY)])
    repo.add_pull(NOW - 3 * DAY, closed=NOW)
    driver.sync()
    right = truth(repo, driver)
    assert driver.final == right
    for number in range(1, 10):
        again = dataclasses.replace(driver, rows={}, aside={}, state={}, pages=[])
        driver.fake.forget()
        driver.fake.faults[number] = "nulls"
        again.sync()
        assert len(again.aside) <= 1
        again.sync()
        assert again.final == right, number


# -- Comparisons ---------------------------------------------------------------------------------------------------------


def history(repo: Repo, count: int) -> list[str]:
    return [repo.commit(NOW - count * DAY + number * HOUR) for number in range(count)]


def test_what_lies_between_two_commits(driver: Driver, repo: Repo) -> None:
    base = repo.commit(NOW - 5 * DAY)
    repo.add_pull(NOW - 4 * DAY, NOW - 3 * DAY, commits=[NOW - 4 * DAY] * 2, files=["a.py"])
    driver.pairs = [(base, repo.head), (repo.head, base), (base, base)]
    driver.sync()
    ahead, behind, same = (driver.compared[pair] for pair in driver.pairs)
    assert ahead.shas == (*repo.pull_commits[1], repo.head)
    assert (ahead.key, ahead.reason, ahead.files) == (f"compare:{base}...{repo.head}", "", ("a.py",))
    assert behind.shas == same.shas == ()
    assert driver.requests() == 2, "what was answered is not asked again"


def test_a_comparison_of_many_pages_and_one_that_is_too_large(
    driver: Driver, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = history(repo, 251)
    driver.pairs = [(commits[0], commits[-1])]
    assert driver.requests() == 2 + 3
    assert driver.compared[driver.pairs[0]].shas == tuple(commits[1:])
    monkeypatch.setattr(compare, "MOST_COMMITS", 200)
    driver.pairs.append((commits[0], commits[-2]))
    assert driver.requests() == 2 + 1
    assert driver.compared[driver.pairs[1]].shas is None
    assert driver.compared[driver.pairs[1]].reason == "too_large"


def test_what_the_host_does_not_know_cannot_be_compared(driver: Driver, repo: Repo) -> None:
    sha = repo.commit(NOW)
    driver.pairs = [("f" * 40, sha), ("main", sha), (sha, "")]
    assert driver.requests() == 2 + 1, "what is no hash is not asked"
    assert {row.reason for row in driver.compared.values()} == {"not_found"}
    assert len(driver.compared) == 3


def test_a_host_that_fails_over_one_comparison_again_and_again(driver: Driver, repo: Repo) -> None:
    commits = history(repo, 3)
    driver.pairs = [(commits[0], commits[1]), (commits[1], commits[2])]
    for attempt in range(2):
        driver.fake.forget()
        driver.fake.faults.update(dict.fromkeys((3, 4, 5), "500"))
        error = driver.sync()
        assert error is not None, attempt
        assert error.code == "server_error"
        assert driver.compared == {}
    driver.fake.forget()
    driver.fake.faults.update(dict.fromkeys((3, 4, 5), "500"))
    assert driver.sync() is None
    assert [driver.compared[pair].reason for pair in driver.pairs] == ["server_error", ""]


@pytest.mark.usefixtures("_small")
def test_killed_after_any_page_comparisons_are_asked_once(driver: Driver, repo: Repo) -> None:
    commits = history(repo, 9)
    repo.add_pull(NOW - 4 * DAY, NOW - 3 * DAY, commits=[NOW - 4 * DAY])
    pairs = list(itertools.pairwise(commits))
    driver.pairs = pairs[::-1]
    driver.sync()
    right, pages = dict(driver.compared), len(driver.pages)
    assert len(right) == 8
    for stop in range(pages):
        again = dataclasses.replace(driver, rows={}, aside={}, state={}, pages=[])
        again.sync(stop_after=stop)
        again.sync()
        assert again.compared == right, stop


def test_without_deployments_nothing_is_asked(driver: Driver, repo: Repo) -> None:
    repo.add_pull(NOW - DAY, NOW)
    driver.options = dataclasses.replace(QUIET, deployments=DeploymentSource.NONE)
    driver.pairs = [(repo.head, repo.head)]
    assert driver.requests() == 0


# -- What is left, and what is gone --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_small")
def test_each_page_tells_about_how_many_requests_are_left(driver: Driver, repo: Repo) -> None:
    for number in range(23):
        repo.deploy(NOW - number * DAY, "staging")
    driver.fake.forget()
    told: list[tuple[int, int]] = []
    while True:
        driver.sync(stop_after=1 if not driver.state else len(driver.pages) + 1)
        page = driver.pages[-1]
        if page.stream == "deployments" and page.left is not None:
            told.append((len(driver.fake.seen), page.left))
        if page.stream == "changes":
            break
    assert told[-1][1] > 10
    driver.sync()
    done = [page.left for page in driver.pages if page.stream == "deployments" and page.left is not None]
    assert done[-1] == 0
    assert done == sorted(done, reverse=True)


@pytest.mark.usefixtures("_small")
def test_a_deployment_that_the_host_has_no_more_is_told(driver: Driver, repo: Repo) -> None:
    ids = [repo.deploy(NOW - number * 5 * HOUR) for number in range(12, 0, -1)]
    driver.sync()
    repo.delete_deployment(ids[3])
    repo.deploy(NOW)
    driver.sync()
    assert {key: each.reason for key, each in driver.aside.items()} == {f"deployment:{ids[3]}": "gone"}
    driver.aside.clear()
    repo.deploy(NOW + HOUR)
    driver.sync()
    assert driver.aside == {}, "told once"


@pytest.mark.usefixtures("_small")
def test_a_run_that_the_host_has_no_more_is_told(fake: FakeGitHub, repo: Repo) -> None:
    ids = [repo.add_run(NOW - number * 5 * HOUR) for number in range(12, 0, -1)]
    options = dataclasses.replace(QUIET, deployments=DeploymentSource.RUNS, workflows=(str(repo.workflows["Deploy"]),))
    driver = Driver(fake, options, NOW)
    driver.sync()
    repo.runs = [row for row in repo.runs if row["id"] != ids[5]]
    driver.sync()
    assert {key: each.reason for key, each in driver.aside.items()} == {f"run:{ids[5]}": "gone"}
    driver.aside.clear()
    repo.add_run(NOW)
    driver.sync()
    assert driver.aside == {}


def test_old_runs_that_the_host_forgot_are_not_asked_about(fake: FakeGitHub, repo: Repo) -> None:
    """A host keeps runs for some months: what it lets go of did happen."""
    repo.add_run(datetime(2026, 3, 1, tzinfo=UTC))
    options = dataclasses.replace(QUIET, deployments=DeploymentSource.RUNS, workflows=(str(repo.workflows["Deploy"]),))
    driver = Driver(fake, options, NOW)
    driver.sync()
    repo.runs.clear()
    repo.add_run(NOW)
    driver.sync()
    assert len(driver.deployments) == 2
    assert driver.aside == {}
