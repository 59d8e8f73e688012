"""From a point of a chart to its cause: the deployments, incidents and changes behind a figure on some days."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections.views import Request
from core import live
from core.tables import writing
from delivery import export
from delivery.point import Asked, read
from delivery.views.teams_clock import team_on_its_clock


@require_safe
@live.page("delivery")
def point(request: Request, team_id: int) -> HttpResponseBase:
    team = team_on_its_clock(request, team_id)
    asked = Asked.of(request.GET.dict(), team)
    if writing.is_asked(request):
        return writing.answer(request, export.of_point(team, asked, request.GET.get("table", "")))
    context = {
        "room": "teams",
        "team": team,
        "point": read(team, asked),
        "back": asked.choice.query,
        "can_edit": request.user.has_perm("team.edit", team),
        "may_administer": request.user.has_perm("team.administer", team),
    }
    return render(request, "delivery/point.html", context)
