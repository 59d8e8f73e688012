"""Twelve months of every figure, for all teams, a group or one team. Several together are pooled over their raw rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

import roadmaps.summary
from core import clock, figures
from core.addresses import pk_in
from core.figures import Figure
from insights import levels
from insights.levels import AreaTrend
from okrs import targets
from teams.models import Organisation, Person, Team, TeamGroup

MONTHS = 12
CHANGE = timedelta(weeks=13)
SHOWN = (  # figures that have a chart of their own
    "roadmap_progress", "okr_on_track", "deployment_frequency", "lead_time", "change_failure_rate", "recovery", "mttr",
    "rework_rate",
)  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """Whose trends: `key` is how the address names it, "" all teams, "group-3", "team-7". `team` where it is one only."""

    key: str
    title: str
    teams: Sequence[Team]
    team: Team | None = None


@dataclass(frozen=True)
class Trend:
    """A figure on each day; None is "no data". `expected` is what it is compared with, on the same days, if there is anything."""

    figure: Figure
    days: Sequence[date]
    values: Sequence[float | None]
    before: float | None  # 13 weeks before the last day
    expected: Sequence[float | None] = ()
    expected_name: str = ""

    @property
    def now(self) -> float | None:
        return self.values[-1]

    @property
    def is_empty(self) -> bool:
        return all(value is None for value in self.values)


@dataclass(frozen=True)
class Trends:
    scope: Scope
    days: Sequence[date]

    @property
    def today(self) -> date:
        return self.days[-1]

    @cached_property
    def of_levels(self) -> list[AreaTrend]:
        return levels.read(self.scope.teams, self.days, self.scope.team)

    @cached_property
    def of_figures(self) -> list[Trend]:
        return [self._trend(figures.get(figure_id)) for figure_id in SHOWN]

    def _trend(self, figure: Figure) -> Trend:
        known = on_days(figure, self.scope.teams, [*self.days, self.today - CHANGE])
        values = [known[day] for day in self.days]
        expected, name = self._expected(figure)
        return Trend(figure, self.days, values, known[self.today - CHANGE], expected, name)

    def _expected(self, figure: Figure) -> tuple[list[float | None], str]:
        """The target of the key result that the figure feeds, if there is one; the roadmap's is in its due dates."""
        if figure.id == "roadmap_progress":
            by_day = roadmaps.summary.expected_on(self.scope.teams, self.days)
            return [by_day[day] for day in self.days], _("expected by the due dates")
        aimed = self._targets.get(figure.id)
        return ([aimed.get(day) for day in self.days], _("target of the key result")) if aimed else ([], "")

    @cached_property
    def _targets(self) -> targets.Targets:
        """A team's own, or for all teams the organisation's; a group has none."""
        return targets.of_figures(self.scope.team, self.days) if self.scope.team or not self.scope.key else {}


def on_days(figure: Figure, teams: Sequence[Team], days: Sequence[date]) -> dict[date, float | None]:
    """The figure of one team, or of several together, on each day."""
    if len(teams) == 1:
        known = figure.values(teams, days)
        return {day: known.get((teams[0].pk, day)) for day in days}
    return {day: figure.pooled(teams, day) if teams else None for day in days}


def month_ends(today: date) -> list[date]:
    """The last day of each of the twelve complete months before `today`, and `today`."""
    ends = []
    first = today.replace(day=1)
    for _month in range(MONTHS):
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    return [*reversed(ends), today]


def read(person: Person, of: str) -> Trends:
    organisation = Organisation.current()
    today = clock.today(ZoneInfo(organisation.time_zone if organisation else "UTC"))
    return Trends(scope_of(person, of), month_ends(today))


def scope_of(person: Person, of: str) -> Scope:
    """What the address names, of what `person` may see; all teams where it names nothing that is there."""
    teams = Team.objects.visible_to(person).active().listed()
    kind, _dash, named = of.partition("-")
    if (pk := pk_in(named)) is not None:
        if kind == "team" and (team := teams.filter(pk=pk).first()):
            return Scope(of, team.name, [team], team)
        if kind == "group" and (group := TeamGroup.objects.filter(pk=pk).first()):
            return Scope(of, group.name, list(teams.filter(group=group)))
    return Scope("", _("All teams"), list(teams))


def options(person: Person) -> list[tuple[str, list[tuple[str, str]]]]:
    """(heading, [(key, name)]) of everything one may look at."""
    teams = Team.objects.visible_to(person).active().listed("name")
    groups = [(f"group-{group.pk}", group.name) for group in TeamGroup.objects.all()]
    found = [(_("Groups"), groups), (_("Teams"), [(f"team-{team.pk}", team.name) for team in teams])]
    return [(heading, listed) for heading, listed in found if listed]
