"""Many answers at once, as a table brings them: the rules of giving one, in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from assessments import library, snapshots
from assessments.models import Answer, Assessment, Comment, Kind, Source
from assessments.services.answering import current_draft
from assessments.services.common import MaturityError, checked_comment, checked_link, day_of_event
from core import clock
from teams.models import Person, Team


@dataclass(frozen=True)
class Wanted:
    """An answer as a table says it, checked. `kind`: a state, unknown or not applicable."""

    criterion: library.Criterion
    kind: str
    state: int | None
    day: date
    comment: str
    link: str
    valid_until: date | None


def draft_of(team: Team, model_id: str) -> Assessment:
    """The round to which answers belong. MaturityError if none is open, as for an answer that is given by hand."""
    found = Assessment.objects.of_team(team.pk).drafts().filter(model_id=model_id).first()
    if found is None:
        raise MaturityError(_("No round is open. Start one: answers belong to a round."))
    return current_draft(found, None)


def checked(
    *,
    team: Team,
    criterion: library.Criterion,
    kind: str,
    state: int | None,
    day: date | None,
    comment: str,
    link: str,
    valid_until: date | None,
) -> Wanted:
    """What is wanted, as `answer` and `mark_not_applicable` would take it. MaturityError for what they refuse."""
    on = day_of_event(team, day)
    if valid_until is not None and kind == Kind.NOT_APPLICABLE:
        raise MaturityError(
            _("What is not applicable stays so until it is answered: leave the day empty."), "valid_until"
        )
    if valid_until is not None and valid_until < on:
        raise MaturityError(_("An answer is valid until the day it is given, or a later one."), "valid_until")
    if valid_until is None and kind == Kind.STATE:
        valid_until = on + timedelta(days=criterion.valid_days)
    return Wanted(criterion, kind, state, on, checked_comment(comment), checked_link(link), valid_until)


@transaction.atomic
def answer_many(*, assessment: Assessment, wanted: Sequence[Wanted], by: Person) -> None:
    """Write the answers, in their order, and the levels of every day since the first of them. The team is locked."""
    if not wanted:
        return
    team, model_id = assessment.team, assessment.model_id
    newest = {
        answer.criterion: answer
        for answer in Answer.objects.of([team], model_id).select_related("comment").order_by("criterion", "version")
    }
    comments: list[Comment] = []
    answers: list[Answer] = []
    for each in wanted:
        made = _made(assessment, each, newest.get(each.criterion.id), by)
        if made.comment is not None and made.comment.pk is None:
            comments.append(made.comment)
        newest[each.criterion.id] = made
        answers.append(made)
    Comment.objects.bulk_create({id(each): each for each in comments}.values(), batch_size=500)
    Answer.objects.bulk_create(answers, batch_size=500)
    snapshots.refresh(team, min(each.day for each in wanted), model_id)


def _made(assessment: Assessment, wanted: Wanted, before: Answer | None, by: Person) -> Answer:
    return Answer(
        team=assessment.team,
        model_id=assessment.model_id,
        criterion=wanted.criterion.id,
        version=before.version + 1 if before else 1,
        assessment=assessment,
        kind=wanted.kind,
        state=wanted.state,
        valid_until=wanted.valid_until,
        link=wanted.link,
        comment=_comment(assessment.team, before, wanted.comment, by),
        source=Source.IMPORTED,
        person=by,
        token=by.token,
        effective_on=wanted.day,
        recorded_at=clock.now(),
    )


def _comment(team: Team, before: Answer | None, text: str, by: Person) -> Comment | None:
    """The row of the text, not stored yet; that of the answer before it where the text is the same, so that one blanking is
    enough."""
    if not text:
        return None
    if before is not None and before.comment is not None and before.comment.text == text:
        return before.comment
    return Comment(team=team, text=text, person=by, recorded_at=clock.now())
