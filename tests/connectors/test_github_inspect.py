from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.github import GitHub
from connectors.names import deploys, is_production, speaks_of_incidents
from connectors.records import DeploymentSource, Inspection
from connectors.registry import CONNECTORS
from core.http import OutgoingError
from tests.connectors.conftest import NOW
from tests.fakes import github_scenarios
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo

DAY = timedelta(days=1)


def look(fake: FakeGitHub, token: str = "secret", repository: str = "acme/shop") -> Inspection:
    return GitHub().inspect(GitHub().client(fake.url, token), repository)


def error_of(fake: FakeGitHub, token: str = "secret", repository: str = "acme/shop") -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        look(fake, token, repository)
    return caught.value


def test_the_registry() -> None:
    assert {kind: connector.kind for kind, connector in CONNECTORS.items()} == {kind: kind for kind in CONNECTORS}


def test_a_shop_that_deploys_through_the_host(fake: FakeGitHub) -> None:
    github_scenarios.shop(fake, NOW)
    found = look(fake)
    assert (found.external_id, found.full_name, found.default_branch) == (str(fake.repos[0].id), "acme/shop", "main")
    assert found.url == f"{fake.url}/acme/shop"
    assert [(seen.name, seen.proposed) for seen in found.environments] == [("production", True), ("staging", False)]
    assert sum(seen.count for seen in found.environments) == 100
    assert [(seen.name, seen.proposed) for seen in found.workflows] == [("Tests", False)]
    assert len(found.workflows[0].branches) == 10
    assert [(seen.name, seen.proposed) for seen in found.labels] == [
        ("incident", True),
        ("bug", False),
        ("hotfix", False),
    ]
    assert found.labels[0].count == 13  # without pull requests
    assert found.proposed_source is DeploymentSource.DEPLOYMENTS
    assert found.missing == ()


def test_a_repository_that_deploys_through_a_workflow(fake: FakeGitHub) -> None:
    github_scenarios.shop(fake, NOW)
    found = look(fake, repository="acme/forecast")
    assert found.environments == ()
    assert [(seen.name, seen.proposed) for seen in found.workflows] == [("Deploy model", True), ("Tests", False)]
    assert found.workflows[0].id == str(fake.repos[1].workflows["Deploy model"])
    assert found.workflows[0].branches == ("main",)
    assert found.proposed_source is DeploymentSource.RUNS


def test_an_empty_repository(fake: FakeGitHub, repo: Repo) -> None:
    found = look(fake)
    assert (found.environments, found.workflows, found.labels, found.missing) == ((), (), (), ())
    assert found.proposed_source is DeploymentSource.NONE


def test_checks_alone_are_not_proposed_as_deployments(fake: FakeGitHub, repo: Repo) -> None:
    repo.add_run(NOW, "Tests")
    repo.add_issue(NOW, labels=["bug"])
    repo.add_issue(NOW, labels=["question"])
    repo.add_issue(NOW, labels=["question"])
    found = look(fake)
    assert found.proposed_source is DeploymentSource.NONE
    assert [(seen.name, seen.proposed) for seen in found.labels] == [("bug", False), ("question", False)]


def test_deployments_to_elsewhere_are_still_the_source(fake: FakeGitHub, repo: Repo) -> None:
    repo.deploy(NOW - DAY, "review")
    found = look(fake)
    assert (found.environments[0].proposed, found.proposed_source) == (False, DeploymentSource.DEPLOYMENTS)


def test_what_the_host_calls_production_is_proposed_whatever_its_name(fake: FakeGitHub, repo: Repo) -> None:
    repo.add_deployment(NOW, "tokyo", production=True)
    repo.add_deployment(NOW, "osaka")
    assert [(seen.name, seen.proposed) for seen in look(fake).environments] == [("tokyo", True), ("osaka", False)]


def test_a_rare_workflow_and_an_unused_label_can_be_chosen(fake: FakeGitHub, repo: Repo) -> None:
    repo.add_workflow("Deploy quarterly")
    repo.labels["incident"] = None
    for _ in range(3):
        repo.add_run(NOW, "Tests")
    found = look(fake)
    assert [(seen.name, seen.count, seen.proposed) for seen in found.workflows] == [
        ("Deploy quarterly", 0, True),
        ("Tests", 3, False),
    ]
    assert [(seen.name, seen.count, seen.proposed) for seen in found.labels] == [("incident", 0, True)]


