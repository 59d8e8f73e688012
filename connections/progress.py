"""What a run did so far, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connections import messages
from connections.models import RunOutcome, SyncRun

STREAMS: dict[str, Promise | str] = {
    "deployments": _("Deployments"),
    "incidents": _("Incidents"),
    "changes": _("Changes"),
    "comparisons": _("Comparisons of deployments"),
    "again": _("Asked for again"),
}
TONES = {
    RunOutcome.RUNNING: ("is-ok", "refresh"),
    RunOutcome.SUCCEEDED: ("is-ok", "circle-check"),
    RunOutcome.FAILED: ("is-off", "alert-octagon"),
    RunOutcome.WAITING: ("is-risk", "clock"),
    RunOutcome.INTERRUPTED: ("is-stale", "circle-dashed"),
    RunOutcome.STOPPED: ("is-stale", "circle-dashed"),
}


@dataclass(frozen=True)
class StreamProgress:
    name: str
    title: Promise | str
    read: int
    stored: int
    set_aside: int
    reached: datetime | None
    done: bool
    refused: bool  # the token may not read these


@dataclass(frozen=True)
class Progress:
    """One run for a page."""

    run: SyncRun

    @property
    def streams(self) -> list[StreamProgress]:
        return [_stream(name, self.run.counts[name]) for name in STREAMS if name in self.run.counts]

    @property
    def tone(self) -> str:
        return TONES[RunOutcome(self.run.outcome)][0]

    @property
    def icon(self) -> str:
        return TONES[RunOutcome(self.run.outcome)][1]

    @property
    def problem(self) -> str:
        return messages.problem(self.run.error_code, self.run.error_params) if self.run.error_code else ""

    @property
    def read(self) -> int:
        return self.run.total("read")

    @property
    def stored(self) -> int:
        return self.run.total("stored")

    @property
    def set_aside(self) -> int:
        return self.run.total("set_aside")

    @property
    def seconds(self) -> int | None:
        if self.run.finished_at is None:
            return None
        return round((self.run.finished_at - self.run.started_at).total_seconds())


def _stream(name: str, counts: dict[str, Any]) -> StreamProgress:
    return StreamProgress(
        name=name,
        title=STREAMS[name],
        read=counts["read"],
        stored=counts["stored"],
        set_aside=counts["set_aside"],
        reached=datetime.fromisoformat(counts["reached"]) if counts["reached"] else None,
        done=counts["done"] and not counts.get("refused"),
        refused=bool(counts.get("refused")),
    )
