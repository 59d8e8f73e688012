"""Which rows of notices go after a while: what was read, and what has left. What is unread or still to leave stays."""

from __future__ import annotations

from datetime import datetime

from core.retention import in_batches
from notices.models import Notice, Outgoing


def prune(before: datetime) -> int:
    """How many went. A notice whose mail still waits stays, however long ago it was read in the inbox."""
    gone = in_batches(Notice.objects.no_longer_kept(before))
    return gone + in_batches(Outgoing.objects.ended_before(before))
