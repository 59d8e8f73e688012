"""`Idempotency-Key`: the same request sent twice is done once, and answered alike. draft-ietf-httpapi-idempotency-key-header."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from core import clock
from core.refusals import Refused
from core.retention import in_batches
from delivery.models import PushKey
from teams.models import Team

KEPT = timedelta(days=7)
LONGEST = 255


class KeyUsed(Refused):
    """The same key came with another body."""

    conflicts: ClassVar[bool] = True


def digest_of(what: str, body: Any) -> str:
    """Of a request: equal for equal JSON, however it is written."""
    return hashlib.sha256(json.dumps([what, body], sort_keys=True).encode()).hexdigest()


def once(team: Team, key: str, digest: str, do: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What `do` answers, or what it answered to this key before. With the team's row locked: of two at once one does it."""
    if not key:
        return do()
    known = PushKey.objects.filter(team=team, key=key).first()
    if known is not None and known.answered_at > clock.now() - KEPT:
        if known.digest != digest:
            raise KeyUsed(
                _("This Idempotency-Key came with another body before. Nothing was changed; use another key.")
            )
        return list(known.answer)
    if known is not None:
        known.delete()
    answer = do()
    PushKey.objects.create(team=team, key=key, digest=digest, answer=answer, answered_at=clock.now())
    return answer


def prune(before: datetime) -> int:
    """Keys go after KEPT, whatever is kept longer."""
    return in_batches(PushKey.objects.filter(answered_at__lt=clock.now() - KEPT))
