"""All teams' figures side by side: one row a team, one cell a figure. A constant number of queries, however many teams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.spans import days_text
from delivery import told
from delivery.editions import EDITIONS
from delivery.standings import Cell, DeliveryStanding, for_teams
from teams.models import Person, Team

Option = tuple[str, Promise | str]

SHOWS: list[Option] = [
    ("", _("All")),
    ("worse", _("a figure got worse")),
    ("low", _("a figure in the lowest band")),
    ("data", _("with data")),
    ("none", _("without data")),
]
EDITION_OPTIONS: list[Option] = [("", _("each team's own")), *((year, year) for year in EDITIONS)]
SORTS: list[Option] = [
    ("", _("Name")),
    ("group", _("Group")),
    *((name, title) for name, title in told.TITLES.items()),
]
# Where less is better, the worst has the largest number.
MORE_IS_BETTER = ("deployment_frequency",)


@dataclass(frozen=True)
class Asked:
    """`group` is a pk, "none" or ""; the others are one of their options; what cannot be understood is the usual."""

    q: str = ""
    group: str = ""
    show: str = ""
    edition: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        def among(name: str, options: list[Option]) -> str:
            wanted = query.get(name, "")
            return wanted if wanted in dict(options) else ""

        return cls(
            q=query.get("q", "").strip(),
            group=query.get("group", "").strip(),
            show=among("show", SHOWS),
            edition=among("edition", EDITION_OPTIONS),
            sort=among("sort", SORTS),
        )

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.group or self.show)


@dataclass(frozen=True)
class Row:
    team: Team
    standing: DeliveryStanding

    @property
    def cells(self) -> list[Cell]:
        return self.standing.all_cells

    @property
    def mark(self) -> str:
        """Another one as soon as the row would be drawn in another way."""
        team = self.team
        return f"{team.name}\0{team.group or ''}\0{team.is_sample} {self.standing.mark}"

    @property
    def kinds(self) -> set[str]:
        """Which values of "show" it is one of."""
        found = {"none" if self.standing.is_empty else "data"}
        if any(cell.got_worse for cell in self.cells):
            found.add("worse")
        if any(cell.band == "L" for cell in self.cells):
            found.add("low")
        return found


@dataclass(frozen=True)
class SideBySide:
    """`everyone`: the teams found by words and group; `rows`: those of them that are listed, in order."""

    asked: Asked
    everyone: Sequence[Row]

    @cached_property
    def rows(self) -> list[Row]:
        show = self.asked.show  # nobody looks into figures that were not asked for
        wanted = [row for row in self.everyone if show in row.kinds] if show else self.everyone
        return sorted(wanted, key=_order(self.asked.sort))

    @property
    def titles(self) -> list[Promise | str]:
        return list(told.TITLES.values())

    @property
    def period_text(self) -> str:
        """Teams in other time zones may be a day ahead; the first one's weeks stand for all."""
        period = self.everyone[0].standing.period if self.everyone else None
        return days_text(period.first, period.last) if period else ""


def read(person: Person, asked: Asked) -> SideBySide:
    """What `person` may see of what is asked for."""
    found = Team.objects.visible_to(person).active().in_group(asked.group).found_by(asked.q)
    teams = list(found.listed("name"))
    standings = for_teams(teams, edition=asked.edition)
    return SideBySide(asked, [Row(team, standings[team.pk]) for team in teams])


def _order(sort: str) -> Callable[[Row], Any]:
    """By name, by group, or the worst of a figure first; what has no data comes last."""

    def key(row: Row) -> Any:
        name = row.team.name.casefold(), row.team.pk
        if sort == "group":
            return row.team.group is None, str(row.team.group or "").casefold(), *name
        if not sort:
            return name
        number = row.standing.by_id[sort].number
        return number is None, (number or 0) * (1 if sort in MORE_IS_BETTER else -1), *name

    return key
