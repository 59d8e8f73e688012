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
from delivery.models.deployments import Deployment, DeploymentQuerySet, is_counted
from delivery.models.incidents import Incident, IncidentQuerySet
from delivery.models.prepared import PreparedQuarter
from delivery.models.pushes import AlertRule, PushKey, Telling
from delivery.models.services import (
    ALERT,
    HAND,
    IMPORTED,
    PUSHED,
    TOLD,
    DeploymentSourceChoice,
    EnvironmentClass,
    Feeder,
    OutcomeChoice,
    Service,
    ServiceQuerySet,
)

__all__ = [
    "ALERT",
    "HAND",
    "IMPORTED",
    "PUSHED",
    "TOLD",
    "AlertRule",
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
    "Feeder",
    "Incident",
    "IncidentQuerySet",
    "Linked",
    "OutcomeChoice",
    "Policy",
    "PreparedQuarter",
    "PushKey",
    "Scope",
    "Service",
    "ServiceQuerySet",
    "Telling",
    "is_counted",
]
