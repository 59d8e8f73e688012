"""The delivery page: the figures, their charts, and the services behind them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections import health
from connections.views import Request, visible_team
from core import clock, live
from core.tables import writing
from delivery import charts, export, first_reading, policies, summary
from delivery.board import LENGTHS, Board, Choice, board
from delivery.editions import EDITIONS
from delivery.models import Deployment, Incident, OutcomeChoice
from delivery.views.teams_clock import team_on_its_clock

NEWEST = 6  # rows of each list below the charts


@require_safe
@live.page("delivery", "connections")
def delivery(request: Request, team_id: int) -> HttpResponseBase:
    team = team_on_its_clock(request, team_id)
    found = board(team, choice_of(request))
    sources = health.rows([service.source for service in found.services], clock.now())
    if writing.is_asked(request):
        return writing.answer(request, export.of_services(team, found.services, sources))
    keys = [service.pk for service in found.services]
    context = {
        "room": "teams",
        "team": team,
        "board": found,
        "summary": summary.of_board(found),
        "bottlenecks": charts.bottlenecks(found),
        "estimate": first_reading.left_of(found.services, clock.now()) if found.first_sync else None,
        "policy_text": policies.text_of(found.policy),
        "choice": found.choice,
        "lengths": LENGTHS,
        "editions": EDITIONS,
        "outcomes": _outcomes(found),
        "sources": sources,
        "deployments": Deployment.objects.of_services(keys).newest_first()[:NEWEST],
        "incidents": Incident.objects.of_teams([team]).newest_first()[:NEWEST],
        "can_edit": request.user.has_perm("team.edit", team),
        "may_administer": request.user.has_perm("team.administer", team),
    }
    return render(request, "delivery/delivery.html", context)


def choice_of(request: Request) -> Choice:
    return Choice.of(request.GET.get("period"), request.GET.get("by"), request.GET.get("edition"))


def _outcomes(found: Board) -> list[tuple[str, Any, int]]:
    """(value of the list's filter, label, count) of the period's deployments to production, those that occur."""
    labels = dict(OutcomeChoice.choices)
    known = [outcome for outcome in labels if outcome != OutcomeChoice.SUCCEEDED and found.outcomes[outcome]]
    return [(outcome, labels[outcome], found.outcomes[outcome]) for outcome in known]


@require_safe
def chart_file(request: Request, team_id: int, name: str) -> HttpResponseBase:
    """What a chart draws, as a file."""
    team = visible_team(request, team_id)
    if name not in charts.BY_ID:
        raise Http404
    chart = charts.BY_ID[name](board(team, choice_of(request)))
    return writing.answer(request, export.of_chart(team, name, chart))
