"""Pushing as a program does it: with a token, over the API."""

from __future__ import annotations

from typing import Any

from django.test import Client

from delivery.models import Deployment, Incident
from teams.models import Person, Team, TokenScope
from tests.access_world import make_token

SECRET = "secret-of-the-pushing-token"
DEPLOYMENT = {
    "id": "build-512",
    "service": "churn-model",
    "environment": "production",
    "created_at": "2026-11-02T09:30:00Z",
    "finished_at": "2026-11-02T09:42:00Z",
    "sha": "4f2c9ab",
}
INCIDENT = {"id": "INC-42", "title": "Predictions are stale", "began_at": "2026-11-03T08:00:00Z"}
CHANGE = {
    "id": "12",
    "first_commit_at": "2026-11-01T08:00:00Z",
    "opened_at": "2026-11-01T10:00:00Z",
    "merged_at": "2026-11-02T09:00:00Z",
    "sha": "4f2c9ab",
}


class Program:
    """Whoever holds a token of the team."""

    def __init__(self, team: Team, maker: Person, scope: str = TokenScope.WRITE) -> None:
        self.team = team
        self.secret = make_token(team, maker, scope, f"{SECRET}-{scope}")

    def send(self, what: str, body: Any, **headers: str) -> Any:
        own = {"Authorization": f"Bearer {self.secret}"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        address = f"/api/v1/teams/{self.team.pk}/{what}/"
        return Client(enforce_csrf_checks=True, raise_request_exception=False).post(
            address, body, content_type="application/json", headers=own
        )

    def push(self, what: str, *entries: dict[str, Any], status: int = 200, **headers: str) -> Any:
        response = self.send(what, {what: list(entries)}, **headers)
        assert response.status_code == status, response.content
        return response.json()

    def deploy(self, *, status: int = 200, **fields: Any) -> Any:
        """One deployment. None takes a field away."""
        return self.push("deployments", _with(DEPLOYMENT, fields), status=status)

    def report(self, *, status: int = 200, **fields: Any) -> Any:
        return self.push("incidents", _with(INCIDENT, fields), status=status)


def _with(usual: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (usual | fields).items() if value is not None}


def rows() -> Any:
    """Everything that is stored of deployments, incidents and changes, but for numbers and when it was stored."""
    deployments = Deployment.objects.order_by("service__name", "key").values_list(
        "service__name", "key", "outcome", "environment_class", "created_at", "finished_at", "sha", "title", "attempt",
        "in_scope", "told_at",
    )  # fmt: skip
    incidents = Incident.objects.order_by("key").values_list(
        "service__name", "key", "title", "began_at", "resolved_at", "labels", "in_scope", "told_at"
    )
    return list(deployments), list(incidents)
