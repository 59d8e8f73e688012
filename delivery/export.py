"""The lists and charts of this room as files."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from connections.health import SourceRow
from core.charts import Chart
from core.tables.writing import Table
from delivery.models import Deployment, Incident, Service
from teams.models import Team

CHUNK = 2000  # rows read at a time


def of_deployments(team: Team, rows: QuerySet[Deployment]) -> Table:
    header = [
        _("Finished"), _("Began"), _("Counts"), _("Outcome"), _("Environment"), _("Class"), _("Service"), _("Workflow"),
        _("Branch"), _("Commit"), _("Title"), _("Address"),
    ]  # fmt: skip
    lines = (
        [
            row.finished_at, row.created_at, row.counts, row.outcome, row.environment, row.environment_class,
            row.service.name, row.workflow_name, row.branch, row.sha, row.title, row.url,
        ]
        for row in rows.iterator(CHUNK)
    )  # fmt: skip
    return Table(f"deployments-team-{team.pk}", header, lines, zone=team.zone, streamed=True)


def of_incidents(team: Team, rows: QuerySet[Incident]) -> Table:
    header = [_("Began"), _("Resolved"), _("Hours"), _("Title"), _("Service"), _("Labels"), _("Address")]
    lines = (
        [
            row.began_at, row.resolved_at, None if row.hours is None else round(row.hours, 2), row.title,
            row.service.name, ", ".join(row.labels), row.url,
        ]
        for row in rows.iterator(CHUNK)
    )  # fmt: skip
    return Table(f"incidents-team-{team.pk}", header, lines, zone=team.zone, streamed=True)


def of_services(team: Team, services: list[Service], sources: list[SourceRow]) -> Table:
    """What counts, and how reading it goes; `sources` in the order of the services."""
    header = [
        _("Service"), _("Deployments"), _("Workflow"), _("Production"), _("Incidents"), _("Since"), _("Health"),
    ]  # fmt: skip
    lines = [
        [
            service.name,
            service.get_deployment_source_display(),
            ", ".join(each["name"] for each in service.workflows),
            ", ".join([*service.environments.get("production", ()), *service.production_branches]),
            ", ".join(service.incident_labels),
            service.since,
            row.health.label,
        ]
        for service, row in zip(services, sources, strict=True)
    ]
    return Table(f"services-team-{team.pk}", header, lines)


def of_chart(team: Team, name: str, chart: Chart) -> Table:
    return Table(f"{name}-team-{team.pk}", chart.columns, chart.rows)
