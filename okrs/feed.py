"""Key results that are fed by a figure of the registry: one check-in a day, and another when the figure moves on that day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from django.db import transaction
from django.db.models import Max

from core import clock, figures
from core.figures import Figure
from okrs.days import todays_of
from okrs.kinds import Source
from okrs.models import CheckIn, KeyResult
from teams.models import Team


def feed_all() -> int:
    """Feed every key result of a running cycle; how many check-ins that made. Safe to run twice and to kill at any line."""
    return _feed(KeyResult.objects.fed().live().of_live_teams().in_open_cycles().listed())


def feed_now(key_result: KeyResult) -> int:
    """Feed this one, whose figure was just chosen."""
    return _feed([key_result] if key_result.figure and not key_result.cycle.is_closed else [])


def _feed(key_results: Iterable[KeyResult]) -> int:
    wanted = list(key_results)
    today = todays_of(each.objective.team for each in wanted)
    running = [(each, day) for each in wanted for day in [today(each.objective.team_id)] if each.cycle.is_running(day)]
    made = 0
    for figure_id, fed in groupby(sorted(running, key=lambda pair: pair[0].figure), key=lambda pair: pair[0].figure):
        try:
            figure = figures.get(figure_id)
        except KeyError:
            continue  # a figure of a room that is gone
        made += sum(_keep(*found) for found in _values(figure, list(fed)))
    return made


def _values(figure: Figure, fed: Sequence[tuple[KeyResult, date]]) -> Iterator[tuple[KeyResult, Figure, float, date]]:
    """Today's value for each that has one: the team's own, or pooled over all teams for the organisation's."""
    teams = list({each.objective.team for each, _ in fed if each.objective.team})
    values = figure.values(teams, sorted({day for _, day in fed})) if teams else {}
    everybody: list[Team] | None = None
    for each, day in fed:
        if each.objective.team_id:
            value = values.get((each.objective.team_id, day))
        else:
            everybody = list(Team.objects.active()) if everybody is None else everybody
            value = figure.pooled(everybody, day)
        if value is not None:
            yield each, figure, 100 * value if figure.is_share else value, day


@transaction.atomic
def _keep(key_result: KeyResult, figure: Figure, value: float, day: date) -> bool:
    """Append it unless the figure said the same on this day already."""
    locked = KeyResult.objects.select_for_update(of=("self",)).get(pk=key_result.pk)
    today = CheckIn.objects.filter(key_result=locked, day=day, source=Source.FIGURE, figure=figure.id)
    newest = today.order_by("number").last()
    if newest is not None and newest.value == value:
        return False
    append(locked, day=day, value=value, source=Source.FIGURE, figure=figure.id)
    return True


def append(locked: KeyResult, **fields: object) -> CheckIn:
    """Write a check-in with the key result's numbers as they are now. The row is locked, so the next number is free."""
    last = CheckIn.objects.filter(key_result=locked).aggregate(last=Max("number"))["last"] or 0
    numbers = {"start": locked.start, "target": locked.target, "low": locked.low, "high": locked.high}
    return CheckIn.objects.create(key_result=locked, number=last + 1, recorded_at=clock.now(), **(numbers | fields))
