"""What the fake GitHub answers to a path and a query: filters, order, paging. No network in here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.fakes.github_data import Repo, Row, World, when

CAP = 1000  # a filtered list of runs ends there, while total_count goes on
PERMISSIONS = {
    "deployments": "deployments=read",
    "actions": "actions=read",
    "issues": "issues=read",
    "pulls": "pull_requests=read",
    "compare": "contents=read",
}


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


Handlers = dict[str, Callable[[], Answer]]


class Refusal(Exception):
    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = Answer(
            status, {"message": message, "documentation_url": "", "status": str(status)}, headers or {}
        )


class Answers:
    def __init__(self, world: World, forbidden: set[str]) -> None:
        self.world, self.forbidden = world, forbidden

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """`path` without the prefix of an Enterprise server. Addresses in it hold {base} and {web}."""
        parts = [part for part in path.split("/") if part]
        with self.world.lock:
            if parts[:1] == ["repos"] and len(parts) >= 3:
                repo, moved = self.world.named("/".join(parts[1:3]))
                rest = parts[3:]
                if repo and moved:
                    return moved_to(repo, rest, query)
            elif parts[:1] == ["repositories"] and len(parts) >= 2 and parts[1].isdigit():
                repo, rest = self.world.numbered(int(parts[1])), parts[2:]
            elif parts in (["user", "repos"], ["installation", "repositories"]):
                return self._listing(parts[0], query, path)
            else:
                repo, rest = None, []
            if repo is None:
                raise Refusal(404, "Not Found")
            return self._below(repo, rest, query, path)

    def _listing(self, of: str, query: dict[str, str], path: str) -> Answer:
        """The repositories that the token sees: a person's, or those of an installation, which is no person."""
        if (of == "installation") != self.world.installation:
            who = "integration" if self.world.installation else "personal access token"
            raise Refusal(403, f"Resource not accessible by {who}")
        rows = [repo.object() for repo in self.world.repos if repo.listed]
        if query.get("sort") == "full_name":
            rows.sort(key=lambda row: row["full_name"])
        return listed(rows, query, path, "repositories" if of == "installation" else "")

    def _below(self, repo: Repo, rest: list[str], query: dict[str, str], path: str) -> Answer:
        if not rest:
            return Answer(200, repo.object())
        if rest[0] in self.forbidden:
            accepted = {"X-Accepted-GitHub-Permissions": PERMISSIONS.get(rest[0], "metadata=read")}
            raise Refusal(403, "Resource not accessible by personal access token", accepted)
        shape = "/".join("#" if part.isdigit() else part for part in rest)
        number = next((int(part) for part in rest if part.isdigit()), 0)
        if rest[0] == "compare" and len(rest) == 2:
            return self._comparison(repo, rest[1], query, path)
        handlers = {**self._builds(repo, number, query, path), **self._work(repo, number, query, path)}
        if shape not in handlers:
            raise Refusal(404, "Not Found")
        if rest[0] == "issues" and not repo.issues_enabled:
            raise Refusal(410, "Issues has been disabled in this repository.")
        return handlers[shape]()

    def _builds(self, repo: Repo, number: int, query: dict[str, str], path: str) -> Handlers:
        of = repo.shapes
        return {
            "deployments": lambda: listed(newest(self._deployments(repo, query)), query, path, each=of.deployment),
            "deployments/#": lambda: one(repo.deployments, "id", number, of.deployment),
            "deployments/#/statuses": lambda: self._statuses(repo, number, query, path),
            "actions/runs": lambda: self._runs(repo, query, path),
            "actions/runs/#": lambda: one(repo.runs, "id", number, of.run),
            "actions/workflows": lambda: listed(self._workflows(repo), query, path, "workflows", each=of.workflow),
        }

    def _work(self, repo: Repo, number: int, query: dict[str, str], path: str) -> Handlers:
        of = repo.shapes
        return {
            "issues": lambda: self._issues(repo, query, path),
            "issues/#": lambda: one(repo.issues, "number", number, of.issue),
            "labels": lambda: listed([{"name": name} for name in repo.labels], query, path, each=of.label),
            "pulls": lambda: self._pulls(repo, query, path),
            "pulls/#": lambda: one(repo.pulls, "number", number, of.whole_pull),
            "pulls/#/commits": lambda: self._of_pull(
                repo, number, [repo.commits[sha] for sha in repo.pull_commits.get(number, ())], query, path, of.commit
            ),
            "pulls/#/reviews": lambda: self._of_pull(
                repo, number, repo.reviews.get(number, []), query, path, lambda row: of.review(row, number)
            ),
            "pulls/#/files": lambda: self._of_pull(
                repo, number, [{"name": name} for name in repo.files.get(number, ())], query, path,
                lambda row: of.file(row["name"]),
            ),
        }  # fmt: skip

    def _pulls(self, repo: Repo, query: dict[str, str], path: str) -> Answer:
        state, column = query.get("state", "open"), "updated_at" if query.get("sort") == "updated" else "created_at"
        down = query.get("direction", "desc" if column == "created_at" else "asc") == "desc"
        rows = [row for row in repo.pulls if state in ("all", row["state"])]
        rows.sort(key=lambda row: (row[column] or "9", row["number"]), reverse=down)
        return listed(rows, query, path, each=repo.shapes.pull)

    def _of_pull(
        self, repo: Repo, number: int, rows: list[Row], query: dict[str, str], path: str, each: Callable[[Row], Row]
    ) -> Answer:
        one(repo.pulls, "number", number)
        return listed(rows, query, path, each=each)

    def _comparison(self, repo: Repo, ends: str, query: dict[str, str], path: str) -> Answer:
        base, _, head = ends.partition("...")
        if base not in repo.commits or head not in repo.commits:
            raise Refusal(404, "Not Found")
        found = repo.between(base, head)
        shared = [sha for sha in repo.commits if sha in repo.reach(base) & repo.reach(head)]
        if not shared:
            raise Refusal(404, "No common ancestor between the two")
        page = listed([repo.commits[sha] for sha in found], {"per_page": "250", **query}, path)
        whole = repo.shapes.comparison(
            repo.commits[base], repo.commits[head], repo.commits[shared[-1]], page.body, self._files(repo, found, query)
        )
        return Answer(200, {**whole, "ahead_by": len(found), "total_commits": len(found)}, page.headers)

    def _files(self, repo: Repo, shas: list[str], query: dict[str, str]) -> list[str]:
        """Only the first page tells them, at most 300."""
        if int(query.get("page", 1)) > 1:
            return []
        merged = [row["number"] for row in repo.pulls if row["merge_commit_sha"] in shas]
        return list(dict.fromkeys(name for number in merged for name in repo.files[number]))[:300]

    def _deployments(self, repo: Repo, query: dict[str, str]) -> list[Row]:
        wanted = {name: query[name] for name in ("environment", "ref", "sha", "task") if name in query}
        return [row for row in repo.deployments if all(row[name] == value for name, value in wanted.items())]

    def _statuses(self, repo: Repo, number: int, query: dict[str, str], path: str) -> Answer:
        one(repo.deployments, "id", number)
        return listed(repo.statuses[number][::-1], query, path, each=repo.shapes.status)

    def _workflows(self, repo: Repo) -> list[Row]:
        return [{"id": ident, "name": name, "state": "active"} for name, ident in repo.workflows.items()]

    def _runs(self, repo: Repo, query: dict[str, str], path: str) -> Answer:
        rows = newest(repo.runs)
        equal = {"branch": "head_branch", "event": "event", "head_sha": "head_sha"}
        for name, column in equal.items():
            if name in query:
                rows = [row for row in rows if row[column] == query[name]]
        if "status" in query:
            rows = [row for row in rows if query["status"] in (row["status"], row["conclusion"])]
        if "created" in query:
            first, last = span(query["created"])
            rows = [row for row in rows if row["created_at"] and first <= when(row["created_at"]) <= last]
        filtered = {"created", "status", *equal} & set(query)
        return listed(rows, query, path, "workflow_runs", CAP if filtered else None, each=repo.shapes.run)

    def _issues(self, repo: Repo, query: dict[str, str], path: str) -> Answer:
        state = query.get("state", "open")
        wanted = {name.strip().lower() for name in query.get("labels", "").split(",") if name.strip()}
        rows = [
            row
            for row in repo.issues
            if state in ("all", row["state"]) and wanted <= {label["name"].lower() for label in row["labels"]}
        ]
        if "since" in query:
            rows = [row for row in rows if row["updated_at"] and when(row["updated_at"]) >= when(query["since"])]
        column = "updated_at" if query.get("sort") == "updated" else "created_at"
        rows.sort(
            key=lambda row: (row[column] or "", row["number"] or 0), reverse=query.get("direction", "desc") == "desc"
        )
        return listed(rows, query, path, each=repo.shapes.issue)


