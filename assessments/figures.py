"""The maturity figures for the registry: docs/definitions.md, Figures. They read snapshots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_lazy

from assessments import library, scoring
from assessments.models import Snapshot
from core.content import text
from core.figures import Figure, Values, register
from teams.models import Team

Levels = dict[tuple[int, str, date], int | None]


def levels_on(teams: Sequence[Team], days: Sequence[date]) -> Levels:
    """{(team.pk, area key, day): level}; None where there is no row. One query.

    Until a night's row is written, yesterday's stands.
    """
    model = library.load()
    wanted = {*days, *(day - timedelta(days=1) for day in days)}
    rows = Snapshot.objects.of(teams, model.id).filter(day__in=wanted).order_by()
    known = {(team, area, day): level for team, area, day, level in rows.values_list("team", "area", "day", "level")}
    found: Levels = {}
    for team in teams:
        for area in model.areas:
            for day in days:
                before = known.get((team.pk, area.key, day - timedelta(days=1)))
                found[team.pk, area.key, day] = known.get((team.pk, area.key, day), before)
    return found


def area_values(area: str, teams: Sequence[Team], days: Sequence[date]) -> Values:
    """{(team.pk, day): the area's level at the end of the day}."""
    return {(team, day): level for (team, key, day), level in levels_on(teams, days).items() if key == area}


def overall_values(teams: Sequence[Team], days: Sequence[date]) -> Values:
    """{(team.pk, day): the lowest area level}; None before the first answer."""
    by_day: dict[tuple[int, date], list[int | None]] = defaultdict(list)
    for (team, _area, day), level in levels_on(teams, days).items():
        by_day[team, day].append(level)
    return {key: scoring.overall(levels) for key, levels in by_day.items()}


def none_pooled(teams: Sequence[Team], day: date) -> float | None:
    """Several teams have no one level: a group's maturity is the number of teams per level."""
    return None


def _figure(id_: str, title: object, values: Callable[[Sequence[Team], Sequence[date]], Values]) -> Figure:
    return Figure(
        id=id_,
        title=title,  # type: ignore[arg-type]
        unit=gettext_lazy("level"),
        better="more",
        values=values,
        pooled=none_pooled,
    )


def _area_title(key: str) -> str:
    area = library.load().area(key)
    return gettext("Maturity: %(area)s") % {"area": text(area.title) if area else key}


def register_all() -> None:
    """One figure for the whole and one for each area of the default model; a model that cannot be read is told by a check."""
    from core.content import ContentError

    register(_figure("maturity", gettext_lazy("Maturity"), overall_values))
    try:
        areas = library.load().areas
    except ContentError:
        return
    for area in areas:
        title = lazy(_area_title, str)(area.key)
        register(_figure(f"maturity_{area.key}", title, partial(area_values, area.key)))
