from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.github import parse
from connectors.records import Outcome

T = "2026-03-{:02}T10:00:00Z"


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 10, tzinfo=UTC)


def statuses(*pairs: tuple[str, int | None]) -> list[dict[str, Any]]:
    """Given oldest first, as it happened; answered newest first, as GitHub does."""
    return [{"state": state, "created_at": T.format(day) if day else None} for state, day in pairs][::-1]


@pytest.mark.parametrize(
    ("rows", "outcome", "finished"),
    [
        ([], Outcome.RUNNING, None),
        ([("queued", 1)], Outcome.RUNNING, None),
        ([("pending", 1), ("in_progress", 2)], Outcome.RUNNING, None),
        ([("in_progress", 1), ("success", 2)], Outcome.SUCCEEDED, at(2)),
        ([("success", 2), ("inactive", 9)], Outcome.SUCCEEDED, at(2)),
        ([("success", 2), ("success", 5), ("inactive", 9)], Outcome.SUCCEEDED, at(2)),
        ([("failure", 1), ("success", 2)], Outcome.SUCCEEDED, at(2)),
        ([("success", 2), ("failure", 3)], Outcome.SUCCEEDED, at(2)),
        ([("in_progress", 1), ("failure", 2)], Outcome.FAILED, at(2)),
        ([("failure", 2), ("error", 4)], Outcome.FAILED, at(4)),
        ([("failure", 2), ("inactive", 4)], Outcome.FAILED, at(2)),
        ([("failure", 2), ("in_progress", 4)], Outcome.RUNNING, None),
        ([("inactive", 4)], Outcome.UNKNOWN, None),
        ([("inactive", 4), ("inactive", 5)], Outcome.UNKNOWN, None),
        ([("inactive", None)], Outcome.UNKNOWN, None),
        ([("in_progress", 1), ("inactive", 4)], Outcome.UNKNOWN, None),
        ([("inactive", 1), ("in_progress", 4)], Outcome.RUNNING, None),
        ([("odd", 1), ("success", 2)], Outcome.SUCCEEDED, at(2)),
        ([("in_progress", None), ("success", 2)], Outcome.SUCCEEDED, at(2)),
    ],
)
def test_how_a_deployment_ended(
    rows: list[tuple[str, int | None]], outcome: Outcome, finished: datetime | None
) -> None:
    assert parse.deployment_end(statuses(*rows)) == (outcome, finished)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("success", None)], "missing_instant"),
        ([("success", None), ("success", 3)], "missing_instant"),  # which was first?
        ([("failure", None)], "missing_instant"),
        ([("in_progress", None), ("failure", 1)], "missing_instant"),
        ([("odd", 1)], "unknown_value"),
        ([(None, 1)], "unknown_value"),
    ],
)
def test_what_does_not_tell_how_a_deployment_ended(rows: list[tuple[Any, int | None]], reason: str) -> None:
    with pytest.raises(parse.Unreadable) as caught:
        parse.deployment_end(statuses(*rows))
    assert caught.value.reason == reason


def test_of_equal_instants_the_one_listed_first_is_newest() -> None:
    assert parse.deployment_end(statuses(("in_progress", 1), ("failure", 1)))[0] is Outcome.FAILED
    assert parse.deployment_end(statuses(("failure", 1), ("in_progress", 1)))[0] is Outcome.RUNNING


RUN = {
    "id": 7,
    "workflow_id": 5,
    "name": "Deploy",
    "display_title": "Faster",
    "status": "completed",
    "conclusion": "success",
    "created_at": T.format(1),
    "updated_at": T.format(2),
    "head_branch": "main",
    "head_sha": "abc",
    "html_url": "https://github.com/acme/shop/actions/runs/7",
    "run_attempt": 3,
}


@pytest.mark.parametrize(
    ("conclusion", "outcome"),
    [
        ("success", "succeeded"),
        ("failure", "failed"),
        ("timed_out", "failed"),
        ("startup_failure", "failed"),
        ("cancelled", "cancelled"),
        ("skipped", "skipped"),
        ("neutral", "skipped"),
        ("stale", "skipped"),
        ("action_required", "skipped"),
    ],
)
def test_conclusions_of_runs(conclusion: str, outcome: str) -> None:
    record = parse.run_record({**RUN, "conclusion": conclusion})
    assert (record.outcome, record.finished_at) == (outcome, at(2))


@pytest.mark.parametrize("status", ["queued", "in_progress", "requested", "waiting", "pending"])
def test_runs_that_run(status: str) -> None:
    record = parse.run_record({**RUN, "status": status, "conclusion": None, "updated_at": None})
    assert (record.outcome, record.finished_at) == (Outcome.RUNNING, None)


def test_all_of_a_run() -> None:
    record = parse.run_record(RUN)
    assert record.key == "run:7"
    assert (record.workflow, record.workflow_name, record.title) == ("5", "Deploy", "Faster")
    assert (record.branch, record.sha, record.attempt) == ("main", "abc", 3)
    assert (record.environment, record.created_at) == ("", at(1))
    assert record.url == "https://github.com/acme/shop/actions/runs/7"


