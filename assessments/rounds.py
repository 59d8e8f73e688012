"""What a round still lacks: one rule for the page, the button and the service."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from assessments import histories, library
from assessments.models import Assessment, Kind
from assessments.scoring import Standing
from core import clock

# A criterion that is this needs no answer in the round.
SETTLED = (Kind.NOT_APPLICABLE, Kind.EXEMPT)


def needs_answer(standing: Standing, *, answered: bool) -> bool:
    """An answer is missing unless one was given in this round, or the criterion does not apply, is exempt or inherited."""
    if answered or standing.provider is not None:
        return False
    return standing.is_stale or standing.kind not in SETTLED


def lacking(
    model: library.MaturityModel, standings: Mapping[str, Standing], answered: Collection[str]
) -> list[library.Criterion]:
    return [
        criterion
        for criterion in model.criteria
        if needs_answer(standings[criterion.id], answered=criterion.id in answered)
    ]


def missing(assessment: Assessment) -> list[library.Criterion]:
    """The criteria that have to be answered before the round can be submitted, in the order of the model."""
    today = clock.today(assessment.team.zone)
    history = histories.on_days([assessment.team_id], [today], assessment.model_id)
    standings = histories.standings(assessment.team_id, history, today, assessment.model)
    answered = set(assessment.answers.values_list("criterion", flat=True))
    return lacking(assessment.model, standings, answered)
