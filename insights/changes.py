"""Teams whose areas came to another level, one line for each team and day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice

import assessments.summary
from assessments.summary import LevelChange
from insights import areas
from teams.models import Team


@dataclass(frozen=True)
class Change:
    """What changed in one team on one day; `changes` are of one direction, so that one arrow speaks for the line."""

    team: Team
    day: date
    rose: bool
    changes: Sequence[LevelChange]

    @property
    def said(self) -> str:
        """ "Data L1 → L2, Monitor L0 → L1"."""
        return ", ".join(
            f"{areas.short(each.area, each.title)} {_name(each.before)} → {_name(each.after)}" for each in self.changes
        )

    @property
    def url(self) -> str:
        return self.changes[0].url


def _rank(level: int | None) -> int:
    return -1 if level is None else level


def _name(level: int | None) -> str:
    return "–" if level is None else f"L{level}"


def _line(each: LevelChange) -> tuple[date, str, int, bool]:
    return each.day, each.team.name, each.team.pk, _rank(each.after) > _rank(each.before)


def since(teams: Sequence[Team], day: date, limit: int) -> list[Change]:
    """The newest of these teams' on that day and later."""
    found = assessments.summary.recent_changes(teams, day)
    found.reverse()  # the areas of a line in the order of the model
    found.sort(key=_line, reverse=True)
    lines = ((key, list(each)) for key, each in groupby(found, _line))
    return [Change(each[0].team, key[0], key[3], each) for key, each in islice(lines, limit)]
