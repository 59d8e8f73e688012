"""What an administrator asks for. Making and restoring take time: a worker does them, backups/work.py."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backups import archive, schedule, shelf
from backups.archive import Manifest, Told, nobody
from backups.models import State, Work
from core import clock
from core.refusals import Refused
from teams import audit
from teams.models import Organisation, Person


def ask_for_archive(*, by: Person) -> Work:
    """Let a worker make an archive. Asking twice makes one. Refused while another is being restored."""
    return _ask(State.MAKING, "", by)


def ask_for_restore(*, name: str, confirmation: str, by: Person) -> Work:
    """Let a worker replace everything with what the archive holds. Refused unless the organisation's name was typed."""
    organisation = Organisation.current()
    if organisation is None or confirmation.strip() != organisation.name.strip():
        raise Refused(_("Type the organisation's name as it is written above."), "confirmation")
    path = shelf.find(name)
    if path is None:
        raise Refused(_("This archive is no longer here."))
    with archive.opened(path):
        return _ask(State.RESTORING, name, by)


@transaction.atomic
def _ask(state: State, name: str, by: Person) -> Work:
    Work.objects.get_or_create(pk=1)
    # Locked: of two clicks the second waits here and then finds what the first asked for.
    row = Work.objects.select_for_update().get(pk=1)
    if row.is_busy and (row.state, row.name) != (state, name):
        raise Refused(_("Another archive is at work. Wait until it is done."))
    if row.is_busy:
        return row
    row.state, row.name, row.asked_by, row.asked_at = state, name, by, clock.now()
    row.language, row.problem, row.rung_at = (get_language() or "en")[:2], "", clock.now()
    row.done = row.total = 0
    row.lease_owner, row.lease_until = "", None
    row.save()
    transaction.on_commit(schedule.enqueue)
    return row


@transaction.atomic
def withdraw(*, by: Person) -> bool:
    """Take back what was asked for and nobody has begun; whether it was so."""
    asked = Work.current()
    if not schedule.withdraw():
        return False
    if asked.state == State.RESTORING:
        audit.record("backup.restore_withdrawn", actor=by, name=asked.name)
    return True


def make(path: Path, *, by: Person | None, told: Told = nobody) -> Manifest:
    """Write an archive to the path, and say so in the log. Refused."""
    try:
        manifest = archive.write(path, by=str(by) if by else "", told=told)
    except OSError as error:
        raise Refused(
            _("The archive could not be written to %(path)s (%(reason)s).") % {"path": path, "reason": error.strerror}
        ) from error
    audit.record("backup.made", actor=by, name=path.name, rows=manifest.rows)
    return manifest


def bring(*, chunks: Iterable[bytes], size: int, by: Person) -> Path:
    """Keep an archive that somebody uploads. Refused if it is none of this portal's."""
    if size > shelf.LARGEST_UPLOAD:
        raise Refused(_("This file is too large to upload. Restore it on the server: make restore FILE=…"), "file")
    try:
        path = shelf.put("uploaded", chunks)
    except Refused as error:
        raise Refused(error.message, "file") from error
    except OSError as error:
        raise Refused(_("The file could not be kept (%(reason)s).") % {"reason": error.strerror}, "file") from error
    audit.record("backup.uploaded", actor=by, name=path.name)
    return path


def note_download(*, name: str, by: Person) -> None:
    audit.record("backup.downloaded", actor=by, name=name)


def delete(*, name: str, by: Person) -> None:
    """Delete a kept archive. Refused while it is being restored; of two clicks the second finds it gone."""
    work, path = Work.current(), shelf.find(name)
    if work.is_busy and work.name == name:
        raise Refused(_("Another archive is at work. Wait until it is done."))
    if path is not None:
        path.unlink(missing_ok=True)
        audit.record("backup.deleted", actor=by, name=name)
