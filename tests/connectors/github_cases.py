"""The fake GitHub as `contract.Host`: once with the host's deployments, once with runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

import pytest

from connectors.records import DeploymentSource, ReadOptions
from tests.connectors.conftest import NOW
from tests.connectors.contract import Rows
from tests.connectors.driver import DEPLOYMENTS, Driver
from tests.connectors.github_small import small
from tests.connectors.github_world import DAY, Make, truth
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo


class GitHubCase:
    kind, repository, token, now = "github", "acme/shop", "secret", NOW
    listings, unfinished, each, page = 3, 1, 2, 5
    passing = ("500", "drop", "truncate", "garbage", "moved", "secondary", "secondary403", "busy")
    ending = ("primary", "401", "elsewhere")
    nulls, refusing, limiting = "nulls", "401", "primary"

    def __init__(self, fake: FakeGitHub, make: Make) -> None:
        self.fake, self.repo = fake, fake.add_repo(self.repository)
        self.driver: Driver = make(fake, self.repo)
        self.options = self.driver.options
        self.url, self.pasted = fake.url, f"{fake.url}/{self.repository}/"
        self.runs = self.options.deployments is DeploymentSource.RUNS

    def truth(self) -> Rows:
        return truth(self.repo, self.driver)

    def asked(self) -> int:
        return len(self.fake.seen)

    def forget(self) -> None:
        self.fake.forget()

    def fault(self, number: int, kind: str, url: str = "") -> None:
        self.fake.faults[number] = f"{kind}:{url}" if url else kind

    def allow(self, requests: int) -> None:
        self.fake.limit = requests
        self.fake.fresh_window()

    def deploy(self, at: datetime) -> str:
        began = at - timedelta(minutes=5)
        if self.runs:
            return f"run:{self.repo.add_run(began, minutes=5)}"
        return f"deployment:{self.repo.deploy(began, minutes=5)}"

    def finish(self, at: datetime) -> str:
        if self.runs:
            running = next(row["id"] for row in self.repo.runs if row["conclusion"] is None)
            self.repo.finish_run(running, at)
            return f"run:{running}"
        running = next(each for each, rows in self.repo.statuses.items() if rows[-1]["state"] == "in_progress")
        self.repo.add_status(running, "success", at)
        return f"deployment:{running}"

    def open_incident(self, at: datetime) -> str:
        return f"issue:{self.repo.add_issue(at)}"

    def close_incident(self, key: str, at: datetime) -> None:
        self.repo.close_issue(_number(key), at)

    def reopen_incident(self, key: str, at: datetime) -> None:
        self.repo.reopen_issue(_number(key), at)

    def break_deployment(self, key: str) -> None:
        self._say(key, "odd")

    def mend_deployment(self, key: str) -> None:
        self._say(key, "success")

    def _say(self, key: str, state: str) -> None:
        if self.runs:
            self.repo.change_run(_number(key), conclusion=state)
        else:
            self.repo.statuses[_number(key)][-1]["state"] = state

    def delete_deployment(self, key: str) -> None:
        if self.runs:
            self.repo.runs = [row for row in self.repo.runs if row["id"] != _number(key)]
        else:
            self.repo.delete_deployment(_number(key))

    def rename(self, name: str) -> None:
        self.repo.rename(name)

    def compare(self) -> tuple[tuple[str, str], tuple[str, ...]]:
        base = self.repo.commit(NOW)
        between = [self.repo.commit(NOW) for _ in range(7)]
        return (base, between[-1]), tuple(between)


def few_deployments(fake: FakeGitHub, repo: Repo) -> Driver:
    """11 deployments and one that runs (3 pages), 7 incidents and a pull request (2 pages), 4 changes among 6 (2 pages)."""
    for number in range(11):
        state = "failure" if number % 5 == 4 else "success"
        repo.deploy(NOW - (12 - number) * 2 * DAY, "production" if number % 3 else "staging", state=state)
    repo.add_deployment(NOW - timedelta(hours=1), "production", [("in_progress", NOW - timedelta(minutes=59))])
    _few_issues_and_pulls(repo)
    return Driver(fake, DEPLOYMENTS, NOW)


def few_runs(fake: FakeGitHub, repo: Repo) -> Driver:
    """10 runs over 80 days, and 22 on one day, where a listing ends at 20; one is still in progress."""
    for number in range(10):
        repo.add_run(NOW - DAY * 8 * (10 - number), "Deploy" if number % 3 else "Tests")
    for number in range(22):
        repo.add_run(NOW.replace(hour=1) - 30 * DAY + timedelta(minutes=20 * number), "Deploy")
    repo.add_run(NOW - timedelta(hours=1), "Deploy", conclusion=None, status="in_progress")
    _few_issues_and_pulls(repo)
    options = ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),), ("incident",))
    return Driver(fake, options, NOW)


def _few_issues_and_pulls(repo: Repo) -> None:
    for number in range(8):
        began = NOW - (40 - number) * DAY
        closed = began + timedelta(hours=number + 1) if number % 6 else None
        repo.add_issue(began, f"Broken {number}", ["Incident"], closed=closed, pull_request=number == 5)
    repo.add_issue(NOW - DAY, "Something else", ["bug"])
    for number in range(6):
        opened = NOW - (30 - number) * DAY
        ended = {"closed" if number % 3 == 2 else "merged": opened + timedelta(hours=20)}
        looked = [("ada", opened + timedelta(hours=1)), ("ben", opened + timedelta(hours=number + 2))]
        repo.add_pull(
            opened, commits=[opened - timedelta(hours=6), opened], reviews=looked, title=f"Change {number}", **ended
        )


def _number(key: str) -> int:
    return int(key.partition(":")[2])


@contextmanager
def _case(make: Make) -> Iterator[GitHubCase]:
    with FakeGitHub(token=GitHubCase.token) as fake, pytest.MonkeyPatch.context() as patch:
        small(patch)
        yield GitHubCase(fake, make)


def deployments() -> AbstractContextManager[GitHubCase]:
    return _case(few_deployments)


def runs() -> AbstractContextManager[GitHubCase]:
    return _case(few_runs)
