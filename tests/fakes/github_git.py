"""The fake GitHub's commits and pull requests: a history that two deployments can be compared in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha1
from typing import TYPE_CHECKING, Any

from tests.fakes.github_shapes import Row, ref, stamp, user

if TYPE_CHECKING:
    from tests.fakes.github_data import World

Review = tuple[str, datetime | None]  # who, when; a login that ends in "[bot]" is a program's


class History:
    """What a repository knows of git. Its main branch is a line of commits, into which pull requests are merged."""

    world: World
    full_name: str
    issues: list[Row]

    def __init__(self) -> None:
        self.commits: dict[str, Row] = {}  # by hash, oldest first
        self.head = ""  # of the main branch
        self.pulls: list[Row] = []
        self.pull_commits: dict[int, list[str]] = {}
        self.reviews: dict[int, list[Row]] = {}
        self.files: dict[int, list[str]] = {}

    if TYPE_CHECKING:  # the repository beside it has it: a pull request is an issue too

        def add_issue(self, created: datetime | None, title: str, labels: Iterable[str], **more: Any) -> int: ...

    # -- Commits

    def commit(self, at: datetime | None, author: str = "ada", *, parents: Sequence[str] | None = None) -> str:
        """A commit; without `parents` on the main branch. Its hash."""
        with self.world.lock:
            before = [self.head] if parents is None and self.head else list(parents or ())
            sha = sha1(f"{self.full_name}:{len(self.commits)}".encode()).hexdigest()
            self.commits[sha] = {"sha": sha, "at": stamp(at), "author": author, "parents": before}
            if parents is None:
                self.head = sha
            return sha

    def between(self, base: str, head: str) -> list[str]:
        """Commits of `head` that `base` does not have, oldest first. KeyError where one of them is not known."""
        behind = self.reach(base)
        return [sha for sha in self.commits if sha in self.reach(head) - behind]

    def reach(self, sha: str) -> set[str]:
        found: set[str] = set()
        left = [sha]
        while left:
            each = left.pop()
            if each not in found:
                found.add(each)
                left += self.commits[each]["parents"]
        return found

    # -- Pull requests

    def add_pull(
        self,
        opened: datetime | None,
        merged: datetime | None = None,
        *,
        author: str = "ada",
        commits: Iterable[datetime | None] = (),
        reviews: Iterable[Review] = (),
        labels: Iterable[str] = (),
        branch: str = "",
        title: str = "Change something",
        body: str = "",
        files: Iterable[str] = (),
        closed: datetime | None = None,
    ) -> int:
        """A pull request with the instants of its commits and reviews; its number. Merged, it is on the main branch."""
        with self.world.lock:
            names = list(labels)
            ended = merged or closed
            number = self.add_issue(opened, title, names, closed=ended, pull_request=True)
            tip, own = self.head, []
            for at in commits:
                tip = self.commit(at, author, parents=[tip] if tip else [])
                own.append(tip)
            merge = self._merge(merged, author, tip)
            self.pull_commits[number], self.files[number] = own, list(files)
            self.reviews[number] = []
            self.pulls.append(
                {
                    "id": next(self.world.ids),
                    "number": number,
                    "state": "closed" if ended else "open",
                    "title": title,
                    "body": body or None,
                    "user": user(author),
                    "labels": self.issues[number - 1]["labels"],
                    "created_at": stamp(opened),
                    "updated_at": stamp(ended or opened),
                    "closed_at": stamp(ended),
                    "merged_at": stamp(merged),
                    "merge_commit_sha": merge or None,
                    "head": ref(branch or f"change-{number}", tip),
                    "base": ref("main", self.head),
                }
            )
        for login, instant in reviews:
            self.add_review(number, login, instant)
        return number

    def _merge(self, merged: datetime | None, author: str, tip: str) -> str:
        if merged is None:
            return ""
        sha = self.commit(merged, author, parents=[each for each in dict.fromkeys((self.head, tip)) if each])
        self.head = sha
        return sha

    def add_review(self, number: int, login: str, at: datetime | None, state: str = "APPROVED") -> None:
        with self.world.lock:
            row: Row = {"id": next(self.world.ids), "state": state, "user": user(login)}
            if at is not None:  # one that was not sent yet has none
                row["submitted_at"] = stamp(at)
            self.reviews[number].append(row)

    def touch_pull(self, number: int, at: datetime, labels: Iterable[str] | None = None) -> None:
        """A comment, or other labels."""
        with self.world.lock:
            row = next(row for row in self.pulls if row["number"] == number)
            row["updated_at"] = self.issues[number - 1]["updated_at"] = stamp(at)
            if labels is not None:
                row["labels"] = self.issues[number - 1]["labels"] = [{"id": 1, "name": name} for name in labels]
