"""GitHub's objects turned into the portal's records. Nothing here asks the host anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.records import DeploymentRecord, IncidentRecord, Outcome, SetAside

RUNNING = frozenset({"queued", "in_progress", "requested", "waiting", "pending"})
CONCLUSIONS = {
    "success": Outcome.SUCCEEDED,
    "failure": Outcome.FAILED,
    "timed_out": Outcome.FAILED,
    "startup_failure": Outcome.FAILED,
    "cancelled": Outcome.CANCELLED,
    "skipped": Outcome.SKIPPED,
    "neutral": Outcome.SKIPPED,
    "stale": Outcome.SKIPPED,
    "action_required": Outcome.SKIPPED,
}
DEPLOYING = frozenset({"pending", "queued", "in_progress", "waiting"})
SUCCESS, INACTIVE = "success", "inactive"
FAILURES = frozenset({"failure", "error"})


class Unreadable(Exception):
    """This object cannot become a record; `detail` names the field or value."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail[:100]


def text(value: Any, limit: int = 255) -> str:
    """What a host wrote, fit for any database: no NUL, no half of a surrogate pair, not too long."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:limit]


def _word(value: Any) -> str:
    """A value of a fixed set as text, whatever was sent instead of one."""
    return text(value) if isinstance(value, str) else repr(value)


def web_address(value: Any) -> str:
    """An http(s) address, or nothing."""
    address = text(value, 1000)
    return address if address.startswith(("https://", "http://")) else ""


def instant(value: Any, field: str) -> datetime:
    """An instant of the host, in UTC. Raises Unreadable where there is none."""
    found = maybe_instant(value)
    if found is None:
        raise Unreadable("missing_instant", field)
    return found


def maybe_instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def key_of(kind: str, item: Any, field: str = "id") -> str:
    """ "run:577324554"; "run:?" for what has no number and so cannot be asked for again."""
    number = item.get(field) if isinstance(item, dict) else None
    return f"{kind}:{number}" if isinstance(number, int) and not isinstance(number, bool) else f"{kind}:?"


def names(labels: Any) -> tuple[str, ...]:
    """The names of an issue's labels: objects, or in old answers plain strings."""
    found = (label.get("name") if isinstance(label, dict) else label for label in labels or ())
    return tuple(name for name in map(text, found) if name)


def paths(files: Iterable[Any]) -> list[str]:
    """The paths of changed files; both names of what was renamed."""
    names: dict[str, None] = {}
    for row in files:
        if isinstance(row, dict):
            names |= dict.fromkeys(
                filter(None, (text(row.get(field), 1000) for field in ("filename", "previous_filename")))
            )
    return list(names)


def aside(key: str, problem: Unreadable, url: str = "") -> SetAside:
    return SetAside(key, problem.reason, problem.detail, url)


def run_record(item: Mapping[str, Any]) -> DeploymentRecord:
    """A workflow run as a deployment; it finishes when it completes. Raises Unreadable."""
    outcome, finished = _run_end(item)
    attempt = item.get("run_attempt")
    return DeploymentRecord(
        key=key_of("run", item),
        outcome=outcome,
        created_at=instant(item.get("created_at"), "created_at"),
        finished_at=finished,
        workflow=str(item.get("workflow_id") or "")[:255],
        workflow_name=text(item.get("name")),
        branch=text(item.get("head_branch")),
        sha=text(item.get("head_sha"), 64),
        title=text(item.get("display_title")) or text(item.get("name")),
        url=web_address(item.get("html_url")),
        attempt=attempt if isinstance(attempt, int) and attempt > 0 else 1,
    )


def _run_end(item: Mapping[str, Any]) -> tuple[Outcome, datetime | None]:
    status, conclusion = _word(item.get("status")), _word(item.get("conclusion"))
    if status in RUNNING:
        return Outcome.RUNNING, None
    if status != "completed":
        raise Unreadable("unknown_value", f"status: {status}")
    if conclusion not in CONCLUSIONS:
        raise Unreadable("unknown_value", f"conclusion: {conclusion}")
    return CONCLUSIONS[conclusion], instant(item.get("updated_at"), "updated_at")


