"""Doing what a file says: one transaction, which plans once more before it writes."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import translation

from core import bell, clock
from core.imports import RowState
from core.refusals import Refused
from imports import planning
from imports.access import permission
from imports.models import FAILED, MOST_TRIES, NOT_ALLOWED, STALE, State, Upload
from teams import audit
from teams.models import ApiToken, Person

log = logging.getLogger(__name__)

LIFE = timedelta(seconds=60)  # of a message


def call(pk: int) -> None:
    """Call a worker. A broker that is away costs only time: `ring` calls again."""
    from imports.tasks import work

    bell.send(work, pk, life=LIFE.total_seconds())


@transaction.atomic
def ring() -> int:
    """Call a worker for each file that is to be imported and was not heard of lately; for how many.

    One that was tried often enough is given up: whatever ends the worker each time is in the file.
    """
    now = clock.now()
    # Without those that a worker holds at this moment.
    unheard = list(Upload.objects.unheard(now).select_for_update(skip_locked=True).values_list("pk", "tries"))
    again = [pk for pk, tries in unheard if tries < MOST_TRIES]
    if unheard:
        Upload.objects.filter(pk__in=again).update(rung_at=now, tries=F("tries") + 1)
        others = [pk for pk, _tries in unheard if pk not in again]
        Upload.objects.filter(pk__in=others).update(state=State.WAITING, problem=FAILED)
    for pk in again:
        transaction.on_commit(lambda pk=pk: call(pk))  # type: ignore[misc]
    return len(again)


def work_on(pk: int) -> None:
    """Import the file. Safe to call twice and to kill at any line: its state is written with its rows, or nothing is."""
    try:
        _apply(pk)
    except Refused as error:
        _give_up(pk, error.message)
    except Exception:
        log.exception("an import failed")
        _give_up(pk, FAILED)


@transaction.atomic
def _apply(pk: int) -> None:
    # Locked until all is done. Another worker that is called meanwhile finds it locked, or done, and leaves.
    found = Upload.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, state=State.APPLYING)
    upload = found.select_related("team", "asked_by", "asked_token").first()
    if upload is None:
        return
    by = _who(upload)
    if by is None:
        upload.state, upload.problem = State.WAITING, NOT_ALLOWED
        upload.save()
        return
    upload.importer.lock(upload.team)
    planned = planning.plan_again(upload, by)
    if planning.told(planned) != upload.plan.get(upload.language):
        table = planning.read(bytes(upload.content), upload.importer)
        upload.keep(planning.told_to_all(table, upload.importer, upload.team, by))
        upload.state, upload.problem = State.WAITING, STALE
        upload.save()
        return
    with translation.override(upload.language):
        to_do = [each for each in planned if each.state in (RowState.NEW, RowState.CHANGED)]
        upload.importer.apply(to_do, upload.team, by)
    _note(upload, by)


def _who(upload: Upload) -> Person | None:
    """Whoever asked for it, with the token by which they asked; None if they may no longer."""
    by = upload.asked_by
    if by is None:
        return None
    by.token = upload.asked_token
    if by.token and not ApiToken.objects.usable().filter(pk=by.token.pk).exists():
        return None
    return by if by.has_perm(permission(upload.team), upload.team) else None


def _note(upload: Upload, by: Person) -> None:
    """It is done: the file itself goes, the log says what it was."""
    audit.record(
        "import.applied",
        actor=by,
        team=upload.team,
        kind=upload.kind,
        file=upload.name,
        digest=upload.digest[:16],
        rows=upload.to_do,
    )
    upload.state, upload.problem, upload.applied_at = State.APPLIED, "", clock.now()
    upload.content, upload.plan = b"", {}
    upload.save()


def _give_up(pk: int, why: str) -> None:
    """Nothing of it is there: the transaction was rolled back. A person decides how to go on."""
    Upload.objects.filter(pk=pk, state=State.APPLYING).update(state=State.WAITING, problem=why[:500])
