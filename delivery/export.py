"""The lists and charts of this room as files."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from connections.health import SourceRow
from core.charts import Chart
from core.tables.writing import Table
from delivery.importing import deployments, incidents
from delivery.models import Deployment, EnvironmentClass, Incident, OutcomeChoice, Service
from teams.models import Team

CHUNK = 2000  # rows read at a time


def of_deployments(team: Team, rows: QuerySet[Deployment]) -> Table:
    # Streamed lines are made after the request, outside of its language.
    classes = {value: str(label) for value, label in EnvironmentClass.choices}
    outcomes = {value: str(label) for value, label in OutcomeChoice.choices}
    header = [*(str(each.header) for each in deployments.COLUMNS), _("Counts"), _("Class"), _("Workflow")]
    lines = (
        [*deployments.cells_of(row, outcomes), row.counts, classes[row.environment_class], row.workflow_name]
        for row in rows.iterator(CHUNK)
    )
    return Table("deployments", header, lines, zone=team.zone, streamed=True, of=team)


def of_incidents(team: Team, rows: QuerySet[Incident]) -> Table:
    header = [*(str(each.header) for each in incidents.COLUMNS), _("Hours"), _("Labels")]
    lines = (
        [*incidents.cells_of(row), None if row.hours is None else round(row.hours, 2), ", ".join(row.labels)]
        for row in rows.iterator(CHUNK)
    )
    return Table("incidents", header, lines, zone=team.zone, streamed=True, of=team)


def of_services(team: Team, services: Sequence[Service], sources: Sequence[SourceRow]) -> Table:
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
    return Table("services", header, lines, of=team)


def of_chart(team: Team, name: str, chart: Chart) -> Table:
    return Table(name, chart.columns, chart.rows, of=team)
