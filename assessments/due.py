"""What falls due of maturity, for core/due.py: answers that expire, and assessments. One query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from assessments import library
from assessments.models import Answer, Assessment
from core import clock, due
from core.content import text
from core.due import Due
from core.spans import list_text
from teams.models import Team
from teams.zones import zones_of

DRAFT_OPEN = timedelta(days=28)  # a round is to be handed in within four weeks
ROUND_EVERY = timedelta(days=180)  # and the next one when most of its answers have expired
TITLES_SHOWN = 3


def register_all() -> None:
    due.register("answers", answers)
    due.register("assessment", assessments)


def answers(teams: Sequence[Any], first: date, last: date) -> Iterator[Due]:
    """A team's answers that count until the same day are one thing; it is due from the whole team."""
    expiring: dict[tuple[Team, str, date], list[Answer]] = defaultdict(list)
    for answer in Answer.objects.expiring(_real(teams), first, last):
        expiring[answer.team, answer.model_id, answer.valid_until].append(answer)
    for (team, model_id, day), found in expiring.items():
        model = library.load(model_id)
        criteria = [each for answer in found if (each := model.criterion(answer.criterion))]
        if criteria:
            yield Due(
                kind="answers",
                key=f"answers:{team.pk}:{model_id}:{day}",
                team=team,
                people=(),
                day=day,
                title=_titles(criteria),
                url=reverse("assessment", args=[team.pk]),
                changed_at=max(answer.recorded_at for answer in found),
            )


def assessments(teams: Sequence[Any], first: date, last: date) -> Iterator[Due]:
    """A team's newest round while it is open; after it was handed in, the next one. A team without any has none due."""
    listed: Iterable[Any] = Assessment.objects.with_last_step(_real(teams))  # Any: with what the query adds
    rounds = {(each.team_id, each.model_id): each for each in listed}
    zones = zones_of({each.team for each in rounds.values()})
    for found in rounds.values():
        since = clock.day_of(found.stepped_at or found.started_at, zones[found.team_id])
        day = since + (DRAFT_OPEN if found.is_draft else ROUND_EVERY)
        if first <= day <= last:
            yield Due(
                kind="assessment",
                key=f"assessment:{found.pk}:{'draft' if found.is_draft else 'next'}",
                team=found.team,
                people=(),
                day=day,
                title=found.model.title,
                url=found.get_absolute_url() if found.is_draft else reverse("assessment", args=[found.team_id]),
                changed_at=found.stepped_at or found.started_at,
            )


def _real(teams: Iterable[Team | None]) -> list[Team]:
    return [team for team in teams if team]


def _titles(criteria: Sequence[library.Criterion]) -> dict[str, str]:
    """The first few, in each language."""
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            shown = list_text(text(each.title) for each in criteria[:TITLES_SHOWN])
            said[language] = f"{shown} …" if len(criteria) > TITLES_SHOWN else shown
    return said
