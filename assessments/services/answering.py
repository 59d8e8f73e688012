"""Answers: one event for each; docs/definitions.md, Maturity."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments import histories, library, snapshots
from assessments.models import Answer, Assessment, Comment, Exemption, Kind, Source
from assessments.scoring import newest
from assessments.services.common import (
    MaturityError,
    checked_comment,
    checked_link,
    criterion_of,
    day_of_event,
    lock,
)
from core import clock
from core.edits import StaleEdit, Touch
from teams import audit
from teams.models import Organisation, Person, Team


@transaction.atomic
def answer(
    *,
    assessment: Assessment,
    criterion: str,
    state: int | None,
    by: Person,
    comment: str = "",
    link: str = "",
    seen: int | None = None,
    request_id: str = "",
    valid_until: date | None = None,
    on: date | None = None,
    source: str = Source.PERSON,
    model_version: int | None = None,
) -> Answer:
    """Say in a round which state a criterion is in; `state` None says that nobody knows.

    `seen`: the version of the newest answer that was seen, 0 for none, None for whatever stands there. `model_version`: of the
    model that was read, if it was told. StaleEdit if somebody said something else since. MaturityError for a round that is
    not a draft, another model version, a criterion or state that is not there, a link that is not http(s), a day that cannot be
    meant.
    """
    team = lock(assessment.team)
    current = current_draft(assessment, model_version)
    found = criterion_of(current.model_id, criterion)
    if state is not None and not 0 <= state < len(found.states):
        raise MaturityError(_("The criterion has no such state."), "state")
    day = day_of_event(team, on)
    if valid_until is not None and valid_until < day:
        raise MaturityError(_("An answer is valid until the day it is given, or a later one."), "valid_until")
    if valid_until is None and state is not None:
        valid_until = day + timedelta(days=found.valid_days)
    return append(
        team,
        found,
        by,
        model_id=current.model_id,
        seen=seen,
        comment=comment,
        assessment=current,
        kind=Kind.UNKNOWN if state is None else Kind.STATE,
        state=state,
        valid_until=valid_until,
        link=checked_link(link),
        source=source,
        effective_on=day,
        request_id=request_id,
    )


@transaction.atomic
def mark_not_applicable(
    *,
    team: Team,
    criterion: str,
    by: Person,
    reason: str = "",
    link: str = "",
    seen: int | None = None,
    request_id: str = "",
    on: date | None = None,
    model_id: str = library.DEFAULT,
) -> Answer:
    """Leave the criterion out of its area, until it is answered again."""
    locked = lock(team)
    return append(
        locked,
        criterion_of(model_id, criterion),
        by,
        model_id=model_id,
        seen=seen,
        comment=reason,
        kind=Kind.NOT_APPLICABLE,
        link=checked_link(link),
        assessment=Assessment.objects.of_team(locked.pk).drafts().filter(model_id=model_id).first(),
        effective_on=day_of_event(locked, on),
        request_id=request_id,
    )


@transaction.atomic
def inherit(
    *,
    team: Team,
    criterion: str,
    provider: Team,
    by: Person,
    comment: str = "",
    seen: int | None = None,
    request_id: str = "",
    on: date | None = None,
    model_id: str = library.DEFAULT,
) -> Answer:
    """Take the criterion's state from another team from now on. MaturityError if that would close a circle.

    An answer stays for ever and names its provider: one that named a sample team would keep it from being removed.
    """
    if provider.is_sample and not team.is_sample:
        raise MaturityError(_("This is a team of the sample organisation. Choose another one."), "provider")
    # One at a time in the whole organisation: two that each close half of a circle would not see each other.
    Organisation.objects.select_for_update(no_key=True).first()
    locked = lock(team)
    found = criterion_of(model_id, criterion)
    _check_no_circle(locked, found, provider, model_id)
    made = append(
        locked,
        found,
        by,
        model_id=model_id,
        seen=seen,
        comment=comment,
        kind=Kind.INHERITED,
        provider=provider,
        effective_on=day_of_event(locked, on),
        request_id=request_id,
    )
    audit.record("assessment.inherited", actor=by, team=locked, criterion=criterion, provider=provider.name)
    return made


def _check_no_circle(team: Team, criterion: library.Criterion, provider: Team, model_id: str) -> None:
    """Follow the providers; a day in the future cannot be entered, so the newest link is the one that holds."""
    if provider.archived_at is not None:
        raise MaturityError(_("This team is archived. Choose another one."), "provider")
    history = histories.whole([provider.pk], model_id)
    asked: int | None = provider.pk
    while asked is not None:
        if asked == team.pk:
            message = _(
                "%(provider)s takes this criterion from %(team)s, by way of others or directly: that would be a circle."
            )
            if provider.pk == team.pk:
                message = _("A team cannot inherit from itself.")
            raise MaturityError(message % {"provider": provider, "team": team}, "provider")
        event = newest(history.get((asked, criterion.id), ()), date.max)
        asked = event.provider if event else None


def append(
    team: Team,
    criterion: library.Criterion,
    by: Person,
    *,
    seen: int | None,
    comment: str,
    model_id: str,
    request_id: str = "",
    kind: str,
    **facts: Any,
) -> Answer:
    """Write the next version of a criterion's answer, with the team locked, and the levels that follow from it."""
    repeated = Answer.objects.filter(team=team, request_id=request_id).exclude(request_id="").first()
    if repeated is not None:
        return repeated  # type: ignore[no-any-return]
    before = Answer.objects.of([team], model_id).about(criterion.id).newest_first().order_by("-version").first()
    wanted = {"kind": str(kind), "state": facts.get("state")}
    _check_seen(before, seen, wanted)
    made = Answer.objects.create(
        team=team,
        model_id=model_id,
        criterion=criterion.id,
        version=before.version + 1 if before else 1,
        kind=kind,
        comment=_comment(team, before, checked_comment(comment), by),
        person=by,
        token=by.token,
        recorded_at=clock.now(),
        request_id=request_id,
        **facts,
    )
    snapshots.refresh(team, made.effective_on, model_id)
    return made


