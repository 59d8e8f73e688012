"""The fake GitHub answers what GitHub's published description says: every path, every object, every scenario."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.connectors.conftest import NOW
from tests.connectors.github_world import fill_deployments, fill_runs
from tests.fakes.github import FakeGitHub
from tests.fakes.github_answers import Refusal
from tests.fakes.github_data import Repo, World
from tests.fakes.github_scenarios import SCENARIOS

SCHEMA = json.loads((Path(__file__).parent.parent / "fakes" / "github_schema.json").read_text())
PARTS = ("deployments", "actions/runs", "actions/workflows", "issues", "labels", "pulls")
OF_EACH = {
    "deployments": ["", "/statuses"],
    "actions/runs": [""],
    "issues": [""],
    "pulls": ["", "/commits", "/reviews", "/files"],
}
checker = FormatChecker(formats=())


@checker.checks("date-time", ValueError)
def is_instant(value: object) -> bool:
    return not isinstance(value, str) or (value.endswith("Z") and bool(datetime.fromisoformat(value)))


@checker.checks("uri")
def is_address(value: object) -> bool:
    return not isinstance(value, str) or value == "" or value.startswith(("http://", "https://"))


VALIDATORS = {
    path: Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]}, format_checker=checker)
    for path, schema in SCHEMA["paths"].items()
}


def worked_in(fake: FakeGitHub) -> None:
    """What the tests of reading play with, and what scenarios do not have."""
    fill_deployments(fake, fake.add_repo("acme/deployments"))
    repo = fake.add_repo("acme/runs")
    fill_runs(fake, repo)
    number = repo.add_pull(
        NOW, NOW, commits=[NOW], files=["a.py"], title='Revert "Change 1"', body="Reverts acme/runs#7"
    )
    repo.add_review(number, "", NOW, "COMMENTED")
    repo.add_review(number, "ben", None, "PENDING")


FILLED = {**{name: lambda fake, fill=fill: fill(fake, NOW) for name, fill in SCENARIOS.items()}, "tests": worked_in}


@pytest.fixture(params=FILLED)
def world(request: pytest.FixtureRequest) -> Iterator[FakeGitHub]:
    made = FakeGitHub()
    FILLED[request.param](made)
    yield made
    made.server.server_close()


def problems(fake: FakeGitHub, shape: str, path: str, query: dict[str, str] | None = None) -> tuple[list[str], Any]:
    """What is wrong with one answer, as it leaves the server; and the answer."""
    fake.installation = path.startswith("installation")
    answer = fake.answers.answer(path, query or {})
    assert answer.status == 200, path
    text = json.dumps(answer.body).replace("{base}", "http://fake/api/v3").replace("{web}", "http://fake")
    found = VALIDATORS[shape].iter_errors(json.loads(text))
    return [f"{path}: {'/'.join(map(str, each.absolute_path))}: {each.message[:200]}" for each in found], answer.body


def test_every_answer_is_as_the_description_says(world: FakeGitHub) -> None:
    wrong: list[str] = []
    checked: Counter[str] = Counter()
    for shape, path in paths(world):
        page = 1
        while True:
            found, body = problems(world, shape, path, {"per_page": "100", "page": str(page), "state": "all"})
            wrong += found
            checked[shape] += 1
            rows = (
                next((value for value in body.values() if isinstance(value, list)), [])
                if isinstance(body, dict)
                else body
            )
            if shape.startswith("compare") or "#" in shape or len(rows) < 100:
                break
            page += 1
    assert wrong[:10] == []
    assert checked["pulls/#/reviews"] > 5
    assert checked["deployments/#/statuses"] > 5
    assert checked["compare/#"] > 3


def paths(world: World) -> Iterator[tuple[str, str]]:
    """Every path that there is, with its shape."""
    yield "user/repos", "user/repos"
    yield "installation/repositories", "installation/repositories"
    for repo in world.repos:
        base = f"repos/{repo.full_name}"
        yield "repos/#", base
        for part in PARTS:
            yield part, f"{base}/{part}"
        rows = {"deployments": repo.deployments, "actions/runs": repo.runs, "issues": repo.issues, "pulls": repo.pulls}
        for part, below in OF_EACH.items():
            for row in rows[part][:40]:
                for rest in below:
                    yield (
                        f"{part}/#{rest}",
                        f"{base}/{part}/{row['number' if part in ('issues', 'pulls') else 'id']}{rest}",
                    )
        yield from (("compare/#", f"{base}/compare/{pair}") for pair in compared(repo))


def compared(repo: Repo) -> list[str]:
    """Forwards, backwards, with itself and next to itself."""
    shas = list(repo.commits)[:: max(1, len(repo.commits) // 4)]
    return [f"{one}...{two}" for one in shas[:3] for two in shas[-2:]]


def test_every_path_that_the_connector_asks_has_a_schema(world: FakeGitHub) -> None:
    assert {shape for shape, _path in paths(world)} == set(VALIDATORS)


@pytest.mark.parametrize(
    ("shape", "change"),
    [
        ("deployments", {"sha": None}),
        ("deployments", {"created_at": "yesterday"}),
        ("pulls", {"merged_at": 7}),
        ("pulls", {"_links": {}}),
        ("issues", {"title": 3}),
    ],
)
def test_the_schema_sees_what_is_wrong(shape: str, change: dict[str, Any]) -> None:
    fake = FakeGitHub()
    repo = fake.add_repo("acme/shop")
    repo.deploy(NOW)
    repo.add_pull(NOW - timedelta(days=1), NOW)
    assert problems(fake, shape, f"repos/acme/shop/{shape}", {"state": "all"})[0] == []
    rows = {"deployments": repo.deployments, "pulls": repo.pulls, "issues": repo.issues}[shape]
    rows[0].update(change)
    try:
        assert problems(fake, shape, f"repos/acme/shop/{shape}", {"state": "all"})[0] != []
    except (Refusal, TypeError):
        pytest.fail("the fake itself refused")
    finally:
        fake.server.server_close()
