"""What other rooms show of roadmaps: the team page, home. Each function asks a constant number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from core.charts import Chart
from roadmaps import charts, figures
from roadmaps.models import Item, Roadmap, Tick
from roadmaps.overview import Overview, overviews
from teams.models import Person, Team


@dataclass(frozen=True)
class RoadmapSummary:
    """A team's roadmap for a card: `overview` has the numbers, phases, forecast and the items that are due next."""

    overview: Overview
    burn_up: Chart


def for_team(team: Team) -> RoadmapSummary | None:
    """The team's roadmap as templates/roadmaps/_strip.html shows it; None if it has not been started. Four queries."""
    roadmap = Roadmap.objects.filter(team=team).first()
    if roadmap is None:
        return None
    roadmap.team = team
    (overview,) = overviews([roadmap])
    return RoadmapSummary(overview, charts.burn_up(overview, export_url=reverse("roadmap-burn-up-csv", args=[team.pk])))


def for_teams(teams: Sequence[Team]) -> dict[int, Overview]:
    """The roadmaps of these teams by team, of those that have one. A constant number of queries."""
    by_pk = {team.pk: team for team in teams}
    found = list(Roadmap.objects.filter(team__in=by_pk))
    for roadmap in found:
        roadmap.team = by_pk[roadmap.team_id]  # the same object, so that nothing asks for it again
    return {overview.roadmap.team_id: overview for overview in overviews(found)}


def expected_on(teams: Sequence[Team], days: Sequence[date]) -> dict[date, float | None]:
    """Of the items in these teams' roadmaps, the share that was to be done by each day; None with none. Four queries."""
    expected, scope = Counter[date](), Counter[date]()
    for counted in figures.counted_days(teams, days).values():
        for each in counted:
            expected[each.day] += each.expected
            scope[each.day] += each.scope
    return {day: expected[day] / scope[day] if scope[day] else None for day in days}


def open_items_of(person: Person) -> list[Item]:
    """The person's open items in teams that are not archived, the earliest due first, with `roadmap.team`. One query."""
    items = Item.objects.visible_to(person).of_live_teams().owned_by(person).open()
    return list(items.by_due_date().select_related("roadmap__team"))


def recent_ticks(teams: Iterable[Team], since: datetime, limit: int = 20) -> list[Tick]:
    """The newest ticks of these teams recorded since then, newest first, with `person` and `item.roadmap.team`. One query.

    `roadmaps.history.said_of(tick)` says in words what each one did.
    """
    return list(Tick.objects.of_teams(list(teams)).recorded_since(since).newest_first()[:limit])
