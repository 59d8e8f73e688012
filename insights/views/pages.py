"""Home and the team page: they read across rooms and write nothing."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

import connections.summary
import delivery.summary
import roadmaps.summary
from insights import home as selectors
from insights.steps import first_steps, next_step, team_steps
from teams.models import Team
from teams.requests import PortalRequest


@require_safe
def home(request: PortalRequest) -> HttpResponse:
    person = request.user
    cards = selectors.team_cards(person)
    owed = selectors.owed(person)
    steps = [] if cards else first_steps(person)
    context = {
        "room": "home",
        "cards": cards,
        "owed": owed,
        "late": sum(each.late for each in owed),
        "news": selectors.news([card.team for card in cards]),
        "steps": steps,
        "now": next_step(steps),
    }
    return render(request, "insights/home.html", context)


@require_safe
def team(request: PortalRequest, team_id: int) -> HttpResponse:
    shown = get_object_or_404(Team.objects.visible_to(request.user), pk=team_id)
    roadmap = roadmaps.summary.for_team(shown)
    health = connections.summary.health_of(shown)
    steps = team_steps(
        request.user,
        shown,
        people=shown.memberships.count(),
        has_roadmap=roadmap is not None,
        has_connection=bool(health.rows),
    )
    context = {
        "room": "teams",
        "page": "overview",
        "team": shown,
        "roadmap": roadmap,
        "delivery": delivery.summary.for_team(shown),
        "connections": health,
        "steps": steps,
        "now": next_step(steps),
        "can_edit": request.user.has_perm("team.edit", shown),
        "can_administer": request.user.has_perm("team.administer", shown),
    }
    return render(request, "insights/team.html", context)
