"""What the services of OKRs share. Callers check that the person may do it (okrs/access.py); the rules of a change live here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import clock
from core.edits import StaleEdit, Touch, merge
from core.refusals import Refused
from okrs.days import today_of
from okrs.models import TEXT_LENGTH, TITLE_LENGTH, Change, Cycle, KeyResult, Objective
from okrs.numbers import LARGEST, written
from teams.models import Membership, Person, Team


class OkrError(Refused):
    """A change that cannot be made."""


class Frozen(OkrError):
    """The cycle is closed and its grace period over."""


class SameStartAndTarget(OkrError):
    """Nothing would move: the page offers to maintain the value instead."""


def check_open(cycle: Cycle, team: Team | None) -> date:
    """The present day. Frozen if the cycle can no longer be changed."""
    today = today_of(team)
    if cycle.is_frozen(today):
        raise Frozen(
            _("This cycle was closed on %(day)s and can no longer be changed.")
            % {"day": date_format(cycle.closed_on or today)}
        )
    return today


def check_not_of_the_sample(cycle: Cycle, by: Person) -> None:
    """What somebody real put into a sample cycle would be lost with it, or keep the sample from being removed."""
    if cycle.is_sample and not by.is_sample:
        raise OkrError(
            _("This cycle belongs to the sample organisation. Open a cycle of your own, or choose another one.")
        )


def lock_objective(objective: Objective) -> Objective:
    """The objective as it is now, locked until the transaction ends."""
    found = Objective.objects.select_for_update(of=("self",)).get(pk=objective.pk)
    found.cycle = Cycle.objects.get(pk=found.cycle_id)
    if found.team_id:
        found.team = Team.objects.get(pk=found.team_id)
    return found


def lock_key_result(key_result: KeyResult) -> KeyResult:
    """The key result as it is now, locked until the transaction ends: a second writer waits and sees the first one's work."""
    found = KeyResult.objects.select_for_update(of=("self",)).get(pk=key_result.pk)
    # Asked for after the lock is there: a join would still show the cycle as it was before the wait.
    found.objective = Objective.objects.select_related("cycle", "team", "owner").get(pk=found.objective_id)
    return found


def checked_text(text: str, field: str, *, required: str = "", length: int = TEXT_LENGTH) -> str:
    """The text without blanks around it. `required` is the message if there is none."""
    text = " ".join(text.split()) if length <= TITLE_LENGTH else text.strip()
    if required and not text:
        raise OkrError(required, field)
    if len(text) > length:
        raise OkrError(
            _("This may have at most %(length)s characters; it has %(number)s.")
            % {"length": length, "number": len(text)},
            field,
        )
    return text


def checked_weight(weight: float) -> float:
    if not 0 <= weight <= LARGEST:
        raise OkrError(_("A weight is 0 or more."), "weight")
    return weight


def checked_owner(cycle: Cycle, team: Team | None, owner: Person | None) -> Person | None:
    if owner is None:
        return None
    if owner.is_sample and not (cycle.is_sample or (team and team.is_sample)):
        # It would keep the sample from being removed.
        raise OkrError(
            _("%(name)s belongs to the sample organisation. Choose somebody real.") % {"name": owner}, "owner"
        )
    belongs = (
        Membership.objects.filter(team=team, person=owner, person__is_active=True).exists() if team else owner.is_active
    )
    if not belongs:
        message = _("Choose somebody who belongs to the team.") if team else _("Choose somebody who can sign in.")
        raise OkrError(message, "owner")
    return owner


def merged(row: Any, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """The fields to change; docs/definitions.md, A stale edit. StaleEdit holds an owner's id instead of the person."""
    current = {name: getattr(row, name) for name in wanted}
    try:
        return merge(current=current, seen=seen, wanted=wanted, changed_by=lambda name: changed_by(row, name))
    except StaleEdit as stale:
        raise StaleEdit(
            theirs={name: plain(value) for name, value in stale.theirs.items()},
            yours={name: plain(value) for name, value in stale.yours.items()},
            by=stale.by,
        ) from None


def changed_by(row: Cycle | Objective | KeyResult, name: str) -> Touch | None:
    """Who changed a field last, and when; None if nobody did."""
    changes = Change.objects.filter(field=name)
    if isinstance(row, KeyResult):
        changes = changes.filter(key_result=row)
    elif isinstance(row, Objective):
        changes = changes.filter(objective=row, key_result=None)
    else:
        changes = changes.filter(cycle=row, objective=None)
    newest = changes.select_related("person").order_by("pk").last()
    return Touch.by(newest.person, newest.recorded_at) if newest else None


def plain(value: Any) -> Any:
    """A value as it leaves the service: a row as its id."""
    return value.pk if isinstance(value, (Person, Objective)) else value


def note_change(
    cycle: Cycle, objective: Objective | None, key_result: KeyResult | None, field: str, old: Any, new: Any, by: Person
) -> None:
    Change.objects.create(
        cycle=cycle,
        objective=objective,
        key_result=key_result,
        field=field,
        old=_as_text(old),
        new=_as_text(new),
        person=by,
        token=by.token,
        recorded_at=clock.now(),
    )


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return written(value)
    if isinstance(value, list):
        return "; ".join(" ".join(_as_text(part) for part in each) for each in value)[:TEXT_LENGTH]
    return str(plain(value))[:TEXT_LENGTH]
