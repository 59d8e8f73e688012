"""Targets: the level that a team aims at in an area."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments import library, snapshots
from assessments.models import Target
from assessments.services.common import MaturityError, lock
from core import clock
from core.edits import StaleEdit
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
    seen: int | None = None,
    model_id: str = library.DEFAULT,
) -> Target | None:
    """Aim at a level by a day, from today on; `level` None takes the target away. None if there was none to take away.

    `seen`: the version of the target that was seen, 0 for none, None for whatever stands there. Nothing happens if that
    target is there already. StaleEdit if somebody set another one since.
    """
    locked = lock(team)
    model = library.load(model_id)
    _check(model, area, level)
    before = Target.objects.of([locked], model_id).filter(area=area).last()
    wanted = {"level": level, "due": due if level is not None else None}
    present = {"level": before.level, "due": before.due} if before else {"level": None, "due": None}
    if wanted == present:
        return before  # type: ignore[no-any-return]
    version = before.version if before else 0
    if seen not in (None, version):
        raise StaleEdit(theirs={**present, "version": version}, yours={**wanted, "version": seen})
    today = clock.today(locked.zone)
    if wanted["due"] is not None and due is not None and due < today:
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
    return made  # type: ignore[no-any-return]


def _plain(target: dict[str, Any]) -> dict[str, Any]:
    """For the audit log."""
    return {"level": target["level"], "due": str(target["due"] or "")}


def _check(model: library.MaturityModel, area: str, level: int | None) -> None:
    if model.area(area) is None:
        raise MaturityError(_("The model has no such area."), "area")
    if level is not None and not 1 <= level <= model.top:
        raise MaturityError(_("Choose a level from 1 to %(top)s.") % {"top": model.top}, "level")
