"""What the team page brings together from every room. A constant number of queries."""

from __future__ import annotations

from typing import Any

import assessments.summary
import connections.summary
import delivery.summary
import okrs.summary
import roadmaps.summary
from insights.steps import next_step, team_steps
from teams.models import Person, Team


def read(person: Person, team: Team) -> dict[str, Any]:
    """The cards of the page, by the names that each room's card knows them by."""
    profile, roadmap = assessments.summary.for_team(team), roadmaps.summary.for_team(team)
    standing, health = okrs.summary.for_team(team), connections.summary.health_of(team)
    steps = team_steps(
        person,
        team,
        people=team.memberships.count(),
        has_round=profile.maturity.has_round or profile.maturity.is_assessed,
        has_roadmap=roadmap is not None,
        has_connection=bool(health.rows),
        has_objectives=bool(standing.objectives),
    )
    return {
        "owners": team.memberships.product_owners(),
        "maturity": profile.maturity,
        "radar": profile.radar,
        "roadmap": roadmap,
        "okrs": standing,
        "delivery": delivery.summary.for_team(team),
        "connections": health,
        "steps": steps,
        # The next best step holds the page's one filled button, if there is one.
        "now": None if profile.maturity.next_step else next_step(steps),
    }
