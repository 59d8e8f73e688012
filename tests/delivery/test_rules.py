from __future__ import annotations

import pytest

from connectors.records import DeploymentSource
from delivery.models import EnvironmentClass
from delivery.rules import Rules, class_of, class_of_environment, deployment_in_scope, incident_in_scope, matches

PRODUCTION, STAGING, TESTING, OTHER = EnvironmentClass


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("production", PRODUCTION),
        ("Production", PRODUCTION),
        ("prod-eu", PRODUCTION),
        ("prod-eu/green", PRODUCTION),
        ("preprod-eu", OTHER),
        ("prod-test", STAGING),  # named exactly: the name beats the pattern
        ("qa1", TESTING),
        ("qa12", OTHER),
        ("somewhere", OTHER),
        ("", OTHER),
    ],
)
def test_environments_are_classed_by_name_or_pattern(environment: str, expected: EnvironmentClass) -> None:
    rules = {"production": ["production", "prod-*"], "staging": ["prod-test"], "testing": ["qa?"]}
    assert class_of_environment(environment, rules) is expected


def test_nothing_is_production_unless_a_rule_says_so() -> None:
    assert class_of_environment("production", {}) is OTHER
    assert class_of_environment("", {"production": ["*"]}) is OTHER


def test_a_name_with_brackets_is_a_name() -> None:
    assert matches("prod [eu]", ["prod [eu]"])
    assert matches("prod [eu]", ["prod [*"])
    assert not matches("prod e", ["prod [eu]"])


def test_runs_are_production_by_their_branch() -> None:
    rules = Rules(DeploymentSource.RUNS, branches=["main", "release/*"], environments={"production": ["*"]})
    assert class_of(rules, "", "main") is PRODUCTION
    assert class_of(rules, "", "release/1.2") is PRODUCTION
    assert class_of(rules, "", "feature") is OTHER
    assert class_of(rules, "", "") is OTHER
    every = Rules(DeploymentSource.RUNS, branches=["*"])
    assert class_of(every, "", "anything") is PRODUCTION
    assert class_of(every, "", "") is PRODUCTION


@pytest.mark.parametrize(
    ("source", "workflow", "expected"),
    [
        (DeploymentSource.DEPLOYMENTS, "", True),
        (DeploymentSource.DEPLOYMENTS, "42", False),
        (DeploymentSource.RUNS, "42", True),
        (DeploymentSource.RUNS, "43", False),
        (DeploymentSource.RUNS, "", False),
        (DeploymentSource.NONE, "", False),
        (DeploymentSource.NONE, "42", False),
    ],
)
def test_exactly_one_deployment_source_is_in_scope(source: DeploymentSource, workflow: str, expected: bool) -> None:
    assert deployment_in_scope(Rules(source, workflows=[("42", "Deploy")]), workflow) is expected


def test_incidents_by_label_whatever_its_case() -> None:
    rules = Rules(DeploymentSource.NONE, incident_labels=["Incident"])
    assert incident_in_scope(rules, ["bug", "incident"])
    assert not incident_in_scope(rules, ["bug"])
    assert not incident_in_scope(rules, [])


def test_rules_from_json_and_from_a_form_are_equal() -> None:
    stored = Rules(DeploymentSource.NONE, environments={"production": ["a"], "staging": []}, branches=["x"])
    typed = Rules(DeploymentSource.NONE, environments={"production": ("a",)}, branches=("x",))
    assert stored == typed
