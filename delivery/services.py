"""What people do to services: connect a repository with its rules, and change the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from connections import services as connections
from connections import sharing as connecting
from connections.models import IMPORTED, Draft, Source
from connections.reading import STREAMS
from connections.services import Claimed, DraftGone, DraftUsed
from connectors.names import is_production
from connectors.records import DeploymentRecord, DeploymentSource, IncidentRecord
from core import clock
from core.edits import StaleEdit, merge
from core.refusals import Refused
from core.tables.cells import plain
from delivery import claims, refresh, sharing_out
from delivery import rules as rule
from delivery.models import Deployment, EnvironmentClass, Feeder, Incident, Service
from delivery.records import keep_deployments, keep_incidents, keep_incidents_of_team
from delivery.rules import Rules
from teams import audit
from teams.models import Person, Team

__all__ = [
    "Claimed",
    "DraftGone",
    "DraftUsed",
    "NotRead",
    "RulesError",
    "add_part",
    "bring_deployments",
    "bring_incidents",
    "change_rules",
    "connect",
    "end_part",
]

CHUNK = 500  # names in one query
LABEL = "incident"  # of the incidents of a service that is fed by files


@transaction.atomic
def connect(*, draft_id: int, rules: Rules, by: Person) -> Service:
    """Connect the repository of a draft as a service of its team; it is read at once.

    A repository that the team had disconnected goes on with what was stored of it. Raises DraftGone, DraftUsed, Claimed,
    connections.services.NotGranted, claims.PartTaken.
    """
    source = connections.connect(draft_id=draft_id, options=rules.read_options(), by=by)
    team = Draft.objects.select_related("team").get(pk=draft_id).team
    claims.refuse_taken(claims.of_source(source), rules, team)
    service = _former(source, team) or Service(team=team, name=source.full_name)
    service.source, service.ended_at = source, None
    _write(service, rules)
    service.save()
    class_all(source)
    return service


def _former(source: Source, team: Team) -> Service | None:
    """What the team had of the repository when it disconnected it, maybe while another row of it was read."""
    same = {"source__base_url": source.base_url, "source__external_id": source.external_id}
    return Service.objects.of(team).filter(ended_at__isnull=False, **same).order_by("-ended_at", "-pk").first()


@transaction.atomic
def add_part(*, team: Team, source_id: int, name: str, rules: Rules, by: Person) -> Service:
    """Another service of a repository that the team reads. It is read whole once more. Raises claims.PartTaken, NotRead."""
    source = Source.objects.select_for_update(of=("self",)).get(pk=source_id)
    if not source.shares.live().filter(team=team).exists():
        raise NotRead(_("This team does not read the repository any more. Connect it again."))
    claims.refuse_taken(claims.of_source(source), rules, team)
    service = Service(team=team, source=source, name=name)
    _write(service, rules)
    service.save()
    class_all(source)
    audit.record("delivery.part_added", actor=by, subject=service, team=team, service=name, repository=source.full_name)
    _read_what_is_wanted(source, team, by, STREAMS)
    return service


@transaction.atomic
def end_part(*, service_id: int, by: Person) -> None:
    """Count this part no more; what was stored of it stays, and the repository is read on for the others. Twice is as once."""
    service = Service.objects.select_related("team", "source").get(pk=service_id)
    source = connecting.lock(service.source_id)
    service.refresh_from_db()
    if service.ended_at is not None:
        return
    if not Service.objects.live().of(service.team).filter(source=source).exclude(pk=service.pk).exists():
        connecting.leave(source, service.team, by)
        return
    service.ended_at = clock.now()
    service.save(update_fields=["ended_at"])
    class_all(source)
    audit.record(
        "delivery.part_ended", actor=by, subject=service, team=service.team,
        service=service.name, repository=source.full_name,
    )  # fmt: skip
    _read_what_is_wanted(source, service.team, by)


def _read_what_is_wanted(source: Source, team: Team, by: Person, once_more: Collection[str] = ()) -> None:
    options = sharing_out.wanted(source)
    if options is not None:
        connections.change_options(source_id=source.pk, team=team, options=options, by=by, once_more=once_more)


@transaction.atomic
def connect_sample(*, team: Team, name: str, rules: Rules, by: Person) -> Service:
    """A service of the sample organisation. What it is said to have done is stored as what a sync reads."""
    source = connections.connect_sample(team=team, name=name, options=rules.read_options(), by=by)
    service = Service(source=source, team=team, name=name, created_at=source.created_at)
    _write(service, rules)
    service.save()
    return service


class NotRead(Refused):
    """The team does not read the repository."""


class RulesError(Refused):
    """By these rules nothing would be counted. `field` is the part of the rules."""


@transaction.atomic
def change_rules(*, service_id: int, rules: Rules, seen: Mapping[str, Any], by: Person) -> Service:
    """Change what counts; `seen` are the parts of the rules that were seen. StaleEdit; RulesError; claims.PartTaken.

    Stored rows are classed anew at once; what the old rules did not read is read next.

    The source's row is locked first, as a sync does that stores a page: neither sees the other's half.
    """
    source = Source.objects.select_for_update(of=("self",)).get(services=service_id)
    service = Service.objects.select_related("team").get(pk=service_id)
    before = rule.of_service(service)
    rules = _merged(service, before, seen, rules)
    if before == rules:
        return service
    if service.ended_at is None:
        claims.refuse_taken(claims.of_source(source, service), rules, service.team)
    _write(service, rules)
    service.save()
    services = list(Service.objects.live().filter(source=source))
    refresh.lock_all(each.team_id for each in [*services, service])
    moved = set(rules.paths) != set(before.paths)
    if moved:  # which files a change touches is not stored: they are read once more
        service.changes.filter(key__startswith="pull:").delete()
    _apply(service, rules)
    class_all(source, but=service)
    audit.record(
        "delivery.rules_changed", actor=by, subject=service, team=service.team,
        service=service.name, before=_plain(before), after=_plain(rules),
    )  # fmt: skip
    _read_what_is_wanted(source, service.team, by, ("changes",) if moved else ())
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
    service.paths = list(rules.paths)
    service.since = rules.since


def _plain(rules: Rules) -> dict[str, object]:
    """For the audit log."""
    return {
        "deployments": rules.deployments.value,
        "environments": {name: list(patterns) for name, patterns in rules.environments.items()},
        "branches": list(rules.branches),
        "workflows": [name for _ident, name in rules.workflows],
        "incident_labels": list(rules.incident_labels),
        "paths": list(rules.paths),
        "since": rules.since.isoformat() if rules.since else None,
    }


def write_rules(service: Service, rules: Rules) -> None:
    """Keep other rules of a service that is told of, and class what is stored by them. With its source's row locked."""
    if rule.of_service(service) != rules:
        _write(service, rules)
        service.save()
        class_all(service.source)


