"""The services that programs push to, and the environments by which their deployments are classed."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from connections import services as connections
from connections.models import PUSHED, Source
from connectors.names import is_production
from connectors.records import DeploymentSource
from core.refusals import Refused
from delivery import rules as rule
from delivery.models import Deployment, EnvironmentClass, Feeder, Service
from delivery.pushing.refusals import Elsewhere
from delivery.rules import Rules
from delivery.services import fed_otherwise, service_named, write_rules
from teams.models import Person, Team

MOST = 200  # services of one team that pushes made: a program that names a new one each time has a mistake


def lock(team: Team) -> Team:
    """One push at a time for a team. Not so strong that rows which name the team would wait for it."""
    return Team.objects.select_for_update(of=("self",), no_key=True).get(pk=team.pk)


class Services:
    """The team's services by name, with their rules. Two queries, and one for each service that is pushed to."""

    def __init__(self, team: Team, by: Person) -> None:
        self.team, self.by = team, by
        self.known = list(Service.objects.of(team).listed())
        self.rules: dict[int, Rules] = {}

    def named(self, name: str) -> Service | None:
        return service_named(self.known, name)

    def pushed(self, name: str) -> Service:
        """The service of this name that programs push to, made where it is new. Elsewhere; Refused."""
        found = self.named(name)
        if found is None:
            found = self._make(name.strip())
        elif found.fed_by != Feeder.PROGRAMS:
            raise Elsewhere(fed_otherwise(found))
        elif found.ended_at is not None:
            raise Elsewhere(_("“%(service)s” has ended: nothing is counted for it any more.") % {"service": found})
        if found.pk not in self.rules:
            # As a sync does that stores a page: neither sees the other's half.
            Source.objects.select_for_update(of=("self",)).get(pk=found.source_id)
            self.rules[found.pk] = rule.of_service(found)
        return found

    def _make(self, name: str) -> Service:
        if sum(each.source.connection.is_pushed for each in self.known) >= MOST:
            message = _("The team has %(most)s services that programs push to. Does the name change with each push?")
            raise Refused(message % {"most": MOST}, "service")
        source = connections.connect_told(team=self.team, name=name, kind=PUSHED, by=self.by)
        made = Service.objects.create(
            source=source, team=self.team, name=name, deployment_source=DeploymentSource.PUSHED.value
        )
        self.known.append(made)
        return made

    def classed(self, service: Service, environment: str, wanted: str) -> Rules:
        """The rules of the service, which class this environment. Refused where nobody said what it is, or something else."""
        rules = self.rules[service.pk]
        known = rule.class_of_environment(environment, rules.environments)
        if known != EnvironmentClass.OTHER:
            if wanted and wanted != known:
                message = _("By the rules of “%(service)s” the environment “%(environment)s” is “%(class)s”.")
                said = {"service": service, "environment": environment, "class": EnvironmentClass(known).label}
                raise Refused(message % said, "environment_class")
            return rules
        kind = EnvironmentClass(wanted) if wanted else self._proposed(service, environment)
        if kind != EnvironmentClass.OTHER:
            named = {**rules.environments, kind.value: (*rules.environments.get(kind.value, ()), environment)}
            self.rules[service.pk] = rules = replace(rules, environments=named)
            write_rules(service, rules)
        return rules

    def _proposed(self, service: Service, environment: str) -> EnvironmentClass:
        kind = EnvironmentClass.PRODUCTION if is_production(environment) else rule.guess(environment)
        seen = Deployment.objects.filter(service=service, environment=environment)
        if kind == EnvironmentClass.OTHER and not seen.exists():
            message = _(
                "Nobody said what “%(environment)s” is: send environment_class, or name it in the service's rules."
            )
            raise Refused(message % {"environment": environment}, "environment")
        return kind
