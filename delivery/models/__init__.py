"""Deployments, changes and incidents, the services they belong to, and what counts as a failure of what.

See docs/definitions.md, Delivery, and docs/adr/0021: what hosts and people told stands beside what the portal made of it.
"""

from delivery.models.attribution import (
    Correction,
    CorrectionKind,
    DeliveryDay,
    Edition,
    Failure,
    FailureKind,
    Policy,
    Scope,
)
from delivery.models.changes import Change, ComparedCommit, Comparison, Linked
from delivery.models.deployments import Deployment, DeploymentQuerySet
from delivery.models.incidents import Incident, IncidentQuerySet
from delivery.models.services import (
    IMPORTED,
    DeploymentSourceChoice,
    EnvironmentClass,
    OutcomeChoice,
    Service,
    ServiceQuerySet,
)

__all__ = [
    "IMPORTED",
    "Change",
    "ComparedCommit",
    "Comparison",
    "Correction",
    "CorrectionKind",
    "DeliveryDay",
    "Deployment",
    "DeploymentQuerySet",
    "DeploymentSourceChoice",
    "Edition",
    "EnvironmentClass",
    "Failure",
    "FailureKind",
    "Incident",
    "IncidentQuerySet",
    "Linked",
    "OutcomeChoice",
    "Policy",
    "Scope",
    "Service",
    "ServiceQuerySet",
]
