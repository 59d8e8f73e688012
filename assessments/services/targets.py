"""Targets: the level that a team aims at in an area."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments import library, snapshots
from assessments.models import Target
from assessments.services.common import MaturityError, lock
from core import clock
from core.edits import UNSEEN, StaleEdit, Touch, merge
from teams import audit
from teams.models import Person, Team


@transaction.atomic
def set_target(
    *,
    team: Team,
    area: str,
    level: int | None,
    due: date | None,
    by: Person,
    seen: int | Mapping[str, Any] | None = None,
    model_id: str = library.DEFAULT,
) -> Target | None:
    """Aim at a level by a day, from today on; `level` None takes the target away. None if there was none to take away.

    `seen`: the level and day that were seen, or the version of that target (0 for none), or None for whatever stands there.
    Nothing happens if that target is there already. StaleEdit if somebody set the same to something else since.
    """
    locked = lock(team)
    model = library.load(model_id)
    _check(model, area, level)
    targets = list(Target.objects.of([locked], model_id).filter(area=area).order_by("version"))
    before = targets[-1] if targets else None
    present, version = _values(before), before.version if before else 0
    wanted: dict[str, Any] = {"level": level, "due": due if level is not None else None}
    wanted = present | _merged(present, _seen(targets, seen, present), wanted, before)
    if wanted == present:
        return before
    today = clock.today(locked.zone)
    due = wanted["due"]
    if due is not None and due != present["due"] and due < today:
        raise MaturityError(_("This day has passed. Choose today or a later day."), "due")
    made = Target.objects.create(
        team=locked,
        model_id=model_id,
        area=area,
        version=version + 1,
        person=by,
        token=by.token,
        effective_on=today,
        recorded_at=clock.now(),
        **wanted,
    )
    snapshots.refresh(locked, today, model_id)
    audit.record(
        "assessment.target_set", actor=by, team=locked, area=area, level=level, due=str(due or ""),
        before=_plain(present), after=_plain(wanted),
    )  # fmt: skip
    return made


def _values(target: Target | None) -> dict[str, Any]:
    return {"level": target.level, "due": target.due} if target else {"level": None, "due": None}


def _seen(targets: list[Target], seen: int | Mapping[str, Any] | None, present: dict[str, Any]) -> Mapping[str, Any]:
    """The values that were seen. Targets are events, so a version still tells what they were."""
    if seen is None or not isinstance(seen, int):
        return present if seen is None else seen
    found = next((each for each in targets if each.version == seen), None)
    return _values(found) if found or seen == 0 else {"level": UNSEEN, "due": UNSEEN}


def _merged(
    present: dict[str, Any], seen: Mapping[str, Any], wanted: dict[str, Any], before: Target | None
) -> dict[str, Any]:
    by = Touch.by(before.person, before.recorded_at) if before else None
    changes = merge(current=present, seen=seen, wanted=wanted, changed_by=lambda _name: by)
    if (present | changes)["level"] is None and changes.get("due"):
        # A day for a target that somebody took away meanwhile: it would be lost without a word.
        raise StaleEdit(theirs={"level": None}, yours={"level": wanted["level"]}, by={"level": by})
    return changes


def _plain(target: dict[str, Any]) -> dict[str, Any]:
    """For the audit log."""
    return {"level": target["level"], "due": str(target["due"] or "")}


def _check(model: library.MaturityModel, area: str, level: int | None) -> None:
    if model.area(area) is None:
        raise MaturityError(_("The model has no such area."), "area")
    if level is not None and not 1 <= level <= model.top:
        raise MaturityError(_("Choose a level from 1 to %(top)s.") % {"top": model.top}, "level")
