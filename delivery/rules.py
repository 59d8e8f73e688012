"""What a service's rules make of a deployment or an incident: pure functions. See docs/definitions.md, Deployment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from fnmatch import translate
from typing import Any

from django.utils.translation import gettext as _

from connectors.records import DeploymentSource, ReadOptions
from delivery.models import TOLD, EnvironmentClass, Service

CLASSES = (EnvironmentClass.PRODUCTION, EnvironmentClass.STAGING, EnvironmentClass.TESTING)


@dataclass(frozen=True)
class Rules:
    """What a person chose for one service. Names and patterns (`*`, `?`) are compared without regard to case."""

    deployments: DeploymentSource
    environments: Mapping[str, Sequence[str]] = field(default_factory=dict)  # class -> names or patterns
    branches: Sequence[str] = ()  # production, for runs
    workflows: Sequence[tuple[str, str]] = ()  # (id, name)
    incident_labels: Sequence[str] = ()
    paths: Sequence[str] = ()  # folders, files or patterns of the repository; none: all of it
    since: date | None = None

    def __post_init__(self) -> None:
        # Lists from JSON and tuples from forms compare equal.
        environments = {name: tuple(patterns) for name, patterns in self.environments.items() if patterns}
        object.__setattr__(self, "environments", environments)
        object.__setattr__(self, "branches", tuple(self.branches))
        object.__setattr__(self, "workflows", tuple((ident, name) for ident, name in self.workflows))
        object.__setattr__(self, "incident_labels", tuple(self.incident_labels))
        object.__setattr__(self, "paths", tuple(self.paths))

    def read_options(self) -> ReadOptions:
        """The part that the connector needs."""
        runs = self.deployments is DeploymentSource.RUNS
        pushed = self.deployments is DeploymentSource.PUSHED
        return ReadOptions(
            deployments=DeploymentSource.NONE if pushed else self.deployments,
            workflows=tuple(ident for ident, _name in self.workflows) if runs else (),
            incident_labels=tuple(self.incident_labels),
            since=self.since,
            files=bool(self.paths),
        )


PARTS = tuple(each.name for each in fields(Rules))


def parts_of(rules: Rules) -> dict[str, Any]:
    """What two people can change without getting into each other's way, by the attribute's name."""
    return {name: getattr(rules, name) for name in PARTS}


def restored(name: str, text: str) -> Any:
    """A part from its JSON. ValueError for what is no such part."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError from error
    if name == "deployments":
        return DeploymentSource(value)
    if name == "since":
        return date.fromisoformat(str(value)) if value is not None else None
    if name == "environments":
        if not isinstance(value, dict):
            raise ValueError
        return {str(each): _texts(patterns) for each, patterns in value.items()}
    if name == "workflows":
        pairs = [_texts(each) for each in value] if isinstance(value, list) else [()]
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError
        return tuple(pairs)
    return _texts(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError
    return tuple(value)


def comparable(value: Any) -> Any:
    """A part without what makes no difference: the order and case of names."""
    if isinstance(value, Mapping):
        return {name: comparable(patterns) for name, patterns in value.items() if patterns}
    if isinstance(value, (list, tuple)):
        return sorted(str(each[0] if isinstance(each, tuple) else each).casefold() for each in value)
    return value


def problems(rules: Rules) -> dict[str, str]:
    """Why by these rules nothing would ever be counted, by part."""
    if rules.deployments in (DeploymentSource.DEPLOYMENTS, DeploymentSource.PUSHED) and not rules.environments.get(
        EnvironmentClass.PRODUCTION
    ):
        return {
            "environments": _(
                "Choose at least one production environment, or name one: without it no deployment would ever count."
            )
        }
    found = {}
    if rules.deployments is DeploymentSource.RUNS and not rules.workflows:
        found["workflows"] = _("Choose at least one workflow.")
    if rules.deployments is DeploymentSource.RUNS and not rules.branches:
        found["branches"] = _("Name at least one branch, or * for every branch.")
    if rules.deployments is DeploymentSource.NONE and not rules.incident_labels:
        found["incident_labels"] = _(
            "Choose at least one label: without deployments and incidents nothing would be read."
        )
    return found


def of_service(service: Service) -> Rules:
    return Rules(
        deployments=DeploymentSource(service.deployment_source),
        environments=service.environments,
        branches=service.production_branches,
        workflows=[(workflow["id"], workflow["name"]) for workflow in service.workflows],
        incident_labels=service.incident_labels,
        paths=service.paths,
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


def deployment_in_scope(rules: Rules, workflow: str, environment: str = "", others: Iterable[str] = ()) -> bool:
    """Whether a deployment is of the service's present source. `workflow` "" marks one of the host's deployments, and "pushed"
    one that a program pushed.

    `others`: the environments that other services of the repository name. One that nobody names is shown with each of them.
    """
    if DeploymentSource.PUSHED in (rules.deployments, workflow):
        return rules.deployments == workflow
    if rules.deployments is DeploymentSource.RUNS:
        return workflow in {ident for ident, _name in rules.workflows}
    return rules.deployments is DeploymentSource.DEPLOYMENTS and not workflow and not matches(environment, others)


def touches(rules: Rules, files: Iterable[str] | None) -> bool:
    """Whether a change of these files is the service's. One whose files nobody knows is: better one too many than none."""
    if not rules.paths or files is None:
        return True
    wanted = [_path(pattern) for pattern in rules.paths]
    return any(each.match(name) for name in files for each in wanted)


def _path(pattern: str) -> re.Pattern[str]:
    """A file, a folder with all below it, or a pattern, whose `*` also stands for folders. Unlike names, paths have a case."""
    inner = translate(pattern.strip("/").replace("[", "[[]")).removesuffix(r"\Z").removesuffix(r"\z")
    return re.compile(inner + r"(?:/.*)?\Z", re.DOTALL)


def incident_in_scope(rules: Rules, labels: Iterable[str], key: str = "") -> bool:
    """Whether it carries a label that was chosen. What people or programs tell is an incident by itself."""
    if key.startswith(TOLD):
        return True
    wanted = {label.casefold() for label in rules.incident_labels}
    return any(label.casefold() in wanted for label in labels)
