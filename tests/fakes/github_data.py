"""The repositories behind the fake GitHub: made-up objects in GitHub's shapes, and the ways to change them.

All instants are aware; an instant of None is kept as null, which no real host sends for these fields.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Any

from tests.fakes.github_git import History
from tests.fakes.github_shapes import Row, Shapes, stamp


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Repo(History):
    """One repository. Every method may be called while the server answers."""

    def __init__(self, world: World, ident: int, full_name: str) -> None:
        super().__init__()
        self.world, self.id, self.full_name = world, ident, full_name
        self.former: list[str] = []
        self.default_branch = "main"
        self.issues_enabled = True
        self.listed = True  # whether the token sees it among its own
        self.deployments: list[Row] = []
        self.statuses: dict[int, list[Row]] = {}
        self.runs: list[Row] = []
        self.issues: list[Row] = []
        self.workflows: dict[str, int] = {}
        self.labels: dict[str, None] = {}

    # -- Deployments

    def add_deployment(
        self,
        created: datetime | None,
        environment: str = "production",
        states: Iterable[tuple[str, datetime | None]] = (),
        *,
        production: bool = False,
        ref: str = "main",
        sha: str = "",
    ) -> int:
        """A deployment with statuses, oldest first; its id. Without `sha` of what the main branch ends with, if anything."""
        with self.world.lock:
            ident = next(self.world.ids)
            self.statuses[ident] = []
            self.deployments.append(
                {
                    "id": ident,
                    "node_id": f"DE_{ident}",
                    "url": f"{{base}}/repos/{self.full_name}/deployments/{ident}",
                    "sha": sha or self.head or sha1(str(ident).encode()).hexdigest(),
                    "ref": ref,
                    "task": "deploy",
                    "payload": {},
                    "original_environment": environment,
                    "environment": environment,
                    "description": None,
                    "creator": None,
                    "created_at": stamp(created),
                    "updated_at": stamp(created),
                    "statuses_url": f"{{base}}/repos/{self.full_name}/deployments/{ident}/statuses",
                    "repository_url": f"{{base}}/repos/{self.full_name}",
                    "transient_environment": False,
                    "production_environment": production,
                }
            )
        for state, at in states:
            self.add_status(ident, state, at)
        return ident

    def add_status(self, deployment: int, state: str, at: datetime | None) -> None:
        with self.world.lock:
            ident = next(self.world.ids)
            self.statuses[deployment].append(
                {
                    "id": ident,
                    "state": state,
                    "description": "",
                    "environment": self._row(self.deployments, deployment)["environment"],
                    "target_url": "",
                    "created_at": stamp(at),
                    "updated_at": stamp(at),
                    "deployment_url": f"{{base}}/repos/{self.full_name}/deployments/{deployment}",
                    "environment_url": "",
                    "log_url": "",
                }
            )
            if at:
                self._row(self.deployments, deployment)["updated_at"] = stamp(at)

    def deploy(
        self,
        created: datetime,
        environment: str = "production",
        *,
        minutes: float = 5,
        state: str = "success",
        sha: str = "",
    ) -> int:
        """A deployment that went its usual way and ended after `minutes`; the one before it becomes inactive."""
        end = created + timedelta(minutes=minutes)
        before = [
            row["id"]
            for row in self.deployments
            if row["environment"] == environment and self._state(row["id"]) == "success"
        ]
        states = [("queued", created), ("in_progress", created + timedelta(seconds=5)), (state, end)]
        ident = self.add_deployment(created, environment, states, production=environment == "production", sha=sha)
        if state == "success":
            for old in before:
                self.add_status(old, "inactive", end)
        return ident

    def _state(self, deployment: int) -> str:
        rows = self.statuses[deployment]
        return rows[-1]["state"] if rows else ""

    def delete_deployment(self, deployment: int) -> None:
        with self.world.lock:
            self.deployments = [row for row in self.deployments if row["id"] != deployment]
            self.statuses.pop(deployment)

    # -- Runs

    def add_run(
        self,
        created: datetime | None,
        workflow: str = "Deploy",
        *,
        conclusion: str | None = "success",
        status: str = "completed",
        minutes: float = 6,
        branch: str = "main",
        event: str = "push",
        sha: str = "",
    ) -> int:
        """A workflow run; its id. Without an end give `conclusion=None, status="in_progress"`."""
        with self.world.lock:
            ident = next(self.world.ids)
            workflow_id = self.add_workflow(workflow)
            ended = created + timedelta(minutes=minutes) if created else None
            self.runs.append(
                {
                    "id": ident,
                    "name": workflow,
                    "node_id": f"WFR_{ident}",
                    "head_branch": branch,
                    "head_sha": sha or self.head or sha1(str(ident).encode()).hexdigest(),
                    "path": f".github/workflows/{workflow.lower().replace(' ', '-')}.yml",
                    "display_title": f"Change number {ident}",
                    "run_number": len(self.runs) + 1,
                    "run_attempt": 1,
                    "event": event,
                    "status": status,
                    "conclusion": conclusion,
                    "workflow_id": workflow_id,
                    "url": f"{{base}}/repos/{self.full_name}/actions/runs/{ident}",
                    "html_url": f"{{web}}/{self.full_name}/actions/runs/{ident}",
                    "pull_requests": [],
                    "created_at": stamp(created),
                    "run_started_at": stamp(created),
                    "updated_at": stamp(ended if status == "completed" else created),
                }
            )
            return ident

    def add_workflow(self, name: str) -> int:
        with self.world.lock:
            if name not in self.workflows:
                self.workflows[name] = next(self.world.ids)
            return self.workflows[name]

    def finish_run(self, run: int, at: datetime, conclusion: str = "success") -> None:
        self.change_run(run, status="completed", conclusion=conclusion, updated_at=stamp(at))

    def run_again(self, run: int, started: datetime) -> None:
        """The same run with a higher attempt, in progress."""
        row = self._row(self.runs, run)
        self.change_run(
            run,
            run_attempt=row["run_attempt"] + 1,
            status="in_progress",
            conclusion=None,
            run_started_at=stamp(started),
            updated_at=stamp(started),
        )

    def change_run(self, run: int, **fields: Any) -> None:
        with self.world.lock:
            self._row(self.runs, run).update(fields)

    # -- Issues

    def add_issue(
        self,
        created: datetime | None,
        title: str = "Something is wrong",
        labels: Iterable[str] = ("incident",),
        *,
        closed: datetime | None = None,
        pull_request: bool = False,
    ) -> int:
        """An issue or pull request; its number."""
        with self.world.lock:
            number = len(self.issues) + 1
            names = list(labels)
            self.labels.update(dict.fromkeys(names))
            row: Row = {
                "id": next(self.world.ids),
                "number": number,
                "title": title,
                "url": f"{{base}}/repos/{self.full_name}/issues/{number}",
                "html_url": f"{{web}}/{self.full_name}/{'pull' if pull_request else 'issues'}/{number}",
                "state": "closed" if closed else "open",
                "state_reason": "completed" if closed else None,
                "labels": [{"id": 1, "name": name, "color": "ededed", "default": False} for name in names],
                "user": None,
                "comments": 0,
                "created_at": stamp(created),
                "updated_at": stamp(closed or created),
                "closed_at": stamp(closed),
            }
            if pull_request:
                page = f"{{web}}/{self.full_name}/pull/{number}"
                row["pull_request"] = {
                    "url": f"{{base}}/repos/{self.full_name}/pulls/{number}",
                    "html_url": page,
                    "diff_url": f"{page}.diff",
                    "patch_url": f"{page}.patch",
                }
            self.issues.append(row)
            return number

    def close_issue(self, number: int, at: datetime) -> None:
        self._touch(number, at, state="closed", state_reason="completed", closed_at=stamp(at))

    def reopen_issue(self, number: int, at: datetime) -> None:
        self._touch(number, at, state="open", state_reason="reopened", closed_at=None)

    def label_issue(self, number: int, labels: Iterable[str], at: datetime) -> None:
        names = list(labels)
        self.labels.update(dict.fromkeys(names))
        self._touch(number, at, labels=[{"id": 1, "name": name} for name in names])

    def comment_on_issue(self, number: int, at: datetime) -> None:
        self._touch(number, at, comments=1)

    def _touch(self, number: int, at: datetime, **fields: Any) -> None:
        with self.world.lock:
            self.issues[number - 1].update(fields, updated_at=stamp(at))

    # -- The repository

    def rename(self, full_name: str) -> None:
        """The old name answers 301 from now on, as long as nobody takes it."""
        with self.world.lock:
            self.former.append(self.full_name)
            self.full_name = full_name

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.full_name, self.id)

    def object(self) -> Row:
        return {**self.shapes.short(), "default_branch": self.default_branch, "has_issues": self.issues_enabled}

    @staticmethod
    def _row(rows: list[Row], ident: int) -> Row:
        return next(row for row in rows if row["id"] == ident)


class World:
    """All repositories of a fake host. Ids are given in order, so the same script makes the same world."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.ids = itertools.count(1001)
        self.repos: list[Repo] = []
        self.installation = False  # the token is that of an app's installation

    def add_repo(self, full_name: str) -> Repo:
        with self.lock:
            repo = Repo(self, next(self.ids), full_name)
            self.repos.append(repo)
            return repo

    def named(self, full_name: str) -> tuple[Repo | None, bool]:
        """(the repository, whether it has moved away from this name)."""
        wanted = full_name.lower()
        for repo in self.repos:
            if repo.full_name.lower() == wanted:
                return repo, False
        for repo in self.repos:
            if wanted in (name.lower() for name in repo.former):
                return repo, True
        return None, False

    def numbered(self, ident: int) -> Repo | None:
        return next((repo for repo in self.repos if repo.id == ident), None)
