"""Bringing a file, importing it, throwing it away. Callers check that the person may edit the team."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.imports import Importer
from core.refusals import Refused
from core.retention import in_batches
from core.tables.reading import check_size
from imports import planning, work
from imports.models import KEPT_FOR, NAME_LENGTH, State, Upload, language_now
from teams.models import Person, Team

MOST_WAITING = 20  # files of one team that could be imported; of those that could not, as many of the newest are kept


@transaction.atomic
def bring(
    *, team: Team | None, importer: Importer, name: str, size: int, chunks: Iterable[bytes], by: Person
) -> Upload:
    """Keep a file with what it would do; nothing else is written. Refused for a file that cannot be read. One that is too large
    is not looked at."""
    check_size(size)
    of_team = Upload.objects.of_team(team.pk if team else None)
    if of_team.to_import().count() >= MOST_WAITING:
        message = _("%(most)s files wait to be imported. Import one of them or throw it away first.")
        raise Refused(message % {"most": MOST_WAITING}, "file")
    content = b"".join(chunks)
    table = planning.read(content, importer)
    try:
        plans = planning.told_to_all(table, importer, team, by)
    except Refused as error:
        raise Refused(error.message, "file") from None
    made = Upload(
        team=team,
        kind=importer.kind,
        name=name[-NAME_LENGTH:],
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        left_out=table.left_out,
        person=by,
        uploaded_at=clock.now(),
    )
    made.keep(plans)
    made.save()
    useless = of_team.of_no_use().order_by("-uploaded_at", "-pk").values_list("pk", flat=True)
    Upload.objects.filter(pk__in=list(useless[MOST_WAITING:])).delete()
    return made


@transaction.atomic
def check_again(*, upload: Upload, by: Person) -> Upload:
    """Say anew what the file would do as things stand now."""
    locked = _locked(upload)
    if locked.is_waiting:
        table = planning.read(bytes(locked.content), locked.importer)
        locked.keep(planning.told_to_all(table, locked.importer, locked.team, by))
        locked.problem = ""
        locked.save()
    return locked


def apply(*, upload: Upload, by: Person) -> Upload:
    """Import all of the file: at once, or by a worker where it is long. A file that is imported already is left alone.

    Refused where a row is. If something was changed since the dry run, nothing is written and the upload says so.
    """
    asked = _ask(upload, by)
    if asked.is_busy and asked.rows <= asked.importer.at_once:
        work.work_on(asked.pk)
        asked = _fresh(asked)
    return asked


@transaction.atomic
def _ask(upload: Upload, by: Person) -> Upload:
    # Locked: of two clicks the second waits here and then finds what the first asked for.
    locked = _locked(upload)
    if not locked.is_waiting:
        return locked
    if locked.refused:
        raise Refused(_("Nothing is imported as long as a row is refused. Mend the file and bring it again."))
    locked.state, locked.problem, locked.tries = State.APPLYING, "", 0
    locked.asked_by, locked.asked_token, locked.rung_at = by, by.token, clock.now()
    locked.language = language_now()
    locked.save()
    if locked.rows > locked.importer.at_once:
        transaction.on_commit(lambda: work.call(locked.pk))
    return locked


@transaction.atomic
def throw_away(*, upload: Upload) -> None:
    """Forget a file that was not imported. Refused while it is being imported, and afterwards."""
    locked = Upload.objects.select_for_update(of=("self",)).filter(pk=upload.pk).first()
    if locked is None:
        return
    if not locked.is_waiting:
        raise Refused(_("The file is imported, or is being imported: it can no longer be thrown away."))
    locked.delete()


@transaction.atomic
def throw_away_all(*, team: Team | None, chosen: Iterable[int]) -> int:
    """Forget those of the team's files that were not imported; how many there were."""
    found = Upload.objects.of_team(team.pk if team else None).waiting().filter(pk__in=chosen)
    # Locked: one that somebody imports at this moment is left alone.
    locked = found.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    count, _each = Upload.objects.filter(pk__in=list(locked)).delete()
    return count


def prune(before: datetime) -> int:
    """Files that nobody imported in time, and after KEEP_DAYS the lines of those that were; how many."""
    late = Upload.objects.waiting().filter(uploaded_at__lt=clock.now() - KEPT_FOR)
    return in_batches(late) + in_batches(Upload.objects.filter(state=State.APPLIED, applied_at__lt=before))


def _locked(upload: Upload) -> Upload:
    return Upload.objects.select_for_update(of=("self",)).select_related("team").get(pk=upload.pk)


def _fresh(upload: Upload) -> Upload:
    return Upload.objects.select_related("team", "person").get(pk=upload.pk)