def class_all(source: Source, but: Service | None = None) -> None:
    """Class the rows of each live service anew: what one of them names is not another one's any more, or again."""
    services = list(Service.objects.live().filter(source=source).order_by("pk"))
    refresh.lock_all(service.team_id for service in services)
    for service in services:
        if service != but:
            _apply(service, rule.of_service(service))
    for team_id in sorted({service.team_id for service in [*services, *([but] if but else [])]}):
        refresh.everything(team_id)


def _apply(service: Service, rules: Rules) -> None:
    """Class all stored rows anew: one pass over the distinct names, a few updates; no row is read."""
    others = sharing_out.others_of(service)
    deployments = Deployment.objects.filter(service=service)
    wanted: dict[tuple[EnvironmentClass, bool], list[tuple[str, str, str]]] = defaultdict(list)
    present = deployments.values_list("environment", "branch", "workflow", "environment_class", "in_scope").distinct()
    for environment, branch, workflow, old_class, old_scope in present:
        new = (
            rule.class_of(rules, environment, branch),
            rule.deployment_in_scope(rules, workflow, environment, others),
        )
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
    for pk, labels, key, in_scope in incidents.values_list("pk", "labels", "key", "in_scope"):
        new = rule.incident_in_scope(rules, labels, key)
        if new != in_scope:
            turned[new].append(pk)
    for in_scope, keys in turned.items():
        for start in range(0, len(keys), CHUNK):
            incidents.filter(pk__in=keys[start : start + CHUNK]).update(in_scope=in_scope)


# -- What people bring as files -----------------------------------------------------------------------------------


def service_named(services: Iterable[Service], name: str) -> Service | None:
    """The one of this name, one that is connected before others."""
    found = [each for each in services if plain(each.name) == plain(name)]
    return next((each for each in found if each.ended_at is None), found[0] if found else None)


