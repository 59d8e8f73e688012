"""The deployments, incidents and changes behind a figure: filtered by the address, sorted, paged, and as files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections.views import Request
from core import live
from core.tables import writing
from delivery import export
from delivery.behind import change_rows
from delivery.filters import ChangeFilter, DeploymentFilter, Filter, IncidentFilter
from delivery.views.teams_clock import team_on_its_clock
from teams.models import Team

PER_PAGE = 50


@require_safe
@live.page("delivery")
def deployments(request: Request, team_id: int) -> HttpResponseBase:
    team = team_on_its_clock(request, team_id)
    chosen = DeploymentFilter(request.GET, team=team)
    if writing.is_asked(request) and chosen.is_valid():
        return writing.answer(request, export.of_deployments(team, chosen.rows))
    return _page(request, team, chosen, "delivery/deployments.html")


@require_safe
@live.page("delivery")
def incidents(request: Request, team_id: int) -> HttpResponseBase:
    team = team_on_its_clock(request, team_id)
    chosen = IncidentFilter(request.GET, team=team)
    if writing.is_asked(request) and chosen.is_valid():
        return writing.answer(request, export.of_incidents(team, chosen.rows))
    return _page(request, team, chosen, "delivery/incidents.html")


@require_safe
@live.page("delivery")
def changes(request: Request, team_id: int) -> HttpResponseBase:
    team = team_on_its_clock(request, team_id)
    chosen = ChangeFilter(request.GET, team=team)
    if writing.is_asked(request) and chosen.is_valid():
        return writing.answer(request, export.of_changes(team, chosen.rows))
    return _page(request, team, chosen, "delivery/changes.html", change_rows)


def _page(
    request: Request, team: Team, chosen: Filter, template: str, shown: Callable[[Any], Any] = list
) -> HttpResponse:
    """A filter that cannot be understood says so and shows nothing rather than something else."""
    rows = Paginator(chosen.rows if chosen.is_valid() else chosen.model.objects.none(), PER_PAGE)
    page = rows.get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "room": "teams",
        "team": team,
        "form": chosen,
        "rows": page,
        "shown": shown(page.object_list),
        "total": rows.count,
    }
    return render(request, template, context, status=422 if chosen.errors else 200)
