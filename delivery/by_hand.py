"""What people enter by hand: a deployment of a service that no repository and no program feeds, and any incident.

docs/definitions.md, By hand. Only what was entered by hand is edited or withdrawn by hand; what was told by others is corrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from connections.models import Source
from connectors.records import DeploymentRecord, IncidentRecord, Outcome
from core import clock
from core.edits import merge
from core.refusals import Refused
from delivery import refresh
from delivery import rules as rule
from delivery.models import HAND, Deployment, Feeder, Incident, Service
from delivery.pushing.services import Services, lock
from delivery.records import keep_deployments, keep_incidents, keep_incidents_of_team
from delivery.refresh import Touched
from delivery.rules import Rules
from delivery.sanity import check_deployment, check_ended, check_incident, check_instant
from delivery.services import fed_otherwise, keep_rules, known_until, of_people, service_named, with_proposals
from teams import audit
from teams.models import Person, Team

OF_DEPLOYMENT = ("environment", "outcome", "created_at", "finished_at", "branch", "sha", "title", "url")
OF_INCIDENT = ("title", "began_at", "resolved_at", "url")


class NotByHand(Refused):
    """Somebody else told of it, or it is withdrawn."""

    conflicts: ClassVar[bool] = True


# -- Deployments ------------------------------------------------------------------------------------------------------


@transaction.atomic
def enter_deployment(
    *, team: Team, service: str, by: Person, environment_class: str = "", request_id: str = "", **told: Any
) -> Deployment:
    """A deployment of the service of this name, which is made where it is new. Twice the same request is as once. Refused."""
    lock(team)
    key = _key(request_id)
    known = Deployment.objects.filter(service__team=team, key=key).first()
    if known is not None:
        return known
    found = service_named(Service.objects.of(team).listed(), service)
    if found is not None and found.fed_by != Feeder.PEOPLE:
        raise Refused(fed_otherwise(found), "service")
    record = _deployment(key, told)
    place = of_people(team, service, by)
    rules = _rules(place, record.environment, environment_class, by)
    refresh.lock(team.pk)
    keep_deployments(place, rules, [record], clock.now())
    known_until(place, [record.finished_at or record.created_at])
    made = place.deployments.get(key=key)
    audit.record("delivery.deployment_entered", actor=by, subject=made, team=team, service=place.name, title=str(made))
    return made


def _rules(service: Service, environment: str, wanted: str, by: Person) -> Rules:
    """The rules, which class the environment. Refused where nobody said what it is."""
    services = Services(service.team, by)
    services.rules[service.pk] = with_proposals(service, ())
    keep_rules(service, services.rules[service.pk])
    try:
        return services.classed(service, environment, wanted)
    except Refused as error:
        if error.field != "environment":
            raise
        message = _(
            "Nobody said what “%(environment)s” is: say it where a deployment is entered, or in the service's rules."
        )
        raise Refused(message % {"environment": environment}, error.field) from None


def _deployment(key: str, told: Mapping[str, Any]) -> DeploymentRecord:
    """Refused for what cannot have been so."""
    outcome, now = Outcome(told["outcome"]), clock.now()
    began = told["created_at"] or told["finished_at"]
    if began is None:
        raise Refused(_("Say when it began or finished."), "created_at")
    check_instant("created_at", told["created_at"], now)
    check_instant("finished_at", told["finished_at"], now)
    check_deployment(outcome, began, told["finished_at"])
    check_ended(outcome, told["finished_at"])
    return DeploymentRecord(key=key, **{**told, "outcome": outcome, "created_at": began})


@transaction.atomic
def edit_deployment(*, deployment: Deployment, wanted: Mapping[str, Any], seen: Mapping[str, Any], by: Person) -> None:
    """Correct what was entered by hand. StaleEdit; Refused; NotByHand."""
    row = _locked_deployment(deployment)
    changes = _merged(row, deployment_fields(row), wanted, seen)
    if not changes:
        return
    record = _deployment(row.key, deployment_fields(row) | changes)
    rules = _rules(row.service, record.environment, "", by)
    keep_deployments(row.service, rules, [replace(record, attempt=row.attempt)], clock.now())
    audit.record(
        "delivery.deployment_edited", actor=by, subject=row, team=row.service.team, title=str(row), **_told(changes)
    )


def deployment_fields(row: Deployment) -> dict[str, Any]:
    """What can be edited of it, as it stands."""
    return {name: getattr(row, name) for name in OF_DEPLOYMENT}


def _locked_deployment(deployment: Deployment) -> Deployment:
    """The row, with its service's source locked first, as a sync does."""
    Source.objects.select_for_update(of=("self",)).get(services=deployment.service_id)
    rows = Deployment.objects.select_for_update(of=("self",)).select_related("service__team", "service__source")
    refresh.lock(deployment.service.team_id)
    row = rows.get(pk=deployment.pk)
    _check_by_hand(row)
    return row


