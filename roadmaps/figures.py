"""The roadmap's figure for the registry: docs/definitions.md, Figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from core.figures import Figure, Values, register
from roadmaps.facts import facts_of_phases
from roadmaps.models import Roadmap
from roadmaps.progress import BurnUpDay, burn_up
from teams.models import Team
from teams.zones import zones_of


def counted_days(teams: Sequence[Team], days: Sequence[date]) -> dict[int, list[BurnUpDay]]:
    """By team, the burn-up of the days from the roadmap's start on. Four queries."""
    roadmaps = list(Roadmap.objects.filter(team__in=teams))
    by_pk = {team.pk: team for team in teams}
    zones = zones_of(by_pk[roadmap.team_id] for roadmap in roadmaps)
    facts = facts_of_phases(roadmaps, zones)
    return {
        roadmap.team_id: burn_up(facts[roadmap.pk], [day for day in days if day >= roadmap.start_date])
        for roadmap in roadmaps
    }


def values(teams: Sequence[Team], days: Sequence[date]) -> Values:
    """{(team.pk, day): done / scope at the end of the day}; None without a roadmap, before its start, or with an empty scope."""
    found: Values = {(team.pk, day): None for team in teams for day in days}
    for team_id, counted in counted_days(teams, days).items():
        found |= {(team_id, day.day): day.done / day.scope for day in counted if day.scope}
    return found


def pooled(teams: Sequence[Team], day: date) -> float | None:
    """Done / scope over the items of all the teams together."""
    counted = [found for of_team in counted_days(teams, [day]).values() for found in of_team]
    scope = sum(found.scope for found in counted)
    return sum(found.done for found in counted) / scope if scope else None


ROADMAP_PROGRESS = Figure(
    id="roadmap_progress",
    title=_("Roadmap progress"),
    unit=_("share of the items"),
    better="more",
    values=values,
    pooled=pooled,
    is_share=True,
)


def register_all() -> None:
    register(ROADMAP_PROGRESS)
