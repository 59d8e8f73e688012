"""The lists and charts of this room as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from connections.health import SourceRow
from core.charts import Chart
from core.tables.writing import Table
from delivery import told
from delivery.figures import Stage, hours_between, lead_hours, stages_of
from delivery.importing import deployments, incidents
from delivery.models import Change, Deployment, EnvironmentClass, Incident, Linked, OutcomeChoice, Service
from delivery.point import Asked, changes_of, deployments_of, incidents_of
from delivery.side_by_side import Row as SideBySideRow
from delivery.side_by_side import SideBySide
from teams.models import Team

CHUNK = 2000  # rows read at a time


def of_deployments(team: Team, rows: QuerySet[Deployment]) -> Table:
    # Streamed lines are made after the request, outside of its language.
    classes = {value: str(label) for value, label in EnvironmentClass.choices}
    outcomes = {value: str(label) for value, label in OutcomeChoice.choices}
    header = [*(str(each.header) for each in deployments.COLUMNS), _("Counts"), _("Class"), _("Workflow")]
    header += [_("Failures"), _("Hotfix"), _("Excluded by hand")]
    lines = (
        [
            *deployments.cells_of(row, outcomes),
            *(row.counts, classes[row.environment_class], row.workflow_name, row.failures, row.hotfix, row.excluded),
        ]
        for row in rows.iterator(CHUNK)
    )
    return Table("deployments", header, lines, zone=team.zone, streamed=True, of=team)


def of_incidents(team: Team, rows: QuerySet[Incident]) -> Table:
    header = [*(str(each.header) for each in incidents.COLUMNS), _("Hours"), _("Labels")]
    header += [_("Counts"), _("Belongs to"), _("Recovery (h)")]
    lines = (
        [
            *incidents.cells_of(row),
            *(rounded(row.hours), ", ".join(row.labels), row.counts, *_caused_by(row)),
        ]
        for row in rows.select_related("failure__deployment").iterator(CHUNK)
    )
    return Table("incidents", header, lines, zone=team.zone, streamed=True, of=team)


def _caused_by(row: Incident) -> tuple[str | None, float | None]:
    """The deployment that an incident is attributed to, and the hours from its finish to the resolution."""
    failure = getattr(row, "failure", None)
    if failure is None:
        return None, None
    return str(failure.deployment), rounded(hours_between(failure.deployment.finished_at, row.resolved_at))


def rounded(hours: float | None) -> float | None:
    return None if hours is None else round(hours, 2)


def of_changes(team: Team, rows: QuerySet[Change]) -> Table:
    header = [
        _("Service"), _("Key"), _("Title"), _("Author"), _("Branch"), _("Labels"), _("First commit"), _("Opened"),
        _("First review"), _("Merged"), _("Deployed"), _("Lead time (h)"),
        *(_("%(stage)s (h)") % {"stage": stage.label} for stage in Stage),
        _("Deployment"), _("Found"), _("Address"),
    ]  # fmt: skip
    found = {value: str(label) for value, label in Linked.choices}
    lines = (_change_cells(row, found) for row in rows.select_related("deployment").iterator(CHUNK))
    return Table("changes", header, lines, zone=team.zone, streamed=True, of=team)


def _change_cells(row: Change, found: Mapping[str, str]) -> list[Any]:
    stages = stages_of(row)
    return [
        row.service.name, row.key, row.title, row.author, row.branch, ", ".join(row.labels), row.first_commit_at, row.opened_at,
        row.first_review_at, row.merged_at, row.deployed_at, rounded(lead_hours(row)),
        *(rounded(stages.get(stage)) for stage in Stage), str(row.deployment) if row.deployment else None,
        found.get(row.linked), row.url,
    ]  # fmt: skip


def of_services(team: Team, services: Sequence[Service], sources: Sequence[SourceRow]) -> Table:
    """What counts, and how reading it goes; `sources` in the order of the services."""
    header = [
        _("Service"), _("Deployments"), _("Workflow"), _("Production"), _("Incidents"), _("Since"), _("Health"),
    ]  # fmt: skip
    lines = [
        [
            service.name,
            service.told_by,
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


def of_point(team: Team, asked: Asked, name: str) -> Table:
    """One of the lists behind a point, whole."""
    if name == "incidents":
        return of_incidents(team, incidents_of(team, asked, team.zone))
    if name == "changes":
        return of_changes(team, changes_of(team, asked, team.zone))
    return of_deployments(team, deployments_of(team, asked, team.zone))


def of_teams(found: SideBySide) -> Table:
    """A row a team: of each figure the value, numerator, denominator, and band or score. An empty cell is "no data"."""
    header = [_("Team"), _("Group"), _("Edition"), _("From"), _("To")]
    for title, unit in zip(told.TITLES.values(), told.UNITS.values(), strict=True):
        parts = (_("Numerator"), _("Denominator"), _("Band"), _("Score"))
        header += [f"{title} ({unit})", *(f"{title}: {part}" for part in parts)]
    return Table("delivery-teams", header, [_team_cells(row) for row in found.rows])


def _team_cells(row: SideBySideRow) -> list[Any]:
    standing = row.standing
    cells: list[Any] = [row.team.name, row.team.group, standing.edition, standing.period.first, standing.period.last]
    for cell in row.cells:
        number = None if cell.number is None else round(cell.number, 4)
        cells += [number, cell.told.numerator, cell.told.denominator, cell.label, cell.told.judged.score]
    return cells
