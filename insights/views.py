"""Home and the team page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from teams.models import Team


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "insights/home.html", {"room": "home"})


@require_safe
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    shown = get_object_or_404(Team.objects.visible_to(request.user), pk=team_id)
    return render(request, "insights/team.html", {"room": "teams", "page": "overview", "team": shown})
