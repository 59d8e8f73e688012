"""What a service's rules make of a deployment or an incident: pure functions. See docs/definitions.md, Deployment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import translate

from connectors.records import DeploymentSource, ReadOptions
from delivery.models import IMPORTED, EnvironmentClass, Service

CLASSES = (EnvironmentClass.PRODUCTION, EnvironmentClass.STAGING, EnvironmentClass.TESTING)


@dataclass(frozen=True)
class Rules:
    """What a person chose for one service. Names and patterns (`*`, `?`) are compared without regard to case."""

    deployments: DeploymentSource
    environments: Mapping[str, Sequence[str]] = field(default_factory=dict)  # class -> names or patterns
    branches: Sequence[str] = ()  # production, for runs
    workflows: Sequence[tuple[str, str]] = ()  # (id, name)
    incident_labels: Sequence[str] = ()
    since: date | None = None

    def __post_init__(self) -> None:
        # Lists from JSON and tuples from forms compare equal.
        environments = {name: tuple(patterns) for name, patterns in self.environments.items() if patterns}
        object.__setattr__(self, "environments", environments)
        object.__setattr__(self, "branches", tuple(self.branches))
        object.__setattr__(self, "workflows", tuple(self.workflows))
        object.__setattr__(self, "incident_labels", tuple(self.incident_labels))

    def read_options(self) -> ReadOptions:
        """The part that the connector needs."""
        runs = self.deployments is DeploymentSource.RUNS
        return ReadOptions(
            deployments=self.deployments,
            workflows=tuple(ident for ident, _name in self.workflows) if runs else (),
            incident_labels=tuple(self.incident_labels),
            since=self.since,
        )


def of_service(service: Service) -> Rules:
    return Rules(
        deployments=DeploymentSource(service.deployment_source),
        environments=service.environments,
        branches=service.production_branches,
        workflows=[(workflow["id"], workflow["name"]) for workflow in service.workflows],
        incident_labels=service.incident_labels,
        since=service.since,
    )


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is this name or stands for it. An empty name matches nothing but "*"."""
    folded = name.casefold()
    return any(folded == pattern.casefold() or _compiled(pattern).match(folded) for pattern in patterns if pattern)


def _compiled(pattern: str) -> re.Pattern[str]:
    # "[" is a letter here: people write names of environments such as "prod [eu]", not character classes.
    return re.compile(translate(pattern.casefold().replace("[", "[[]")))


def class_of_environment(environment: str, environments: Mapping[str, Sequence[str]]) -> EnvironmentClass:
    """Its class: one that names it exactly, else the first whose pattern fits, else other: never silently production."""
    if not environment:
        return EnvironmentClass.OTHER
    exact = environment.casefold()
    for each in CLASSES:
        if exact in {pattern.casefold() for pattern in environments.get(each, ())}:
            return each
    for each in CLASSES:
        if matches(environment, environments.get(each, ())):
            return each
    return EnvironmentClass.OTHER


def guess(name: str) -> EnvironmentClass:
    """A class for an environment that nobody proposed for production; people see it, and change it in the rules."""
    folded = name.casefold()
    if folded.startswith(("stag", "preprod", "pre-prod", "uat")):
        return EnvironmentClass.STAGING
    if folded.startswith(("test", "qa", "dev", "ci")):
        return EnvironmentClass.TESTING
    return EnvironmentClass.OTHER


def class_of(rules: Rules, environment: str, branch: str) -> EnvironmentClass:
    """The class of a deployment: by its branch for runs, by its environment for the host's deployments."""
    if rules.deployments is DeploymentSource.RUNS:
        return EnvironmentClass.PRODUCTION if matches(branch, rules.branches) else EnvironmentClass.OTHER
    return class_of_environment(environment, rules.environments)


def deployment_in_scope(rules: Rules, workflow: str) -> bool:
    """Whether a deployment is of the service's present source. `workflow` "" marks one of the host's deployments."""
    if rules.deployments is DeploymentSource.RUNS:
        return workflow in {ident for ident, _name in rules.workflows}
    return rules.deployments is DeploymentSource.DEPLOYMENTS and not workflow


def incident_in_scope(rules: Rules, labels: Iterable[str], key: str = "") -> bool:
    """Whether it carries a label that was chosen. What people bring as a file is an incident by itself."""
    if key.startswith(IMPORTED):
        return True
    wanted = {label.casefold() for label in rules.incident_labels}
    return any(label.casefold() in wanted for label in labels)
