"""Pages that speak of a team's days tell all times on the team's clock, and say whose it is."""

from __future__ import annotations

from django.utils import timezone

from connections.views import Request, visible_team
from teams.models import Team
from teams.zones import with_zone


def team_on_its_clock(request: Request, team_id: int) -> Team:
    """The team, if the person may see it; what is shown from now on is of its zone. The middleware puts the reader's back."""
    team = with_zone(visible_team(request, team_id))
    timezone.activate(team.zone)
    return team