def test_a_run_with_the_least() -> None:
    least = {name: RUN[name] for name in ("id", "status", "conclusion", "created_at", "updated_at")}
    record = parse.run_record(least)
    assert (record.workflow, record.title, record.url, record.attempt) == ("", "", "", 1)


@pytest.mark.parametrize(
    ("changed", "reason", "detail"),
    [
        ({"created_at": None}, "missing_instant", "created_at"),
        ({"created_at": "yesterday"}, "missing_instant", "created_at"),
        ({"created_at": "2026-03-01T10:00:00"}, "missing_instant", "created_at"),  # of which zone?
        ({"created_at": 5}, "missing_instant", "created_at"),
        ({"updated_at": None}, "missing_instant", "updated_at"),
        ({"status": "SUCCESS"}, "unknown_value", "status: SUCCESS"),
        ({"status": None}, "unknown_value", "status: None"),
        ({"conclusion": ""}, "unknown_value", "conclusion: "),
        ({"conclusion": None}, "unknown_value", "conclusion: None"),
        ({"conclusion": ["odd"]}, "unknown_value", "conclusion: ['odd']"),
        ({"status": {"odd": 1}}, "unknown_value", "status: {'odd': 1}"),
    ],
)
def test_runs_that_cannot_be_understood(changed: dict[str, Any], reason: str, detail: str) -> None:
    with pytest.raises(parse.Unreadable) as caught:
        parse.run_record({**RUN, **changed})
    assert (caught.value.reason, caught.value.detail) == (reason, detail)


ISSUE = {
    "number": 6,
    "title": "Down",
    "state": "closed",
    "created_at": T.format(1),
    "closed_at": T.format(3),
    "labels": [{"name": "Incident"}, "old", {"name": None}, 5],
    "html_url": "https://github.com/acme/shop/issues/6",
}


def test_an_issue_as_an_incident() -> None:
    record = parse.incident_record(ISSUE)
    assert (record.key, record.title, record.began_at, record.resolved_at) == ("issue:6", "Down", at(1), at(3))
    assert (record.labels, record.url) == (("Incident", "old"), "https://github.com/acme/shop/issues/6")


def test_an_issue_that_was_opened_again_is_open() -> None:
    assert parse.incident_record({**ISSUE, "state": "open"}).resolved_at is None


@pytest.mark.parametrize(
    ("changed", "detail"),
    [({"created_at": None}, "created_at"), ({"closed_at": None}, "closed_at"), ({"state": "odd"}, "state: odd")],
)
def test_issues_that_cannot_be_understood(changed: dict[str, Any], detail: str) -> None:
    with pytest.raises(parse.Unreadable) as caught:
        parse.incident_record({**ISSUE, **changed})
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    ("wrote", "kept"),
    [
        ("plain 日本語 🚀", "plain 日本語 🚀"),
        ("a\0b", "ab"),
        ("half \ud83d pair", "half ? pair"),
        ("x" * 999, "x" * 255),
        (None, ""),
        (5, ""),
        (["x"], ""),
    ],
)
def test_what_hosts_wrote_fits_any_database(wrote: Any, kept: str) -> None:
    assert parse.text(wrote) == kept
    kept.encode()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//github.com", None, 5])
def test_only_web_addresses_become_links(address: Any) -> None:
    assert parse.run_record({**RUN, "html_url": address}).url == ""


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": "7"}, {"id": True}, None, "x"])
def test_the_key_of_what_has_no_number(item: Any) -> None:
    assert parse.key_of("run", item) == "run:?"


def test_instants_are_kept_in_utc() -> None:
    assert parse.instant("2026-03-01T19:00:00+09:00", "x") == at(1)
    assert parse.instant("2026-03-01T10:00:00.123Z", "x").microsecond == 123000


BASE = {
    "created_at": T.format(1),
    "environment": "production",
    "url": "https://github.com/acme/shop/deployments/production",
}


@pytest.mark.parametrize(
    ("log", "url"),
    [
        ("https://github.com/acme/shop/actions/runs/9/job/1", "https://github.com/acme/shop/actions/runs/9/job/1"),
        ("https://elsewhere.example/log", BASE["url"]),
        ("javascript:alert(1)", BASE["url"]),
        ("", BASE["url"]),
        (None, BASE["url"]),
    ],
)
def test_a_deployment_links_to_its_log_only_on_the_host(log: Any, url: str) -> None:
    rows = [{"state": "success", "created_at": T.format(2), "log_url": log}]
    assert parse.deployment_record("deployment:4", BASE, rows).url == url


def test_the_page_of_an_environment_with_an_odd_name() -> None:
    base = parse.deployment_base(
        {"created_at": T.format(1), "environment": "a/b c?"}, "https://github.com", "acme/shop"
    )
    assert base["url"] == "https://github.com/acme/shop/deployments/a%2Fb%20c%3F"