def test_labels_compare_without_case(fake: FakeGitHub, repo: Repo) -> None:
    repo.add_issue(NOW, labels=["Incident"])
    repo.add_issue(NOW, labels=["incident", "INCIDENT"])
    assert [(seen.name.lower(), seen.count) for seen in look(fake).labels] == [("incident", 2)]


@pytest.mark.parametrize("part", ["deployments", "actions", "issues"])
def test_a_token_without_one_permission_still_shows_the_rest(part: str, fake: FakeGitHub) -> None:
    github_scenarios.shop(fake, NOW)
    fake.forbid(part)
    found = look(fake)
    parts = {"deployments": found.environments, "actions": found.workflows, "issues": found.labels}
    assert found.missing == (part,)
    assert {name for name, seen in parts.items() if not seen} == {part}


def test_issues_that_are_switched_off_are_not_missing(fake: FakeGitHub, repo: Repo) -> None:
    repo.issues_enabled = False
    assert look(fake).missing == ()


def test_a_renamed_repository_tells_its_name(fake: FakeGitHub, repo: Repo) -> None:
    repo.rename("acme/store")
    assert look(fake).full_name == "acme/store"


@pytest.mark.parametrize(
    ("token", "repository", "fault", "code"),
    [
        ("wrong", "acme/shop", "", "unauthorised"),
        ("", "acme/shop", "", "unauthorised"),
        ("secret", "acme/nothing", "", "not_found"),
        ("secret", "acme/shop", "elsewhere", "redirected_elsewhere"),
        ("secret", "acme/shop", "circle", "too_many_redirects"),
        ("secret", "acme/shop", "garbage", "not_json"),
        ("secret", "acme/shop", "primary", "rate_limited"),
        ("secret", "acme/shop", "503", "server_error"),
    ],
)
def test_what_goes_wrong(token: str, repository: str, fault: str, code: str, fake: FakeGitHub, repo: Repo) -> None:
    if fault:
        fake.faults.update(dict.fromkeys(range(1, 9), fault))
    assert error_of(fake, token, repository).code == code


def test_a_missing_permission_while_reading_names_it(fake: FakeGitHub, repo: Repo) -> None:
    fake.forbid("issues")
    with pytest.raises(OutgoingError) as caught:
        GitHub().client(fake.url, "secret").get("repos/acme/shop/issues")
    assert (caught.value.code, caught.value.params["needs"]) == ("missing_scope", "issues=read")


def test_something_that_is_no_github(fake: FakeGitHub, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for odd in ([], "hello", 5, None, {}, {"id": "7"}):
        monkeypatch.setattr(repo, "object", lambda odd=odd: odd)
        assert error_of(fake).code == "bad_answer"


@pytest.mark.parametrize(
    "name",
    [
        "prod",
        "production",
        "Production",
        "PRD",
        "live",
        "github-pages",
        "prod-eu",
        "eu/prod",
        "production_2",
        "Live-JP",
    ],
)
def test_names_of_production(name: str) -> None:
    assert is_production(name)


@pytest.mark.parametrize(
    "name", ["staging", "preprod", "pre-production", "non-prod", "product", "reproduce", "delivery", "test", "alive"]
)
def test_names_of_something_else(name: str) -> None:
    assert not is_production(name)


@pytest.mark.parametrize(
    "name",
    ["Deploy", "deploy-prod", "ProdDeploy", "Release", "Publish to PyPI", "CI/CD", "cd", "pages-build-deployment"],
)
def test_names_of_workflows_that_deploy(name: str) -> None:
    assert deploys(name)


@pytest.mark.parametrize(
    "name", ["CodeQL", "Lint", "Tests", "CI", "Deploy preview", "undeploy", "abcd", "Prerelease-notes"]
)
def test_names_of_workflows_that_do_not(name: str) -> None:
    assert not deploys(name)


@pytest.mark.parametrize(
    "name", ["incident", "Incident", "type: incident", "outage", "sev1", "SEV-2", "severity: 1", "postmortem"]
)
def test_names_of_labels_for_incidents(name: str) -> None:
    assert speaks_of_incidents(name)


@pytest.mark.parametrize("name", ["bug", "enhancement", "several", "sev", "coincidence", "question"])
def test_names_of_other_labels(name: str) -> None:
    assert not speaks_of_incidents(name)
