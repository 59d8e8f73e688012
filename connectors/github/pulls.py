"""A merged pull request as a change: its object, and what only its commits, reviews and files tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors import reverts
from connectors.github import parse
from connectors.github.reader import PER_PAGE, Reader
from connectors.records import ChangeRecord
from core.http import OutgoingError

MOST_FILES = 3000  # where GitHub's list of a pull request's files ends: one so long may be longer
# "Reverts acme/shop#12", as the button writes it; the branch is then called revert-12-…
_SAYS = re.compile(r"\breverts\s+(?:[\w.-]+/[\w.-]+)?#(\d+)", re.IGNORECASE)
_BRANCH = re.compile(r"revert-(\d+)-")

Details = dict[str, Any]  # what takes requests of its own, as JSON: first_commit, first_review, files


def is_merged(item: Any) -> bool:
    """A listing of closed pull requests also has those that were given up. Raises Unreadable."""
    if not isinstance(item, dict):
        raise parse.Unreadable("missing_value", "number")
    if not item.get("merged_at"):
        parse.instant(item.get("created_at"), "created_at")  # without it nothing is believed of this object
        return False
    return True


def details_of(reader: Reader, item: Mapping[str, Any]) -> Details:
    """Two requests, with files three. All of it is settled once the pull request is merged. Raises Unreadable."""
    number = parse.key_of("pull", item, "number").partition(":")[2]
    commits = _all(reader, f"pulls/{number}/commits")
    reviews = _all(reader, f"pulls/{number}/reviews")
    files = _all(reader, f"pulls/{number}/files") if reader.options.files else None
    return {
        "first_commit": _iso(min(_authored(commits), default=None)),
        "first_review": _iso(_first_review(item, reviews)),
        "files": parse.paths(files) if files is not None and len(files) < MOST_FILES else None,
    }


def _all(reader: Reader, rest: str) -> list[Any]:
    """Every object of a listing below a pull request; none where the host does not have it."""
    try:
        response = reader.get(rest, {"per_page": PER_PAGE})
        rows = reader.rows(response)
        while response.next_url:
            response = reader.client.get(response.next_url)
            rows = rows + reader.rows(response)
    except OutgoingError as error:
        if error.code in ("not_found", "gone"):
            return []
        raise
    return rows


def _authored(commits: Iterable[Any]) -> list[datetime]:
    found = []
    for row in commits:
        commit = row.get("commit") if isinstance(row, dict) else None
        author = commit.get("author") if isinstance(commit, dict) else None
        if isinstance(author, dict):
            found.append(parse.instant(author.get("date"), "commit.author.date"))
    return found


def _first_review(item: Mapping[str, Any], reviews: Iterable[Any]) -> datetime | None:
    """The first by another person before the merge. A program that comments has picked up nothing."""
    author, merged = _login(item.get("user")), parse.instant(item.get("merged_at"), "merged_at")
    found = []
    for row in reviews:
        if not isinstance(row, dict):
            continue
        user = row.get("user")
        is_program = isinstance(user, dict) and user.get("type") == "Bot"
        if row.get("state") == "PENDING" or is_program or (author and _login(user) == author):
            continue
        at = parse.instant(row.get("submitted_at"), "review.submitted_at")
        if at <= merged:
            found.append(at)
    return min(found, default=None)


def change_record(item: Mapping[str, Any], details: Details) -> ChangeRecord:
    """Raises Unreadable."""
    head, base = (_ref(item.get(name)) for name in ("head", "base"))
    files = details.get("files")
    key = parse.key_of("pull", item, "number")
    if key.endswith("?"):
        raise parse.Unreadable("missing_value", "number")
    taken_back = _reverts(item, head)
    return ChangeRecord(
        key=key,
        number=item["number"],
        title=parse.text(item.get("title"), 500),
        merged_at=parse.instant(item.get("merged_at"), "merged_at"),
        opened_at=parse.instant(item.get("created_at"), "created_at"),
        merge_sha=parse.text(item.get("merge_commit_sha"), 64),
        first_commit_at=parse.maybe_instant(details.get("first_commit")),
        first_review_at=parse.maybe_instant(details.get("first_review")),
        author=_login(item.get("user")),
        branch=head,
        target=base,
        labels=parse.names(item.get("labels")),
        url=parse.web_address(item.get("html_url")),
        reverts=taken_back,
        reverts_title="" if taken_back else reverts.quoted(parse.text(item.get("title"), 500)),
        files=tuple(files) if files is not None else None,
    )


def _reverts(item: Mapping[str, Any], branch: str) -> str:
    """The key of the pull request that this one takes back, where it names one."""
    body = item.get("body")
    said = _SAYS.search(body[:10_000]) if isinstance(body, str) else None
    named = said or _BRANCH.match(branch)
    return f"pull:{int(named[1])}" if named else ""


def _login(user: Any) -> str:
    return parse.text(user.get("login")) if isinstance(user, dict) else ""


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _ref(end: Any) -> str:
    """The name of the branch at one end of a pull request."""
    return parse.text(end.get("ref")) if isinstance(end, dict) else ""
