"""What a worker does when an archive is asked for, or a restore."""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from backups import restoring, schedule, services, shelf
from backups.archive import Told
from backups.models import State, Work
from core import clock
from core.refusals import Refused

log = logging.getLogger(__name__)


def work() -> None:
    """Do what is asked for. Safe to call twice and to kill at any line: what is not whole is not there."""
    row = schedule.take()
    if row is None:
        return
    with translation.override(row.language):
        try:
            if row.state == State.MAKING:
                _make(row)
            else:
                _restore(row)
        except Refused as error:
            schedule.end(row, error.message)
        except Exception:
            log.exception("an archive: %s failed", row.state)
            schedule.end(row, _("It failed, and nothing was changed. The worker's log says why."))


def _make(row: Work) -> None:
    path = shelf.new("archive")
    try:
        services.make(path, by=row.asked_by, told=_telling(row))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    schedule.end(row)


def _restore(row: Work) -> None:
    path = shelf.find(row.name)
    if path is None:
        raise Refused(_("This archive is no longer here."))
    # Nothing is told on the way: on PostgreSQL the row would wait for the restore, and the restore for the row.
    restoring.restore(path, by=row.asked_by)


def _telling(row: Work) -> Told:
    last: datetime = clock.now()

    def told(done: int, total: int) -> None:
        nonlocal last
        if clock.now() - last >= schedule.BEAT_EVERY:
            last = clock.now()
            schedule.beat(row, done, total)

    return told
