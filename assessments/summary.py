"""What other rooms show of maturity: portfolio, trends, the team page. Each function asks a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse

from assessments import charts, library
from assessments.figures import levels_on
from assessments.models import Snapshot
from assessments.overview import AreaStanding, Maturity, NextStep, overviews
from core.charts import Chart
from core.content import text
from teams.models import Team

__all__ = [
    "AreaStanding",
    "LevelChange",
    "Maturity",
    "NextStep",
    "TeamMaturity",
    "for_team",
    "for_teams",
    "levels_on",
    "recent_changes",
]


@dataclass(frozen=True)
class TeamMaturity:
    """A team's maturity for its card: `maturity` with the criteria of each area, `radar` (now, 13 weeks ago, target)."""

    maturity: Maturity
    radar: Chart


@dataclass(frozen=True)
class LevelChange:
    """An area came to another level. `before` or `after` None: there was none."""

    team: Team
    area: str
    title: str
    before: int | None
    after: int | None
    day: date
    url: str


def for_teams(teams: Sequence[Team], today: date | None = None) -> dict[int, Maturity]:
    """{team.pk: Maturity}, of the default model only: others cannot be compared."""
    return overviews(teams, today)


def for_team(team: Team, today: date | None = None) -> TeamMaturity:
    """As templates/assessments/_card.html shows it."""
    maturity = overviews([team], today)[team.pk]
    return TeamMaturity(maturity, charts.radar(maturity))


def recent_changes(teams: Sequence[Team], since: date) -> list[LevelChange]:
    """The changes of area levels on `since` and later, the newest first. One query.

    They are read from snapshots. A first level is no change.
    """
    model = library.load()
    by_pk = {team.pk: team for team in teams}
    rows = (
        Snapshot.objects.of(teams, model.id)
        .filter(day__gte=since - timedelta(days=1))
        .order_by("day")
        .values_list("team", "area", "day", "level")
    )
    last: dict[tuple[int, str], int | None] = {}
    found = []
    for team, area, day, level in rows:
        before = last.get((team, area), level)
        if before != level and day >= since:
            title = text(known.title) if (known := model.area(area)) else area
            url = f"{reverse('assessment', args=[team])}#area-{area}"
            found.append(LevelChange(by_pk[team], area, title, before, level, day, url))
        last[team, area] = level
    return found[::-1]
