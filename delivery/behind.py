"""The rows behind a figure, each with why it counts or does not, from what is stored. A constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.templatetags.portal import web_link
from delivery import why
from delivery.figures import Stage, hours_between, lead_hours, stages_of
from delivery.models import Change, Deployment, Failure, FailureKind, Incident, Policy
from delivery.why import Why


@dataclass(frozen=True)
class FailureSeen:
    """What shows that a deployment failed. `url` is the page of what shows it, `how` how it came to be attributed."""

    text: str
    url: str
    how: str


@dataclass(frozen=True)
class DeploymentRow:
    row: Deployment
    why: Why
    failures: Sequence[FailureSeen]


@dataclass(frozen=True)
class IncidentRow:
    """`deployment` is the one that it is attributed to, `recovery` the hours from its finish to the resolution."""

    row: Incident
    why: Why
    deployment: Deployment | None
    recovery: float | None


@dataclass(frozen=True)
class StageShown:
    id: str
    label: Promise | str
    hours: float


@dataclass(frozen=True)
class ChangeRow:
    row: Change
    why: Why
    hours: float | None
    stages: Sequence[StageShown]


# -- Deployments --------------------------------------------------------------------------------------------------------


def deployment_rows(rows: Iterable[Deployment], team_id: int) -> list[DeploymentRow]:
    """One query more."""
    rows = list(rows)
    failures: dict[int, list[FailureSeen]] = defaultdict(list)
    found = Failure.objects.filter(deployment__in=rows).select_related("incident", "witness", "change").order_by("pk")
    for each in found:
        failures[each.deployment_id].append(_seen(each, team_id))
    return [DeploymentRow(row, why.of_deployment(row), failures[row.pk]) for row in rows]


def _seen(failure: Failure, team_id: int) -> FailureSeen:
    if failure.incident is not None:
        url = reverse("incident", args=[team_id, failure.incident.pk])
        return FailureSeen(str(failure.incident), url, _("attributed by hand") if failure.by_hand else "")
    kind = str(FailureKind(failure.kind).label)
    if failure.witness is not None:
        return FailureSeen(str(failure.witness), reverse("deployment", args=[team_id, failure.witness.pk]), kind)
    if failure.change is not None:
        return FailureSeen(str(failure.change), web_link(failure.change.url), kind)
    return FailureSeen(kind, "", "")


# -- Incidents ----------------------------------------------------------------------------------------------------------


def incident_rows(rows: Iterable[Incident], policy: Policy) -> list[IncidentRow]:
    """One query more."""
    rows = list(rows)
    found = Failure.objects.filter(incident__in=rows).select_related("deployment")
    failures = {each.incident_id: each for each in found}
    return [_incident_row(row, failures.get(row.pk), policy) for row in rows]


def _incident_row(row: Incident, failure: Failure | None, policy: Policy) -> IncidentRow:
    deployment = failure.deployment if failure else None
    recovery = hours_between(deployment.finished_at, row.resolved_at) if deployment else None
    return IncidentRow(row, why.of_incident(row, failure, policy), deployment, recovery)


def candidates(row: Incident, present: Deployment | None, most: int) -> list[Deployment]:
    """The counted deployments that it may belong to: the present one first, then the latest that finished before it began."""
    found = (
        Deployment.objects.filter(service__team=row.team_id).counted().before(row.began_at).select_related("service")
    )
    return [
        *([present] if present else []),
        *(each for each in found[:most] if present is None or each.pk != present.pk),
    ]


# -- Changes ------------------------------------------------------------------------------------------------------------


def change_rows(rows: Iterable[Change]) -> list[ChangeRow]:
    return [ChangeRow(row, why.of_change(row), lead_hours(row), _stages(row)) for row in rows]


def _stages(row: Change) -> list[StageShown]:
    return [StageShown(name, Stage(name).label, hours) for name, hours in stages_of(row).items()]
