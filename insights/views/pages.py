"""Home and the team page: they read across rooms and write nothing."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from core import live, readiness
from insights import home as homes
from insights import news
from insights import team as team_pages
from insights.steps import first_steps, next_step
from teams.models import Team
from teams.requests import PortalRequest
from teams.services import visits

ROOMS = ("assessments", "roadmaps", "okrs", "delivery", "comments")


@require_safe
@live.page(*ROOMS, everywhere=True)
def home(request: PortalRequest) -> HttpResponse:
    person = request.user
    last_visit = visits.before(by=person) if live.is_look(request) else visits.looked(by=person)
    found, since = homes.read(person), news.since_of(last_visit)
    steps = [] if found.rows else first_steps(person)
    context = {
        "room": "home",
        "home": found,
        "last_visit": last_visit,
        "news": news.of_teams([row.team for row in found.rows], found.mine, since),
        "steps": steps,
        "now": next_step(steps),
        "standing_still": readiness.standing_still() if person.has_perm("organisation.administer") else [],
    }
    return render(request, "insights/home.html", context)


@require_safe
@live.page(*ROOMS, "connections")
def team(request: PortalRequest, team_id: int) -> HttpResponse:
    shown = get_object_or_404(Team.objects.visible_to(request.user), pk=team_id)
    found = team_pages.read(request.user, shown)
    context = {
        "room": "teams",
        "page": "overview",
        "team": shown,
        "can_edit": request.user.has_perm("team.edit", shown),
        "can_administer": request.user.has_perm("team.administer", shown),
    }
    return render(request, "insights/team.html", context | found)
