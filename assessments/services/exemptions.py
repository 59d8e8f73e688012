"""Exemptions: asked for by the team, decided by somebody else; docs/definitions.md, Maturity."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from assessments import library
from assessments.models import Decision, Exemption
from assessments.services.answering import exempt
from assessments.services.common import MaturityError, checked_comment, criterion_of, lock
from core import clock
from teams import audit
from teams.models import Person, Team


@transaction.atomic
def ask_exemption(
    *, team: Team, criterion: str, reason: str, until: date, by: Person, model_id: str = library.DEFAULT
) -> Exemption:
    """Ask to count the criterion as met until and on a day. MaturityError without a reason or for a day that has passed."""
    locked = lock(team)
    criterion_of(model_id, criterion)
    reason = checked_comment(reason, "reason")
    if not reason:
        raise MaturityError(_("Say why the team should be exempt."), "reason")
    if until < clock.today(locked.zone):
        raise MaturityError(_("This day has passed. Choose today or a later day."), "until")
    if Exemption.objects.open().filter(team=locked, model_id=model_id, criterion=criterion).exists():
        raise MaturityError(_("An exemption has been asked for already; it waits for a decision."))
    made = Exemption.objects.create(
        team=locked,
        model_id=model_id,
        criterion=criterion,
        reason=reason,
        until=until,
        asked_by=by,
        asked_at=clock.now(),
    )
    audit.record(
        "assessment.exemption_asked", actor=by, subject=made, team=locked, criterion=criterion, until=str(until)
    )
    return made


def approve_exemption(*, exemption: Exemption, by: Person) -> Exemption:
    """Count the criterion as met until and on the day that was asked for. MaturityError for one's own request."""
    return _decide(exemption, Decision.APPROVED, by)


def refuse_exemption(*, exemption: Exemption, by: Person) -> Exemption:
    return _decide(exemption, Decision.REFUSED, by)


@transaction.atomic
def _decide(exemption: Exemption, decision: Decision, by: Person) -> Exemption:
    team = lock(exemption.team)
    found = Exemption.objects.get(pk=exemption.pk)
    found.team = team
    if found.decision == decision:
        return found
    if found.decision:
        raise MaturityError(_("Somebody has decided on this exemption already."))
    if found.asked_by_id == by.pk:
        raise MaturityError(_("Somebody else has to decide: you asked for this exemption yourself."))
    if decision == Decision.APPROVED and found.until < clock.today(team.zone):
        raise MaturityError(_("The day until which the exemption was to hold has passed. Ask again."))
    found.decision, found.decided_by, found.decided_at = decision, by, clock.now()
    found.save(update_fields=["decision", "decided_by", "decided_at"])
    if decision == Decision.APPROVED:
        exempt(found, by)
    audit.record(
        f"assessment.exemption_{decision}", actor=by, subject=found, team=team, criterion=found.criterion,
        until=str(found.until),
    )  # fmt: skip
    return found
