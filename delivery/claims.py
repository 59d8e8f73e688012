"""Which part of a repository is whose: several services of one share it by workflows, environments and labels.

Nothing counts twice: a second claim of the same part is refused with the name of the team that has it. docs/adr/0024.
Whoever asks in order to write holds the lock of the source's row, so that of two who claim the same part one is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connections.models import Source
from connectors.records import DeploymentSource
from core.refusals import Refused
from core.spans import list_text
from delivery import rules as rule
from delivery.models import Service
from delivery.rules import Rules
from teams.models import Team

READ = (DeploymentSource.DEPLOYMENTS, DeploymentSource.RUNS)  # from the repository


class PartTaken(Refused):
    """Another service counts this part of the repository already. `field` is the part of the rules."""


@dataclass(frozen=True)
class Taken:
    """What other services of the repository have, each with its service. `kind`: how all of them count deployments."""

    kind: DeploymentSource | None = None
    workflows: Mapping[str, Service] = field(default_factory=dict)  # by id
    environments: Sequence[tuple[str, Service]] = ()  # names or patterns
    labels: Mapping[str, Service] = field(default_factory=dict)  # by the name in lower case
    services: Sequence[Service] = ()
    counting: Sequence[Service] = ()  # those that count deployments in that way

    @property
    def said(self) -> list[dict[str, Any]]:
        """For a page: each service, and which part it has."""
        return [{"service": each, "said": said(rule.of_service(each))} for each in self.services]

    def environment(self, name: str) -> Service | None:
        return next((service for pattern, service in self.environments if overlap(pattern, name)), None)

    def label(self, name: str) -> Service | None:
        return self.labels.get(name.casefold())

    @property
    def patterns(self) -> list[str]:
        return [pattern for pattern, _service in self.environments]


def of_source(source: Source, but: Service | None = None) -> Taken:
    """What the live services of the repository have, without `but`. One query."""
    found = Service.objects.live().filter(source=source).select_related("team", "source").order_by("pk")
    return of_services([each for each in found if but is None or each.pk != but.pk])


def of_repository(base_url: str, external_id: str) -> Taken:
    """The same of a repository that somebody is about to connect."""
    source = Source.objects.claims(base_url, external_id).first()
    return of_source(source) if source else Taken()


def of_services(services: Sequence[Service]) -> Taken:
    chosen = [(each, rule.of_service(each)) for each in services]
    counting = [(each, rules) for each, rules in chosen if rules.deployments in READ]
    runs = [pair for pair in counting if pair[1].deployments is DeploymentSource.RUNS]
    hosts = [pair for pair in counting if pair[1].deployments is DeploymentSource.DEPLOYMENTS]
    return Taken(
        kind=counting[0][1].deployments if counting else None,
        workflows={ident: each for each, rules in runs for ident, _name in rules.workflows},
        environments=[(name, each) for each, rules in hosts for name in _environments(rules)],
        labels={label.casefold(): each for each, rules in chosen for label in rules.incident_labels},
        services=services,
        counting=[each for each, _rules in counting],
    )


def _environments(rules: Rules) -> list[str]:
    return [name for names in rules.environments.values() for name in names]


def refuse_taken(taken: Taken, rules: Rules, team: Team) -> None:
    """Raises PartTaken where something of these rules is another service's."""
    for name, sentence in _conflicts(taken, rules, team):
        raise PartTaken(sentence, name)


def _conflicts(taken: Taken, rules: Rules, team: Team) -> Iterator[tuple[str, str]]:
    if rules.deployments in READ and taken.kind and rules.deployments is not taken.kind:
        said = (
            _(
                "Deployments of this repository are counted by its workflows already (%(who)s). Choose workflows here too."
            )
            if taken.kind is DeploymentSource.RUNS
            else _(
                "Deployments of this repository are counted by its environments already (%(who)s). Choose these here too."
            )
        )
        yield "deployments", said % {"who": whose(taken.counting[0], team)}
    if rules.deployments is DeploymentSource.RUNS:
        for ident, name in rules.workflows:
            if ident in taken.workflows:
                yield "workflows", _sentence(name, taken.workflows[ident], team)
    if rules.deployments is DeploymentSource.DEPLOYMENTS:
        for name in _environments(rules):
            if (holder := taken.environment(name)) is not None:
                yield "environments", _sentence(name, holder, team)
    for label in rules.incident_labels:
        if (holder := taken.label(label)) is not None:
            yield "incident_labels", _sentence(label, holder, team)


def _sentence(part: str, holder: Service, team: Team) -> str:
    if holder.team_id == team.pk:
        said = _("“%(part)s” counts for the service “%(service)s” of this team already. It would count twice.")
    elif holder.team.archived_at is not None:
        said = _(
            "The archived team %(team)s still holds “%(part)s” of this repository. An administrator can restore that team, "
            "disconnect the repository there, and archive the team again."
        )
    else:
        said = _("“%(part)s” of this repository counts for the team %(team)s already. It would count twice.")
    return said % {"part": part, "team": holder.team, "service": holder}


def whose(service: Service, team: Team) -> str:
    """How the holder of a part is called in front of `team`."""
    return service.name if service.team_id == team.pk else str(service.team)


def said(rules: Rules) -> str:
    """Which part of a repository it is, in a few words."""
    words = []
    if rules.deployments is DeploymentSource.PUSHED:
        words.append(_("deployments that programs push"))
    if rules.deployments is DeploymentSource.RUNS and rules.workflows:
        names = list_text(name for _ident, name in rules.workflows)
        words.append(ngettext("workflow %(names)s", "workflows %(names)s", len(rules.workflows)) % {"names": names})
    production = list(rules.environments.get("production", ()))
    if rules.deployments is DeploymentSource.DEPLOYMENTS and production:
        words.append(
            ngettext("environment %(names)s", "environments %(names)s", len(production))
            % {"names": list_text(production)}
        )
    if rules.incident_labels:
        words.append(_("issues labelled %(names)s") % {"names": list_text(rules.incident_labels)})
    if rules.paths:
        words.append(_("changes below %(names)s") % {"names": list_text(rules.paths)})
    return " · ".join(words)


def overlap(one: str, other: str) -> bool:
    """Whether some name fits both names or patterns (`*`, `?`), without regard to case."""
    one, other = one.casefold(), other.casefold()
    if not any(sign in one + other for sign in "*?"):
        return one == other
    fits = [True, *_starred(other)]  # fits[j]: what was looked at of `one` fits the first j signs of `other`
    for sign in one:
        row = [fits[0] and sign == "*"]
        for at, theirs in enumerate(other):
            if "*" in (sign, theirs):  # it stands for nothing, or takes the other one's sign as well
                row.append(fits[at + 1] or row[at])
            else:
                row.append(fits[at] and (sign == theirs or "?" in (sign, theirs)))
        fits = row
    return fits[-1]


def _starred(pattern: str) -> Iterable[bool]:
    """Of each beginning of the pattern, whether it fits the empty name."""
    only = True
    for sign in pattern:
        only = only and sign == "*"
        yield only
