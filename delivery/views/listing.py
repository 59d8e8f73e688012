"""The deployments and incidents behind a figure: filtered by the address, sorted, paged, as CSV."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from connections.views import Request, visible_team
from core.spreadsheet import csv_response
from delivery.filters import DeploymentFilter, Filter, IncidentFilter
from delivery.models import Deployment, Incident
from teams.models import Team

PER_PAGE = 50


@require_safe
def deployments(request: Request, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    chosen = DeploymentFilter(request.GET, team=team)
    if request.GET.get("format") == "csv" and chosen.is_valid():
        return _deployments_csv(team, chosen.rows)
    return _page(request, team, chosen, "delivery/deployments.html")


@require_safe
def incidents(request: Request, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    chosen = IncidentFilter(request.GET, team=team)
    if request.GET.get("format") == "csv" and chosen.is_valid():
        return _incidents_csv(team, chosen.rows)
    return _page(request, team, chosen, "delivery/incidents.html")


def _page(request: Request, team: Team, chosen: Filter, template: str) -> HttpResponse:
    """A filter that cannot be understood says so and shows nothing rather than something else."""
    rows = Paginator(chosen.rows if chosen.is_valid() else chosen.model.objects.none(), PER_PAGE)
    page = rows.get_page(request.GET.get("page"))
    context: dict[str, Any] = {"room": "teams", "team": team, "form": chosen, "rows": page, "total": rows.count}
    return render(request, template, context, status=422 if chosen.errors else 200)


def _deployments_csv(team: Team, rows: QuerySet[Deployment]) -> HttpResponse:
    header = [
        _("Finished"), _("Began"), _("Counts"), _("Outcome"), _("Environment"), _("Class"), _("Service"), _("Workflow"),
        _("Branch"), _("Commit"), _("Title"), _("Address"),
    ]  # fmt: skip
    lines = (
        [
            row.finished_at, row.created_at, int(row.counts), row.outcome, row.environment, row.environment_class,
            row.service.name, row.workflow_name, row.branch, row.sha, row.title, row.url,
        ]
        for row in rows.iterator(chunk_size=2000)
    )  # fmt: skip
    return csv_response(f"deployments-team-{team.pk}", header, lines)


def _incidents_csv(team: Team, rows: QuerySet[Incident]) -> HttpResponse:
    header = [_("Began"), _("Resolved"), _("Hours"), _("Title"), _("Service"), _("Labels"), _("Address")]
    lines = (
        [
            row.began_at, row.resolved_at, None if row.hours is None else round(row.hours, 2), row.title,
            row.service.name, ", ".join(row.labels), row.url,
        ]
        for row in rows.iterator(chunk_size=2000)
    )  # fmt: skip
    return csv_response(f"incidents-team-{team.pk}", header, lines)
