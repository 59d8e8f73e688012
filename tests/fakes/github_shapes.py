"""What GitHub's answers hold beside what the tests say: every field that its description calls required, made up.

`tests/fakes/github_schema.json` has the description's types and required marks for the paths that the portal asks, and a test
holds every answer of the fake against it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

Row = dict[str, Any]

_USER = (
    "followers_url", "gists_url", "organizations_url", "received_events_url", "repos_url", "subscriptions_url",
    "following_url", "events_url", "starred_url",
)  # fmt: skip


def stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def user(login: str) -> Row | None:
    """An account; None of one that was deleted."""
    if not login:
        return None
    number = int(sha1(login.encode()).hexdigest()[:7], 16)
    found: Row = {name: f"{{base}}/users/{login}/{name.removesuffix('_url')}" for name in _USER}
    found |= {
        "login": login,
        "id": number,
        "node_id": f"U_{number}",
        "avatar_url": f"{{web}}/avatars/{number}",
        "gravatar_id": "",
        "url": f"{{base}}/users/{login}",
        "html_url": f"{{web}}/{login}",
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
    }
    return found


def ref(branch: str, sha: str) -> Row:
    return {"label": f"acme:{branch}", "ref": branch, "sha": sha, "user": user("acme"), "repo": None}


class Shapes:
    """Completes the rows of one repository. A field that a test set to None or left out on purpose stays as it is."""

    def __init__(self, full_name: str, ident: int) -> None:
        self.full_name, self.id = full_name, ident
        self.api, self.web = f"{{base}}/repos/{full_name}", f"{{web}}/{full_name}"

    def deployment(self, row: Row) -> Row:
        return row

    def status(self, row: Row) -> Row:
        url = f"{row['deployment_url']}/statuses/{row['id']}"
        return {"url": url, "node_id": f"DES_{row['id']}", "creator": user("ada"), "repository_url": self.api, **row}

    def run(self, row: Row) -> Row:
        own = ("jobs", "logs", "artifacts", "cancel", "rerun")
        return {
            **{f"{name}_url": f"{row['url']}/{name}" for name in own},
            "check_suite_url": f"{self.api}/check-suites/{row['id']}",
            "workflow_url": f"{self.api}/actions/workflows/{row['workflow_id']}",
            "head_commit": None,
            "repository": self.short(),
            "head_repository": self.short(),
            **row,
        }

    def workflow(self, row: Row) -> Row:
        path = f".github/workflows/{row['name'].lower().replace(' ', '-')}.yml"
        return {
            "node_id": f"W_{row['id']}",
            "path": path,
            "created_at": "2020-01-01T00:00:00Z",
            "updated_at": "2020-01-01T00:00:00Z",
            "url": f"{self.api}/actions/workflows/{row['id']}",
            "html_url": f"{self.web}/blob/main/{path}",
            "badge_url": f"{self.web}/workflows/{row['id']}/badge.svg",
            **row,
        }

    def label(self, row: Row) -> Row:
        name = row["name"]
        return {
            "id": 1,
            "node_id": "LA_1",
            "url": f"{self.api}/labels/{name}",
            "description": None,
            "color": "ededed",
            "default": False,
            **row,
        }

    def issue(self, row: Row) -> Row:
        parts = {
            f"{name}_url": f"{self.api}/issues/{row['number']}/{name}" for name in ("labels", "comments", "events")
        }
        more = {"assignee": None, "milestone": None, "locked": False, "body": None, "author_association": "MEMBER"}
        return {"node_id": f"I_{row['id']}", "repository_url": self.api, **parts, **more, **row}

    def pull(self, row: Row) -> Row:
        number, own = row["number"], f"{self.api}/pulls/{row['number']}"
        page, issue = f"{self.web}/pull/{number}", f"{self.api}/issues/{number}"
        links = {
            "self": own, "html": page, "issue": issue, "comments": f"{issue}/comments",
            "review_comments": f"{own}/comments", "review_comment": f"{self.api}/pulls/comments{{/number}}",
            "commits": f"{own}/commits", "statuses": f"{self.api}/statuses/{row['head']['sha']}",
        }  # fmt: skip
        names = ("issue", "comments", "review_comments", "review_comment", "commits", "statuses")
        return {
            "url": own,
            "node_id": f"PR_{row['id']}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            **{f"{name}_url": links[name] for name in names},
            "locked": False,
            "milestone": None,
            "assignee": None,
            "author_association": "MEMBER",
            "auto_merge": None,
            "_links": {name: {"href": href} for name, href in links.items()},
            **row,
            "labels": [self.label(each) for each in row["labels"]],
        }

    def whole_pull(self, row: Row) -> Row:
        """As it is answered by itself."""
        merged = row["merged_at"] is not None
        counts = dict.fromkeys(("comments", "review_comments", "commits", "additions", "deletions", "changed_files"), 1)
        told = {
            "merged": merged,
            "mergeable": None,
            "mergeable_state": "unknown",
            "merged_by": row["user"] if merged else None,
        }
        return {**self.pull(row), **counts, **told, "maintainer_can_modify": False}

    def commit(self, row: Row) -> Row:
        sha = row["sha"]
        who = {"name": row["author"], "email": "", "date": row["at"]}
        return {
            "url": f"{self.api}/commits/{sha}",
            "sha": sha,
            "node_id": f"C_{sha[:8]}",
            "html_url": f"{self.web}/commit/{sha}",
            "comments_url": f"{self.api}/commits/{sha}/comments",
            "commit": {
                "author": who,
                "committer": who,
                "message": f"Change {sha[:7]}",
                "comment_count": 0,
                "tree": {"sha": sha, "url": f"{self.api}/git/trees/{sha}"},
                "url": f"{self.api}/git/commits/{sha}",
            },
            "author": user(row["author"]),
            "committer": user(row["author"]),
            "parents": [{"sha": each, "url": f"{self.api}/commits/{each}"} for each in row["parents"]],
        }

    def review(self, row: Row, number: int) -> Row:
        page, own = f"{self.web}/pull/{number}#review-{row['id']}", f"{self.api}/pulls/{number}"
        return {
            "node_id": f"PRR_{row['id']}",
            "body": "",
            "html_url": page,
            "pull_request_url": own,
            "_links": {"html": {"href": page}, "pull_request": {"href": own}},
            "commit_id": None,
            "author_association": "MEMBER",
            **row,
        }

    def file(self, name: str) -> Row:
        sha = sha1(name.encode()).hexdigest()
        urls = {f"{kind}_url": f"{self.web}/{kind}/{sha}/{name}" for kind in ("blob", "raw")}
        counts = {"additions": 1, "deletions": 0, "changes": 1}
        contents = f"{self.api}/contents/{name}"
        return {"sha": sha, "filename": name, "status": "modified", **counts, **urls, "contents_url": contents}

    def comparison(self, base: Row, head: Row, shared: Row, commits: list[Row], files: list[str]) -> Row:
        page = f"{self.web}/compare/{base['sha']}...{head['sha']}"
        return {
            "url": f"{self.api}/compare/{base['sha']}...{head['sha']}",
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": self.commit(base),
            "merge_base_commit": self.commit(shared),
            "status": "ahead" if commits else "identical" if base is head else "behind",
            "ahead_by": len(commits),
            "behind_by": 0,
            "total_commits": len(commits),
            "commits": [self.commit(each) for each in commits],
            "files": [self.file(name) for name in files],
        }

    def short(self) -> Row:
        """The repository inside other objects."""
        owner, name = self.full_name.split("/")
        return {"id": self.id, "node_id": f"R_{self.id}", "name": name, "full_name": self.full_name,
                "owner": user(owner), "private": True, "html_url": self.web, "description": None, "fork": False,
                "url": self.api}  # fmt: skip
