"""What people do to services: connect a repository with its rules, and change the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from connections import services as connections
from connections.models import Source
from connections.services import Claimed, DraftGone, DraftUsed
from core.edits import StaleEdit, merge
from core.refusals import Refused
from delivery import rules as rule
from delivery.models import Deployment, EnvironmentClass, Incident, Service
from delivery.rules import Rules
from teams import audit
from teams.models import Person, Team

__all__ = ["Claimed", "DraftGone", "DraftUsed", "RulesError", "change_rules", "connect"]

CHUNK = 500  # names in one query


@transaction.atomic
def connect(*, draft_id: int, rules: Rules, by: Person) -> Service:
    """Connect the repository of a draft as a service of its team; it is read at once. Raises DraftGone, DraftUsed, Claimed.

    A repository that the team had disconnected goes on with what was stored of it.
    """
    source = connections.connect(draft_id=draft_id, options=rules.read_options(), by=by)
    service = Service.objects.filter(source=source).first()
    if service is None:
        service = Service(source=source, team=source.connection.team)
    service.name = source.full_name
    _write(service, rules)
    service.save()
    _apply(service, rules)
    return service


@transaction.atomic
def connect_sample(*, team: Team, name: str, rules: Rules, by: Person) -> Service:
    """A service of the sample organisation. What it is said to have done is stored as what a sync reads."""
    source = connections.connect_sample(team=team, name=name, options=rules.read_options(), by=by)
    service = Service(source=source, team=team, name=name, created_at=source.created_at)
    _write(service, rules)
    service.save()
    return service


class RulesError(Refused):
    """By these rules nothing would be counted. `field` is the part of the rules."""


@transaction.atomic
def change_rules(*, service_id: int, rules: Rules, seen: Mapping[str, Any], by: Person) -> Service:
    """Change what counts; `seen` are the parts of the rules that were seen. StaleEdit; RulesError.

    Stored rows are classed anew at once; what the old rules did not read is read next.

    The source's row is locked first, as a sync does that stores a page: neither sees the other's half.
    """
    source = Source.objects.select_for_update(of=("self",)).get(service=service_id)
    service = Service.objects.select_related("team").get(pk=service_id)
    before = rule.of_service(service)
    rules = _merged(service, before, seen, rules)
    if before == rules:
        return service
    _write(service, rules)
    service.save()
    _apply(service, rules)
    audit.record(
        "delivery.rules_changed", actor=by, subject=service, team=service.team,
        service=service.name, before=_plain(before), after=_plain(rules),
    )  # fmt: skip
    connections.change_options(source_id=source.pk, options=rules.read_options(), by=by)
    return service


def _merged(service: Service, before: Rules, seen: Mapping[str, Any], wanted: Rules) -> Rules:
    present, typed = rule.parts_of(before), rule.parts_of(wanted)
    by = audit.last_touch("delivery.rules_changed", service)
    try:
        changes = merge(
            current={name: rule.comparable(value) for name, value in present.items()},
            seen={name: rule.comparable(seen[name]) for name in rule.PARTS},
            wanted={name: rule.comparable(value) for name, value in typed.items()},
            changed_by=lambda _name: by,
        )
    except StaleEdit as stale:
        theirs, yours = ({name: each[name] for name in stale.theirs} for each in (present, typed))
        raise StaleEdit(theirs=theirs, yours=yours, by=stale.by) from None
    merged = replace(before, **{name: typed[name] for name in changes})
    for name, problem in rule.problems(merged).items():
        raise RulesError(problem, name)
    return merged


def _write(service: Service, rules: Rules) -> None:
    service.deployment_source = rules.deployments.value
    service.environments = {name: list(patterns) for name, patterns in rules.environments.items()}
    service.production_branches = list(rules.branches)
    service.workflows = [{"id": ident, "name": name} for ident, name in rules.workflows]
    service.incident_labels = list(rules.incident_labels)
    service.since = rules.since


def _plain(rules: Rules) -> dict[str, object]:
    """For the audit log."""
    return {
        "deployments": rules.deployments.value,
        "environments": {name: list(patterns) for name, patterns in rules.environments.items()},
        "branches": list(rules.branches),
        "workflows": [name for _ident, name in rules.workflows],
        "incident_labels": list(rules.incident_labels),
        "since": rules.since.isoformat() if rules.since else None,
    }


def _apply(service: Service, rules: Rules) -> None:
    """Class all stored rows anew: one pass over the distinct names, a few updates; no row is read."""
    deployments = Deployment.objects.filter(service=service)
    wanted: dict[tuple[EnvironmentClass, bool], list[tuple[str, str, str]]] = defaultdict(list)
    present = deployments.values_list("environment", "branch", "workflow", "environment_class", "in_scope").distinct()
    for environment, branch, workflow, old_class, old_scope in present:
        new = (rule.class_of(rules, environment, branch), rule.deployment_in_scope(rules, workflow))
        if new != (old_class, old_scope):
            wanted[new].append((environment, branch, workflow))
    for (new_class, in_scope), names in wanted.items():
        for environment, workflow, branches in _by_branch(names):
            same = deployments.filter(environment=environment, workflow=workflow, branch__in=branches)
            same.update(environment_class=new_class, in_scope=in_scope)
    _apply_to_incidents(service, rules)


def _by_branch(names: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, list[str]]]:
    """(environment, workflow, branches): few environments and workflows, maybe thousands of branches."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for environment, branch, workflow in names:
        groups[environment, workflow].append(branch)
    for (environment, workflow), branches in groups.items():
        for start in range(0, len(branches), CHUNK):
            yield environment, workflow, branches[start : start + CHUNK]


def _apply_to_incidents(service: Service, rules: Rules) -> None:
    incidents = Incident.objects.filter(service=service)
    turned: dict[bool, list[int]] = defaultdict(list)
    for pk, labels, in_scope in incidents.values_list("pk", "labels", "in_scope"):
        new = rule.incident_in_scope(rules, labels)
        if new != in_scope:
            turned[new].append(pk)
    for in_scope, keys in turned.items():
        for start in range(0, len(keys), CHUNK):
            incidents.filter(pk__in=keys[start : start + CHUNK]).update(in_scope=in_scope)
