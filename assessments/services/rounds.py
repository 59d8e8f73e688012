"""Rounds: draft, submitted, reviewed, and back."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import library, rounds
from assessments.models import Assessment, RoundState, Step
from assessments.services.common import AlreadyStarted, MaturityError, lock
from core import clock
from core.content import text
from teams import audit
from teams.models import Person, Team


class Incomplete(MaturityError):
    """Criteria that have to be answered before the round can be submitted."""

    def __init__(self, missing: Sequence[library.Criterion]) -> None:
        message = ngettext(
            "%(number)s answer is missing: %(names)s.", "%(number)s answers are missing: %(names)s.", len(missing)
        )
        names = _(", ").join(text(criterion.title) for criterion in missing)
        super().__init__(message % {"number": len(missing), "names": names})
        self.missing = missing


@transaction.atomic
def start_round(*, team: Team, by: Person, model_id: str = library.DEFAULT) -> Assessment:
    """Begin a round over the model's present version. AlreadyStarted if one is not submitted yet."""
    locked = lock(team)
    earlier = Assessment.objects.of_team(locked.pk).filter(model_id=model_id)
    if earlier.drafts().exists():
        raise AlreadyStarted(_("The team has a round that is not submitted yet."))
    made = Assessment.objects.create(
        team=locked,
        model_id=model_id,
        model_version=library.load(model_id).version,
        number=(earlier.aggregate(last=Max("number"))["last"] or 0) + 1,
        started_on=clock.today(locked.zone),
        started_by=by,
        started_at=clock.now(),
    )
    _note(made, RoundState.DRAFT, by, "started")
    return made


def submit(*, assessment: Assessment, by: Person) -> Assessment:
    """Hand the round in for review. Incomplete names the criteria that have no answer yet."""
    return _move(assessment, [RoundState.DRAFT], RoundState.SUBMITTED, by)


def review(*, assessment: Assessment, by: Person) -> Assessment:
    """Say that somebody has looked at it."""
    return _move(assessment, [RoundState.SUBMITTED], RoundState.REVIEWED, by)


def reopen(*, assessment: Assessment, by: Person) -> Assessment:
    """Let the team change its answers again. MaturityError while a newer round is there."""
    return _move(assessment, [RoundState.SUBMITTED, RoundState.REVIEWED], RoundState.DRAFT, by)


@transaction.atomic
def _move(assessment: Assessment, sources: Sequence[RoundState], to_state: RoundState, by: Person) -> Assessment:
    """Bring the round into a state; nothing happens if it is there already."""
    team = lock(assessment.team)
    found = Assessment.objects.get(pk=assessment.pk)
    found.team = team
    if found.state == to_state:
        return found
    if found.state not in sources:
        message = _("The round is “%(state)s” now; that cannot be done.")
        raise MaturityError(message % {"state": found.get_state_display()})
    if to_state == RoundState.DRAFT and _has_newer(found):
        raise MaturityError(_("The team has started a newer round. Only the newest can be reopened."))
    if to_state == RoundState.SUBMITTED and (missing := rounds.missing(found)):
        raise Incomplete(missing)
    found.state = to_state
    found.save(update_fields=["state"])
    _note(found, to_state, by, "reopened" if to_state == RoundState.DRAFT else to_state)
    return found


def _has_newer(assessment: Assessment) -> bool:
    rounds_of_team = Assessment.objects.of_team(assessment.team_id).filter(model_id=assessment.model_id)
    return rounds_of_team.filter(number__gt=assessment.number).exists()


def _note(assessment: Assessment, to_state: RoundState, by: Person, what: str) -> None:
    Step.objects.create(assessment=assessment, to_state=to_state, person=by, token=by.token, recorded_at=clock.now())
    audit.record(f"assessment.{what}", actor=by, subject=assessment, team=assessment.team, number=assessment.number)
