"""The fake host itself: what the other tests rely on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.conftest import NOW
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo
from tests.fakes.github_scenarios import shop

DAY = timedelta(days=1)


def ask(url: str, token: str = "secret", etag: str = "") -> tuple[int, Any, dict[str, str]]:
    """(status, JSON, headers), by the standard library and not by the code under test."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}", "If-None-Match": etag})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read()), dict(answer.headers)
    except urllib.error.HTTPError as error:
        body = error.read()
        return error.code, json.loads(body) if body else None, dict(error.headers)


def test_pages_and_links(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(7):
        repo.deploy(NOW - number * DAY)
    url, seen = f"{fake.url}/api/v3/repos/acme/shop/deployments?per_page=3&environment=production", []
    while url:
        status, body, headers = ask(url)
        assert status == 200
        seen += [row["id"] for row in body]
        assert all(row["url"].startswith(f"{fake.url}/api/v3/repos/") for row in body)
        links = dict(reversed(part.split("; ")) for part in headers.get("Link", "").split(", ") if part)
        url = links.get('rel="next"', "")[1:-1]
    assert seen == [row["id"] for row in repo.deployments]
    assert fake.counts["/repos/acme/shop/deployments"] == 3


def test_a_304_is_not_counted_and_a_change_ends_it(fake: FakeGitHub, repo: Repo) -> None:
    number = repo.add_issue(NOW)
    url = f"{fake.url}/repos/acme/shop/issues?state=all&labels=INCIDENT&since=2026-01-01T00:00:00Z"
    _, body, headers = ask(url)
    assert [row["number"] for row in body] == [number]
    status, body, again = ask(url, etag=headers["ETag"])
    assert (status, body) == (304, None)
    assert again["X-RateLimit-Remaining"] == headers["X-RateLimit-Remaining"]
    repo.close_issue(number, NOW)
    assert ask(url, etag=headers["ETag"])[0] == 200


def test_a_filtered_list_of_runs_ends_at_a_thousand(fake: FakeGitHub, repo: Repo) -> None:
    for number in range(1010):
        repo.add_run(NOW - timedelta(minutes=number))
    url = f"{fake.url}/repos/acme/shop/actions/runs?per_page=100&page="
    assert len(ask(f"{url}11")[1]["workflow_runs"]) == 10
    _, body, headers = ask(f"{url}10&created=%3E%3D2026-01-01")
    assert (body["total_count"], len(body["workflow_runs"])) == (1010, 100)
    assert 'rel="next"' not in headers["Link"]
    assert ask(f"{url}11&created=%3E%3D2026-01-01")[1]["workflow_runs"] == []
    assert ask(f"{url}1&created=2026-11-24T15:29:00Z..2026-11-24T15:30:00Z")[1]["total_count"] == 2
    assert ask(f"{url}1&created=soon")[0] == 422


def test_the_limit(fake: FakeGitHub, repo: Repo) -> None:
    fake.limit = 1
    url = f"{fake.url}/repos/acme/shop"
    assert ask(url)[0] == 200
    status, body, headers = ask(url)
    assert (status, headers["X-RateLimit-Remaining"]) == (403, "0")
    assert "rate limit" in body["message"]


def test_who_may_read(fake: FakeGitHub, repo: Repo) -> None:
    assert ask(f"{fake.url}/repos/acme/shop", token="wrong")[0] == 401
    assert ask(f"{fake.url}/repos/acme/other")[0] == 404
    fake.forbid("issues")
    assert ask(f"{fake.url}/repos/acme/shop/issues")[0] == 403
    assert ask(f"{fake.url}/repos/acme/shop/deployments")[0] == 200


@pytest.mark.parametrize("scenario", range(2))
def test_the_shop_is_the_same_every_time_and_never_in_the_future(scenario: int) -> None:
    fakes = [FakeGitHub(), FakeGitHub()]
    for fake in fakes:
        shop(fake, NOW)
        fake.server.server_close()
    one, two = (fake.repos[scenario] for fake in fakes)
    assert (one.deployments, one.statuses, one.runs, one.issues) == (
        two.deployments,
        two.statuses,
        two.runs,
        two.issues,
    )
    instants = json.dumps([one.deployments, one.statuses, one.runs, one.issues]).split('"')
    assert max(text for text in instants if text.startswith("20") and text.endswith("Z")) <= "2026-11-24T15:30:00Z"


def test_it_runs_by_itself() -> None:
    command = [sys.executable, "-m", "tests.fakes.github", "--token", "t", "--scenario", "shop", "--fault", "500@2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert ask(f"{url}/repos/acme/shop", token="t")[1]["full_name"] == "acme/shop"
            assert ask(f"{url}/repos/acme/shop", token="t")[0] == 500
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