def moved_to(repo: Repo, rest: list[str], query: dict[str, str]) -> Answer:
    target = "/".join(["{base}/repositories", str(repo.id), *rest]) + (f"?{urlencode(query)}" if query else "")
    return Answer(301, {"message": "Moved Permanently", "url": target}, {"Location": target})


def newest(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["created_at"] or "9", row["id"]), reverse=True)


def one(rows: list[Row], column: str, wanted: int, each: Callable[[Row], Row] = dict) -> Answer:
    for row in rows:
        if row[column] == wanted:
            return Answer(200, each(row))
    raise Refusal(404, "Not Found")


def listed(
    rows: list[Row],
    query: dict[str, str],
    path: str,
    wrap: str = "",
    cap: int | None = None,
    each: Callable[[Row], Row] = dict,
) -> Answer:
    """One page with GitHub's Link header."""
    size = min(int(query.get("per_page", 30)), 100)
    page = max(int(query.get("page", 1)), 1)
    reachable = rows if cap is None else rows[:cap]
    last = max(1, math.ceil(len(reachable) / size))
    links = {}
    if page < last:
        links |= {"next": page + 1, "last": last}
    if page > 1:
        links |= {"prev": page - 1, "first": 1}
    header = ", ".join(
        f'<{{base}}{path}?{urlencode({**query, "page": number})}>; rel="{name}"' for name, number in links.items()
    )
    found = [each(row) for row in reachable[(page - 1) * size : page * size]]
    body = {"total_count": len(rows), wrap: found} if wrap else found
    return Answer(200, body, {"Link": header} if header else {})


def span(text: str) -> tuple[datetime, datetime]:
    """First and last instant of a qualifier such as >=2026-08-01, 2026-08-01..2026-08-31."""

    def edge(part: str, *, end: bool) -> datetime:
        try:
            at = datetime.fromisoformat(part)
        except ValueError:
            raise Refusal(422, "Validation Failed") from None
        if len(part) == 10:
            at = at.replace(tzinfo=UTC) + (timedelta(days=1, seconds=-1) if end else timedelta())
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    low, high = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    if ".." in text:
        first, last = text.split("..", 1)
        return (low if first == "*" else edge(first, end=False)), (high if last == "*" else edge(last, end=True))
    if text.startswith(">="):
        return edge(text[2:], end=False), high
    if text.startswith("<="):
        return low, edge(text[2:], end=True)
    return edge(text, end=False), edge(text, end=True)