def fed_otherwise(service: Service) -> str:
    """Why nobody else tells of its deployments: two would count the same one twice."""
    sentences = {
        Feeder.PEOPLE: _(
            "People bring the deployments of “%(service)s” as files or by hand. Two sources would count twice."
        ),
        Feeder.PROGRAMS: _("Programs push the deployments of “%(service)s”. Two sources would count twice."),
        Feeder.REPOSITORY: _(
            "The deployments of “%(service)s” come from its repository. Two sources would count twice."
        ),
    }
    return sentences[service.fed_by] % {"service": service.name}


def lock_imports(team: Team) -> None:
    """Nobody else makes a service of the team by a file, and no sync stores anything, until the transaction ends."""
    # Not so strong that a sync, which holds its source and stores rows that name the team, would wait for it.
    Team.objects.select_for_update(of=("self",), no_key=True).get(pk=team.pk)
    list(Source.objects.of(team).select_for_update(of=("self",)).order_by("pk"))


def with_proposals(service: Service | None, environments: Collection[str]) -> Rules:
    """The rules by which a file's deployments are classed: an environment that the service has not seen is proposed a class.

    `service` None: one that is new. Those of a connected one stay as they are.
    """
    if service is not None and not service.is_imported:
        return rule.of_service(service)
    rules = rule.of_service(service) if service else Rules(DeploymentSource.DEPLOYMENTS)
    if rules.deployments is DeploymentSource.NONE:  # until now it had incidents only
        rules = replace(rules, deployments=DeploymentSource.DEPLOYMENTS)
    known = (
        Deployment.objects.filter(service=service).values_list("environment", flat=True).distinct() if service else ()
    )
    named: dict[str, Sequence[str]] = dict(rules.environments)
    for name in sorted(set(environments) - set(known) - {""}):
        kind = EnvironmentClass.PRODUCTION if is_production(name) else rule.guess(name)
        if kind != EnvironmentClass.OTHER and rule.class_of_environment(name, named) == EnvironmentClass.OTHER:
            named[kind.value] = (*named.get(kind.value, ()), name)
    return replace(rules, environments=named)


@transaction.atomic
def bring_deployments(*, team: Team, records: Mapping[str, Sequence[DeploymentRecord]], by: Person) -> None:
    """Store a file's deployments by the name of their service, which is made where it is new. Twice is as once."""
    for name, found in records.items():
        service = of_people(team, name, by)
        rules = with_proposals(service, {each.environment for each in found})
        keep_rules(service, rules)
        refresh.lock(team.pk)
        keep_deployments(service, rules, found, clock.now())
        known_until(service, [each.finished_at or each.created_at for each in found])


@transaction.atomic
def bring_incidents(*, team: Team, records: Mapping[str, Sequence[IncidentRecord]], by: Person) -> None:
    """By the name of their service; "" for those of the team."""
    refresh.lock(team.pk)
    for name, found in records.items():
        if not name:
            keep_incidents_of_team(team, found, clock.now())
            continue
        service = service_named(Service.objects.of(team).listed(), name) or of_people(team, name, by)
        rules = rule.of_service(service)
        if service.is_imported and not rules.incident_labels:
            rules = replace(rules, incident_labels=(LABEL,))
            keep_rules(service, rules)
        keep_incidents(service, rules, found, clock.now())
        known_until(service, [each.resolved_at or each.began_at for each in found])


def of_people(team: Team, name: str, by: Person) -> Service:
    """The service of this name whose deployments people bring, as files or by hand; made where it is new."""
    found = service_named((each for each in Service.objects.of(team).listed() if each.is_imported), name)
    if found is None:
        source = connections.connect_told(team=team, name=name, kind=IMPORTED, by=by)
        found = Service.objects.create(source=source, team=team, name=name)
    return found


def keep_rules(service: Service, rules: Rules) -> None:
    if rule.of_service(service) != rules:
        _write(service, rules)
        service.save()


def known_until(service: Service, instants: Sequence[datetime]) -> None:
    source = service.source
    if service.is_imported and instants:
        source.succeeded_at = max([*instants, *([source.succeeded_at] if source.succeeded_at else [])])
        source.save(update_fields=["succeeded_at"])
