"""What a worker does: the steps of loading one after the other, each in a transaction of its own, or the removal in one."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from sample import removal, schedule
from sample.models import BUSY, Sample, State
from sample.steps import steps
from sample.story import Cast
from teams import audit
from teams.models import Person, Team

log = logging.getLogger(__name__)


def work() -> None:
    """Go on until it is done. Safe to call twice and to kill at any line: another worker goes on where this one stopped."""
    owner = schedule.take()
    if not owner:
        return
    try:
        while _go_on(owner):
            pass
    except schedule.LeaseLost:
        log.warning("the sample organisation: another worker took over")
    except Exception as error:
        log.exception("the sample organisation: a step failed")
        _give_up(owner, error)


@transaction.atomic
def _go_on(owner: str) -> bool:
    """One step, and its number in the same transaction; whether another one follows."""
    row = schedule.held(owner)
    if row.state == State.LOADING:
        _load_step(row)
    elif row.state == State.REMOVING:
        _remove(row)
    if row.state not in BUSY:
        row.lease_owner, row.lease_until = "", None
    row.save()
    return row.state in BUSY


def _load_step(row: Sample) -> None:
    to_do = steps()
    # The services write an audit entry for each act: of made-up people nobody needs to answer for. One entry tells it all.
    with translation.override(row.language), audit.told_as_one():
        to_do[row.step].run(Cast.on(row.at))
    row.step += 1
    if row.step == len(to_do):
        row.state = State.LOADED
        audit.record("sample.loaded", actor=row.asked_by, **_size())


def _remove(row: Sample) -> None:
    size = _size()
    removal.remove()
    row.state, row.step = State.ABSENT, 0
    audit.record("sample.removed", actor=row.asked_by, **size)


def _size() -> dict[str, Any]:
    return {"teams": Team.objects.sample().count(), "people": Person.objects.sample().count()}


@transaction.atomic
def _give_up(owner: str, error: Exception) -> None:
    """Nothing half-written is there: the step's transaction was rolled back. A person decides how to go on."""
    row = Sample.objects.select_for_update().filter(pk=1, lease_owner=owner).first()
    if row is not None:
        row.state = State.FAILED if row.state == State.LOADING else State.LOADED
        with translation.override(row.language):
            unknown = _("A step failed. The worker's log says why.")
            row.problem = getattr(error, "message", unknown)  # every room's refusals have one, for people to read
        row.lease_owner, row.lease_until = "", None
        row.save()