def _check_seen(before: Answer | None, seen: int | None, wanted: dict[str, Any]) -> None:
    if seen is None or seen == (before.version if before else 0):
        return
    theirs = {"kind": before.kind, "state": before.state} if before else {"kind": None, "state": None}
    if theirs == wanted:
        return  # the same, said twice: both are kept
    by = {"state": Touch.by(before.person, before.recorded_at)} if before else {}
    version = before.version if before else 0
    raise StaleEdit(theirs={**theirs, "version": version}, yours={**wanted, "version": seen}, by=by)


def _comment(team: Team, before: Answer | None, text: str, by: Person) -> Comment | None:
    """The row of the text: that of the answer before it where the text is still the same, so that one blanking is enough."""
    if not text:
        return None
    if before is not None and before.comment is not None and before.comment.text == text:
        return before.comment
    return Comment.objects.create(team=team, text=text, person=by, recorded_at=clock.now())


def current_draft(assessment: Assessment, model_version: int | None) -> Assessment:
    """The round as it is now. MaturityError unless it can be answered."""
    current = Assessment.objects.get(pk=assessment.pk)
    if not current.is_draft:
        raise MaturityError(_("This round has been submitted. Reopen it, or start a new one, to change an answer."))
    if current.model_version != current.model.version:
        message = _("This round asks version %(old)s of the model; version %(new)s has come since. Start a new round.")
        raise MaturityError(message % {"old": current.model_version, "new": current.model.version})
    if model_version not in (None, current.model_version):
        message = _("This is an answer to version %(sent)s of the model; the round asks version %(asked)s.")
        raise MaturityError(message % {"sent": model_version, "asked": current.model_version}, "model_version")
    return current


def exempt(exemption: Exemption, by: Person) -> Answer:
    """The answer that an approved exemption is, with the team locked."""
    team = exemption.team
    return append(
        team,
        criterion_of(exemption.model_id, exemption.criterion),
        by,
        model_id=exemption.model_id,
        seen=None,
        comment=exemption.reason,
        kind=Kind.EXEMPT,
        valid_until=exemption.until,
        exemption=exemption,
        effective_on=day_of_event(team, None),
    )


@transaction.atomic
def blank_comment(*, comment: Comment, by: Person) -> Comment:
    """Take a comment's text away. That there was one, whose and when, stays; the audit log tells who blanked it."""
    locked = Comment.objects.select_for_update(of=("self",)).select_related("team").get(pk=comment.pk)
    if locked.blanked_at is None:
        locked.text, locked.blanked_at, locked.blanked_by = "", clock.now(), by
        locked.save(update_fields=["text", "blanked_at", "blanked_by"])
        audit.record("assessment.comment_blanked", actor=by, subject=locked, team=locked.team)
    return locked
