"""The delivery page: headline figures, charts, and the services behind them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections import health
from connections.views import Request, visible_team
from core import clock
from core.charts import Chart
from core.spreadsheet import csv_response
from delivery import charts, summary
from delivery.board import LENGTHS, Board, Choice, board
from delivery.models import Deployment, Incident, OutcomeChoice
from teams.models import Team

NEWEST = 6  # rows of each list below the charts


@require_safe
def delivery(request: Request, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    found = board(team, _choice(request))
    keys = [service.pk for service in found.services]
    context = {
        "room": "teams",
        "team": team,
        "board": found,
        "summary": summary.of_board(found),
        "choice": found.choice,
        "lengths": LENGTHS,
        "outcomes": _outcomes(found),
        "sources": health.rows([service.source for service in found.services], clock.now()),
        "deployments": Deployment.objects.of_services(keys).newest_first()[:NEWEST],
        "incidents": Incident.objects.of_services(keys).newest_first()[:NEWEST],
        "may_administer": request.user.has_perm("team.administer", team),
    }
    return render(request, "delivery/delivery.html", context)


def _choice(request: Request) -> Choice:
    return Choice.of(request.GET.get("period"), request.GET.get("by"))


def _outcomes(found: Board) -> list[tuple[str, Any, int]]:
    """(value of the list's filter, label, count) of the period's deployments to production, those that occur."""
    labels = dict(OutcomeChoice.choices)
    known = [outcome for outcome in labels if outcome != OutcomeChoice.SUCCEEDED and found.outcomes[outcome]]
    return [(outcome, labels[outcome], found.outcomes[outcome]) for outcome in known]


@require_safe
def frequency_csv(request: Request, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    return _csv(team, "deployment-frequency", charts.frequency_chart(board(team, _choice(request))))


@require_safe
def mttr_csv(request: Request, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    return _csv(team, "mttr", charts.mttr_chart(board(team, _choice(request))))


def _csv(team: Team, name: str, chart: Chart) -> HttpResponse:
    return csv_response(f"{name}-team-{team.pk}", chart.columns, chart.rows)
