"""Repositories that were worked in for a while, and what should be read of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.records import DeploymentSource, ReadOptions
from tests.connectors.conftest import NOW
from tests.connectors.driver import DEPLOYMENTS, Driver
from tests.fakes.github import FakeGitHub
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
    fill_pulls(repo)
    return Driver(fake, DEPLOYMENTS, NOW)


def fill_runs(fake: FakeGitHub, repo: Repo) -> Driver:
    """93 runs over 400 days, where a listing ends at 20; 40 of them on one day; one still in progress."""
    for number in range(52):
        repo.add_run(NOW - DAY * 8 * (50 - number) if number < 50 else NOW - DAY, "Deploy" if number % 2 else "Tests")
    for number in range(40):
        repo.add_run(NOW.replace(hour=1) - 30 * DAY + timedelta(minutes=20 * number), "Deploy")
    repo.add_run(NOW - timedelta(hours=1), "Deploy", conclusion=None, status="in_progress")
    fill_issues(repo)
    fill_pulls(repo)
    options = ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),), ("incident",))
    return Driver(fake, options, NOW)


def fill_issues(repo: Repo) -> None:
    for number in range(16):
        began = NOW - (40 - number) * DAY
        closed = began + timedelta(hours=number + 1) if number % 6 else None
        repo.add_issue(began, f"Broken {number}", ["Incident"], closed=closed, pull_request=number % 6 == 5)
    repo.add_issue(NOW - DAY, "Something else", ["bug"])


def fill_pulls(repo: Repo) -> None:
    """7 merged changes, two that were given up and one that is open (2 pages of 5 that are closed)."""
    for number in range(9):
        opened = NOW - (30 - number) * DAY
        ended = {"closed" if number % 4 == 3 else "merged": opened + timedelta(hours=20)}
        repo.add_pull(
            opened,
            commits=[opened - timedelta(hours=6), opened - timedelta(hours=number)],
            reviews=[("ada", opened + timedelta(hours=1)), ("ben", opened + timedelta(hours=number + 2))],
            labels=["hotfix"] if number == 4 else [],
            title=f"Change {number}",
            **ended,
        )
    repo.add_pull(NOW - DAY, commits=[NOW - DAY])


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
    if driver.options.deployments is not DeploymentSource.NONE:
        for row in repo.pulls:
            if row["merged_at"]:
                reviews = [each for each in repo.reviews[row["number"]] if each["user"]["login"] != "ada"]
                found[f"pull:{row['number']}"] = (
                    row["title"],
                    row["merge_commit_sha"],
                    min(when(repo.commits[sha]["at"]) for sha in repo.pull_commits[row["number"]]),
                    when(row["created_at"]),
                    min((when(each["submitted_at"]) for each in reviews), default=None),
                    when(row["merged_at"]),
                    tuple(label["name"] for label in row["labels"]),
                )
    wanted = {label.lower() for label in driver.options.incident_labels}
    for row in repo.issues:
        if "pull_request" not in row and wanted & {label["name"].lower() for label in row["labels"]}:
            closed = when(row["closed_at"]) if row["closed_at"] else None
            found[f"issue:{row['number']}"] = (row["title"], when(row["created_at"]), closed)
    return found


def statuses_read_twice(fake: FakeGitHub, driver: Driver) -> set[str]:
    """Paths of statuses that were answered more than once although the deployment had ended."""
    running = {f"/repos/acme/shop/deployments/{key.partition(':')[2]}/statuses" for key in driver.again}
    counts: dict[str, int] = {}
    for seen in fake.seen:
        if seen.path.endswith("/statuses") and seen.status == 200 and "page" not in seen.query:
            counts[seen.path] = counts.get(seen.path, 0) + 1
    return {path for path, count in counts.items() if count > 1} - running


SOURCES = [pytest.param(fill_deployments, id="deployments"), pytest.param(fill_runs, id="runs")]
