"""The world moves on between and during syncs that are killed, refused and disturbed: the rows come right in the end."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from connectors.records import DeploymentSource, ReadOptions
from tests.connectors.conftest import NOW
from tests.connectors.driver import Driver
from tests.connectors.github_world import DAY, truth
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo, when

FAULTS = ["500", "drop", "garbage", "moved", "secondary", "primary", "401", "nulls"]


class Story:
    """Some weeks in the life of a repository."""

    def __init__(self, fake: FakeGitHub, repo: Repo, source: DeploymentSource, seed: int) -> None:
        self.fake, self.repo, self.dice = fake, repo, random.Random(seed)
        self.now = NOW - 60 * DAY
        self.running: list[int] = []
        self.source = source
        repo.add_workflow("Deploy")
        for _ in range(self.dice.randrange(40)):
            self.live()
        workflows = (str(repo.workflows["Deploy"]),)
        options = ReadOptions(source, workflows, ("incident", "Outage"))
        self.driver = Driver(fake, options, self.now)

    def live(self) -> None:
        """One thing happens."""
        self.now += timedelta(minutes=self.dice.choice([1, 5, 30, 300, 900]))
        happenings = [self.begin, self.begin, self.end, self.end, self.incident, self.issue, self.issue, self.again]
        self.dice.choice(happenings)()

    def begin(self) -> None:
        if self.source is DeploymentSource.RUNS:
            name = self.dice.choice(["Deploy", "Deploy", "Tests"])
            self.running.append(self.repo.add_run(self.now, name, conclusion=None, status="in_progress"))
        else:
            name = self.dice.choice(["production", "staging"])
            self.running.append(self.repo.add_deployment(self.now, name, [("in_progress", self.now)]))

    def end(self) -> None:
        if not self.running:
            return
        ident = self.running.pop(self.dice.randrange(len(self.running)))
        state = self.dice.choice(["success", "success", "failure"])
        if self.source is DeploymentSource.RUNS:
            self.repo.finish_run(ident, self.now, state)
        else:
            self.repo.add_status(ident, state, self.now)

    def again(self) -> None:
        """A run is run again; a deployment is superseded, or deleted."""
        if self.source is DeploymentSource.RUNS:
            young = [row for row in self.repo.runs if when(row["created_at"]) > self.now - 2 * DAY]
            ended = [row["id"] for row in young if row["status"] == "completed"]
            if ended:
                self.running.append(self.dice.choice(ended))
                self.repo.run_again(self.running[-1], self.now)
            return
        ended = [ident for ident, rows in self.repo.statuses.items() if rows[-1]["state"] == "success"]
        if not ended:
            return
        ident = self.dice.choice(ended)
        if self.dice.random() < 0.5:
            self.repo.add_status(ident, "inactive", self.now)
        else:
            self.repo.delete_deployment(ident)

    def incident(self) -> None:
        label = self.dice.choice(["incident", "Incident", "outage", "bug"])
        self.repo.add_issue(self.now, "Broken", [label], pull_request=self.dice.random() < 0.2)

    def issue(self) -> None:
        if not self.repo.issues:
            return
        number = self.dice.randrange(len(self.repo.issues)) + 1
        changes: list[Any] = [self.repo.close_issue, self.repo.reopen_issue, self.repo.comment_on_issue]
        self.dice.choice(changes)(number, self.now)

    def sync(self) -> None:
        """Undisturbed, killed, or with a fault; and the world moves on while it is under way."""
        self.fake.forget()
        self.driver.now = self.now
        kind = self.dice.random()
        if kind < 0.3:
            self.fake.faults[self.dice.randrange(1, 15)] = self.dice.choice(FAULTS)
        self.driver.sync(stop_after=self.dice.randrange(12) if kind > 0.7 else None)

    def check(self) -> None:
        self.fake.forget()
        self.driver.now = self.now
        for _ in range(2):
            assert self.driver.sync() is None
        # What was run again below the first page of the newest window is met at the latest when that window moves on.
        # That holds for runs of three days; a run that is run again later is not noticed.
        self.driver.now = self.now + 12 * DAY
        assert self.driver.sync() is None
        wanted = truth(self.repo, self.driver)
        assert {key: row for key, row in self.driver.final.items() if key in wanted} == wanted


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("source", [DeploymentSource.DEPLOYMENTS, DeploymentSource.RUNS])
@pytest.mark.usefixtures("_small")
def test_whatever_happens_the_rows_come_right(
    source: DeploymentSource, seed: int, fake: FakeGitHub, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(fake, repo, source, seed)
    answer = fake.answers.answer
    alive = True

    def answering(path: str, query: dict[str, str]) -> Any:
        if alive and story.dice.random() < 0.15:
            story.live()
        return answer(path, query)

    monkeypatch.setattr(fake.answers, "answer", answering)
    for _ in range(12):
        for _ in range(story.dice.randrange(5)):
            story.live()
        story.sync()
    alive = False
    story.check()
