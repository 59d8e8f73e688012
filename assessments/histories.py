"""Loads what scoring reads: answers as events, with those of the teams that are inherited from. Constant numbers of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from assessments import library
from assessments.models import Answer
from assessments.querysets import AnswerQuerySet
from assessments.scoring import Event, History, Standing, standing
from teams.models import Team

Links = dict[int, set[int]]  # by team: those that it ever inherited from


def links(model_id: str) -> Links:
    """Who ever inherited from whom. One query."""
    found: Links = defaultdict(set)
    for team, provider in Answer.objects.links(model_id).values_list("team", "provider").distinct().order_by():
        found[team].add(provider)
    return found


def providers_of(teams: Iterable[int], known: Links) -> set[int]:
    """The teams and everybody they inherit from, also by way of others."""
    found: set[int] = set()
    waiting = list(teams)
    while waiting:
        team = waiting.pop()
        if team not in found:
            found.add(team)
            waiting.extend(known.get(team, ()))
    return found


def dependants_of(team: int, known: Links) -> set[int]:
    """Everybody who inherits from the team, also by way of others; without the team."""
    reverse: Links = defaultdict(set)
    for dependant, providers in known.items():
        for provider in providers:
            reverse[provider].add(dependant)
    return providers_of([team], reverse) - {team}


def whole(teams: Iterable[int], model_id: str, known: Links | None = None) -> History:
    """Every event of the teams and their providers. Two queries."""
    known = links(model_id) if known is None else known
    return _history(Answer.objects.of(providers_of(teams, known), model_id))


def on_days(teams: Iterable[int], days: Sequence[date], model_id: str) -> History:
    """What stands at the end of each of `days`, enough for scoring on these days. One query a day and one more."""
    everybody = providers_of(teams, links(model_id))
    found: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for day in days:
        for key, events in _history(Answer.objects.of(everybody, model_id).standing_on(day)).items():
            found[key].extend(events)
    return found


def _history(answers: AnswerQuerySet) -> dict[tuple[int, str], list[Event]]:
    found: dict[tuple[int, str], list[Event]] = defaultdict(list)
    rows = answers.values_list(
        "team", "criterion", "effective_on", "version", "kind", "state", "valid_until", "provider"
    )
    for team, criterion, *facts in rows.order_by():
        found[team, criterion].append(Event(*facts))
    return found


def standings(team: Team | int, history: History, day: date, model: library.MaturityModel) -> dict[str, Standing]:
    """Each criterion of the team at the end of `day`, in the order of the model."""
    pk = team.pk if isinstance(team, Team) else team
    return {criterion.id: standing(history, pk, criterion.id, day) for criterion in model.criteria}