def deployment_end(statuses: Iterable[Any]) -> tuple[Outcome, datetime | None]:
    """How a deployment ended and when, from all its statuses. Raises Unreadable.

    Its first success decides, whatever came later: "inactive" means superseded. Without one the newest status that says
    something decides. Where only "inactive" is left the host no longer knows whether it ever succeeded.
    """
    rows = [row for row in statuses if isinstance(row, dict)]
    successes = [instant(row.get("created_at"), "status.created_at") for row in rows if row.get("state") == SUCCESS]
    if successes:
        return Outcome.SUCCEEDED, min(successes)
    telling = [row for row in rows if row.get("state") != INACTIVE]
    if not telling:
        return (Outcome.UNKNOWN if rows else Outcome.RUNNING), None
    # The host lists the newest first; of equal instants that order holds, since max() takes the first of equals.
    newest = max(telling, key=lambda row: instant(row.get("created_at"), "status.created_at"))
    state = _word(newest.get("state"))
    if state in FAILURES:
        return Outcome.FAILED, instant(newest.get("created_at"), "status.created_at")
    if state not in DEPLOYING:
        raise Unreadable("unknown_value", f"state: {state}")
    superseded = any(
        row.get("state") == INACTIVE
        and (maybe_instant(row.get("created_at")) or datetime.min.replace(tzinfo=UTC))
        > instant(newest.get("created_at"), "status.created_at")
        for row in rows
    )
    return (Outcome.UNKNOWN if superseded else Outcome.RUNNING), None


def deployment_base(item: Mapping[str, Any], web: str, repository: str) -> dict[str, str]:
    """What a deployment's record takes from its object, as JSON: kept while it runs, so that only its statuses are
    asked for again. Raises Unreadable."""
    environment = text(item.get("environment"))
    return {
        "created_at": instant(item.get("created_at"), "created_at").isoformat(),
        "environment": environment,
        "branch": text(item.get("ref")),
        "sha": text(item.get("sha"), 64),
        # The task is "deploy" nearly always; with the commit one deployment can be told from the next.
        "title": text(item.get("description")) or f"{text(item.get('task'))} {text(item.get('sha'), 7)}".strip(),
        "url": f"{web}/{repository}/deployments/{quote(environment, safe='')}",
    }


def deployment_record(key: str, base: Mapping[str, str], statuses: Sequence[Any]) -> DeploymentRecord:
    """Raises Unreadable."""
    outcome, finished = deployment_end(statuses)
    return DeploymentRecord(
        key=key,
        outcome=outcome,
        created_at=instant(base.get("created_at"), "created_at"),
        finished_at=finished,
        environment=base.get("environment", ""),
        branch=base.get("branch", ""),
        sha=base.get("sha", ""),
        title=base.get("title", ""),
        url=_log_page(statuses, base.get("url", "")) or base.get("url", ""),
    )


def _log_page(statuses: Sequence[Any], page: str) -> str:
    """The newest log page that is on the host itself: it says more than the environment's page."""
    host = urlsplit(page).netloc
    for row in statuses:
        address = web_address(row.get("log_url")) if isinstance(row, dict) else ""
        if address and urlsplit(address).netloc == host:
            return address
    return ""


def is_pull_request(item: Mapping[str, Any]) -> bool:
    """GitHub lists pull requests among the issues."""
    return bool(item.get("pull_request"))


def incident_record(item: Mapping[str, Any]) -> IncidentRecord:
    """An issue as an incident: began when it was opened, resolved when it was closed. Raises Unreadable."""
    state = _word(item.get("state"))
    if state not in ("open", "closed"):
        raise Unreadable("unknown_value", f"state: {state}")
    return IncidentRecord(
        key=key_of("issue", item, "number"),
        title=text(item.get("title"), 500),
        began_at=instant(item.get("created_at"), "created_at"),
        resolved_at=instant(item.get("closed_at"), "closed_at") if state == "closed" else None,
        labels=names(item.get("labels")),
        url=web_address(item.get("html_url")),
    )
