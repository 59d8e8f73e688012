"""The figures of OKRs for the registry: docs/definitions.md, Figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from core import clock
from core.figures import Figure, Values, register
from okrs import progress
from okrs.facts import Facts, facts_of
from okrs.kinds import Status
from okrs.models import KeyResult
from okrs.standing import Standing, objective_progress
from teams.models import Team
from teams.zones import zones_of

Fold = Callable[[Sequence[Standing]], float | None]


def okr_progress(standings: Sequence[Standing]) -> float | None:
    """The share of objective weight that is done: sum(w · p) / sum(w) over objectives that have key results with weight."""
    by_objective: dict[int, list[Standing]] = defaultdict(list)
    for each in standings:
        by_objective[each.key_result.objective_id].append(each)
    parts = [(own[0].key_result.objective.weight, objective_progress(own)) for own in by_objective.values()]
    return progress.roll_up((weight, done) for weight, done in parts if done is not None)


def okr_on_track(standings: Sequence[Standing]) -> float | None:
    """The share of open key results that are on track; None where none is open."""
    open_ones = [each for each in standings if each.status != Status.CLOSED]
    return sum(each.status == Status.ON_TRACK for each in open_ones) / len(open_ones) if open_ones else None


def _facts(teams: Sequence[Team], days: Sequence[date]) -> list[Facts]:
    """Of every key result whose cycle runs on one of the days, archived ones included. Three queries."""
    if not teams or not days:
        return []
    rows = KeyResult.objects.of_teams(teams).filter(
        objective__cycle__first_day__lte=max(days), objective__cycle__last_day__gte=min(days)
    )
    return facts_of(rows.select_related("objective__cycle"))


def _standings(known: Sequence[Facts], zones: dict[int, ZoneInfo], day: date) -> Iterator[Standing]:
    """Where they stood at the end of the day: those that were in effect and not archived by then."""
    for facts in known:
        row, objective = facts.key_result, facts.key_result.objective
        zone = zones[objective.team_id or 0]
        gone = [clock.day_of(at, zone) for at in (row.archived_at, objective.archived_at) if at]
        if objective.cycle.is_running(day) and row.effective_on <= day and all(day < each for each in gone):
            yield facts.on(day)


def _values(fold: Fold) -> Callable[[Sequence[Team], Sequence[date]], Values]:
    def values(teams: Sequence[Team], days: Sequence[date]) -> Values:
        """{(team.pk, day): value}; None where no key result was in effect."""
        zones = zones_of(teams)
        by_team: dict[int, list[Facts]] = defaultdict(list)
        for facts in _facts(teams, days):
            by_team[facts.key_result.objective.team_id or 0].append(facts)
        return {(team.pk, day): fold(list(_standings(by_team[team.pk], zones, day))) for team in teams for day in days}

    return values


def _pooled(fold: Fold) -> Callable[[Sequence[Team], date], float | None]:
    def pooled(teams: Sequence[Team], day: date) -> float | None:
        """Over the key results of all the teams together."""
        return fold(list(_standings(_facts(teams, [day]), zones_of(teams), day)))

    return pooled


FIGURES = [
    Figure(
        id=figure_id,
        title=title,
        unit=unit,
        better="more",
        values=_values(fold),
        pooled=_pooled(fold),
        is_share=True,
    )
    for figure_id, title, unit, fold in (
        ("okr_progress", _("OKR progress"), _("share of the objectives' weight"), okr_progress),
        ("okr_on_track", _("Key results on track"), _("share of the open key results"), okr_on_track),
    )
]


def register_all() -> None:
    for figure in FIGURES:
        register(figure)