# -- Incidents --------------------------------------------------------------------------------------------------------


@transaction.atomic
def enter_incident(*, team: Team, service: Service | None, by: Person, request_id: str = "", **told: Any) -> Incident:
    """An incident of a service or of the team. Twice the same request is as once. Refused."""
    lock(team)
    key = _key(request_id)
    known = Incident.objects.filter(team=team, key=key).first()
    if known is not None:
        return known
    _keep_incident(team, service, _incident(key, told))
    made = Incident.objects.get(team=team, key=key)
    audit.record(
        "delivery.incident_entered",
        actor=by,
        subject=made,
        team=team,
        service=service.name if service else "",
        title=str(made),
    )
    return made


def _incident(key: str, told: Mapping[str, Any]) -> IncidentRecord:
    now = clock.now()
    for field in ("began_at", "resolved_at"):
        check_instant(field, told[field], now)
    check_incident(told["began_at"], told["resolved_at"])
    return IncidentRecord(key=key, **told)


def _keep_incident(team: Team, service: Service | None, record: IncidentRecord) -> None:
    now = clock.now()
    refresh.lock(team.pk)
    if service is None:
        keep_incidents_of_team(team, [record], now)
    else:
        keep_incidents(service, rule.of_service(service), [record], now)


@transaction.atomic
def edit_incident(*, incident: Incident, wanted: Mapping[str, Any], seen: Mapping[str, Any], by: Person) -> None:
    """Correct what was entered by hand. StaleEdit; Refused; NotByHand."""
    row = _locked_incident(incident)
    changes = _merged(row, incident_fields(row), wanted, seen)
    if not changes:
        return
    _keep_incident(row.team, row.service, _incident(row.key, incident_fields(row) | changes))
    audit.record("delivery.incident_edited", actor=by, subject=row, team=row.team, title=str(row), **_told(changes))


def incident_fields(row: Incident) -> dict[str, Any]:
    return {name: getattr(row, name) for name in OF_INCIDENT}


def _locked_incident(incident: Incident) -> Incident:
    lock(incident.team)
    refresh.lock(incident.team_id)
    row = Incident.objects.select_for_update(of=("self",)).select_related("team").get(pk=incident.pk)
    _check_by_hand(row)
    return row


# -- Both -------------------------------------------------------------------------------------------------------------


def is_by_hand(row: Deployment | Incident) -> bool:
    """Whether it can be edited and withdrawn."""
    return row.key.startswith(HAND) and row.gone_at is None


def _check_by_hand(row: Deployment | Incident, *, withdrawn: bool = False) -> None:
    if not row.key.startswith(HAND):
        raise NotByHand(_("This was not entered by hand, so it is not edited here. It can be corrected with a reason."))
    if (row.gone_at is not None) != withdrawn:
        raise NotByHand(_("This was withdrawn or taken back meanwhile. Reload the page."))


def _key(request_id: str) -> str:
    return f"{HAND}{request_id or uuid4().hex}"


def _merged(
    row: Deployment | Incident, present: Mapping[str, Any], wanted: Mapping[str, Any], seen: Mapping[str, Any]
) -> dict[str, Any]:
    kind = "incident" if isinstance(row, Incident) else "deployment"
    by = audit.last_touch(f"delivery.{kind}_edited", row)
    return merge(
        current={name: present[name] for name in wanted}, seen=seen, wanted=wanted, changed_by=lambda _name: by
    )


def _told(changes: Iterable[str]) -> dict[str, Any]:
    return {"fields": sorted(changes)}


@transaction.atomic
def withdraw(*, row: Deployment | Incident, by: Person) -> dict[str, Any]:
    """Let it count no more; it stays, and can be brought back. What an undo needs."""
    return _turn(row, by, withdrawn=False)


@transaction.atomic
def bring_back(*, row: Deployment | Incident, by: Person) -> dict[str, Any]:
    return _turn(row, by, withdrawn=True)


def _turn(row: Deployment | Incident, by: Person, *, withdrawn: bool) -> dict[str, Any]:
    team = row.team if isinstance(row, Incident) else row.service.team
    lock(team)
    refresh.lock(team.pk)
    model = type(row)
    locked = model._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    _check_by_hand(locked, withdrawn=withdrawn)
    locked.gone_at = None if withdrawn else clock.now()
    locked.save(update_fields=["gone_at"])
    touched = Touched()
    if isinstance(locked, Incident):
        touched.of_incidents([locked])
    else:
        touched.deployments([locked])
    refresh.run(team.pk, touched)
    kind, did = model._meta.model_name, "brought_back" if withdrawn else "withdrawn"
    audit.record(f"delivery.{kind}_{did}", actor=by, subject=locked, team=team, title=str(locked))
    return {"kind": kind, "pk": locked.pk}
