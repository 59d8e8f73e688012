"""Deployments and incidents that come as a table, and go as one."""

from core import imports
from delivery.importing.deployments import Deployments
from delivery.importing.incidents import Incidents

__all__ = ["Deployments", "Incidents", "register"]


def register() -> None:
    imports.register(Deployments())
    imports.register(Incidents())
