"""Maturity of several teams over time: the number of teams at each level, area by area. Levels are never averaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

import assessments.summary
from assessments import library
from assessments.wording import level_title
from core.content import text
from teams.models import Team

HIGH = 2  # what the headline counts: "at L2 or above"
CHANGE = timedelta(weeks=13)


@dataclass(frozen=True)
class AreaTrend:
    """One area on each day: how many teams stand at each level (index), and for one team alone its level and target."""

    key: str
    title: str
    days: Sequence[date]
    counts: Sequence[Sequence[int]]
    before: Sequence[int]  # the counts 13 weeks before the last day
    levels: Sequence[int | None] = ()
    target: int | None = None

    @property
    def assessed(self) -> int:
        return sum(self.counts[-1])

    @property
    def high(self) -> int:
        return sum(self.counts[-1][HIGH:])

    @property
    def change(self) -> int:
        return self.high - sum(self.before[HIGH:])

    @property
    def is_empty(self) -> bool:
        return not any(map(any, self.counts))


def read(teams: Sequence[Team], days: Sequence[date], team: Team | None = None) -> list[AreaTrend]:
    """The areas of the default model. A constant number of queries; from snapshots."""
    model = library.load()
    then = days[-1] - CHANGE
    known = assessments.summary.levels_on(teams, [*days, then])
    targets = _targets(team)

    def counts(area: str, day: date) -> list[int]:
        found = Counter(known.get((each.pk, area, day)) for each in teams)
        return [found[level.n] for level in model.levels]

    return [
        AreaTrend(
            key=area.key,
            title=text(area.title),
            days=days,
            counts=[counts(area.key, day) for day in days],
            before=counts(area.key, then),
            levels=[known.get((team.pk, area.key, day)) for day in days] if team else (),
            target=targets.get(area.key),
        )
        for area in model.areas
    ]


def _targets(team: Team | None) -> dict[str, int]:
    if team is None:
        return {}
    areas = assessments.summary.for_teams([team])[team.pk].areas
    return {area.key: area.target for area in areas if area.target is not None}


def names() -> list[tuple[int, str]]:
    """(level, what it is called) of each level."""
    model = library.load()
    return [(level.n, level_title(model, level.n)) for level in model.levels]


def table(found: Sequence[AreaTrend]) -> tuple[list[str], list[list[Any]]]:
    """(columns, rows) behind the panels: one row an area and day."""
    rows = [
        [f"{area.title}, {date_format(day, 'DATE_FORMAT')}", *counts]
        for area in found
        for day, counts in zip(area.days, area.counts, strict=True)
    ]
    return [_("Area, day"), *(f"L{level}" for level, _name in names())], rows
