"""The views of a team's part of the API, for the rooms above."""

from __future__ import annotations

from typing import cast

from django.shortcuts import get_object_or_404

from core.api import BodyView
from teams.access import require
from teams.models import Person, Team


class TeamView(BodyView):
    """404 for a team that is not to be seen, then 403 for what is not to be done, then the body is looked at."""

    @property
    def person(self) -> Person:
        """Who asks; teams.api_auth.MayCall has kept everybody else out."""
        return cast(Person, self.request.user)

    def team(self, permission: str = "") -> Team:
        """The team of the address, if the person may see it, and do `permission` to it."""
        team = get_object_or_404(Team.objects.visible_to(self.person), pk=self.kwargs["team_id"])
        if permission:
            require(self.person, permission, team)
        return team
