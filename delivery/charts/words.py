"""What charts say of a board: its weeks, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connectors.registry import CONNECTORS
from core.spans import list_text
from delivery.board import Board
from delivery.periods import Bucket
from delivery.words import bucket_text


def source_text(board: Board) -> str:
    """Where the numbers come from and how fresh they are."""
    if all(service.source.connection.is_sample for service in board.services):
        return _("sample data")
    read = [service.source.connection.kind for service in board.services if not service.source.connection.is_told]
    told = {service.is_imported for service in board.services if service.source.connection.is_told}
    names = [_("imported") if imported else _("pushed") for imported in sorted(told)]
    return list_text([_read(board, read), *names] if read else names)


def _read(board: Board, read: Sequence[str]) -> str:
    """Of what the portal reads by itself: kinds of connections."""
    count = len(read)
    hosts = ", ".join(sorted({CONNECTORS[kind].title for kind in read if kind in CONNECTORS}))
    names = ngettext("%(hosts)s, %(count)s repository", "%(hosts)s, %(count)s repositories", count) % {
        "hosts": hosts, "count": count,
    }  # fmt: skip
    if board.read_at is None:
        return names
    return _("%(source)s, read %(time)s") % {
        "source": names,
        "time": date_format(localtime(board.read_at), "DATETIME_FORMAT"),
    }


def so_far(board: Board, bucket: Bucket) -> bool:
    return bucket.end > board.today


def label(board: Board, bucket: Bucket) -> str:
    text = bucket_text(bucket, board.choice.by)
    return _("%(period)s (so far)") % {"period": text} if so_far(board, bucket) else text
