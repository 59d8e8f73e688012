"""How a source is doing, in one word and one sentence; the same on every page. Pure: it reads the row it is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from connections import messages
from connections.models import Source
from core.http_errors import PERMANENT

UNANSWERED = timedelta(minutes=2)  # due for so long without a worker: people should look at the worker


@dataclass(frozen=True)
class Health:
    """`tone` and `icon` as in templates: is-ok, is-risk, is-off, is-stale. `sentence` "" where the word says it all."""

    state: str
    label: str
    tone: str
    icon: str
    sentence: str = ""
    live: bool = False  # a sync runs or is about to: the page asks again every other second
    waits: bool = False  # it goes on by itself at a known time: the page asks again now and then

    @property
    def is_problem(self) -> bool:
        return self.tone in ("is-off", "is-risk")


def of(source: Source, now: datetime) -> Health:
    """The first of these that applies; `source.connection` should be loaded."""
    if not source.connection.is_read:
        return _never_read(source)
    if not source.active or source.left_at is not None:
        day = date_format(localtime(source.ended_at), "DATE_FORMAT") if source.ended_at else ""
        return Health(
            "disconnected", _("Disconnected"), "is-stale", "plug-connected",
            _("Nothing is read since %(day)s. What was read until then stays.") % {"day": day},
        )  # fmt: skip
    if source.connection.needs_token:
        code = source.error_code if source.error_code in _TOKEN_CODES else "no_token"
        sentence = messages.problem(code, source.error_params)
        return Health("needs_token", _("Needs a new token"), "is-off", "key", sentence)
    if source.paused:
        return Health("paused", _("Paused"), "is-stale", "clock", _("Nothing is read until somebody resumes it."))
    if source.is_leased(now):
        return Health("running", _("Reading now"), "is-ok", "refresh", live=True)
    return _idle(source, now)


def _never_read(source: Source) -> Health:
    if source.connection.is_pushed:
        return Health("pushed", _("Pushed"), "is-ok", "bolt", _("Programs push it; nothing is read."))
    if source.connection.is_imported:
        return Health(
            "imported", _("Imported"), "is-stale", "arrow-up", _("People bring it as files; nothing is read.")
        )
    return Health("sample", _("Sample data"), "is-stale", "info-circle", _("Nothing is read from outside."))


_TOKEN_CODES = {"unauthorised", "undecryptable", "no_token"}


def _idle(source: Source, now: datetime) -> Health:
    if source.is_waiting(now):
        until = date_format(localtime(source.waiting_until), "TIME_FORMAT")
        sentence = _("The request limit of the token is used up. Reading goes on by itself at %(time)s.") % {
            "time": until
        }
        return Health("waiting", _("Waiting for the request limit"), "is-risk", "clock", sentence, waits=True)
    if source.next_sync_at is not None and source.next_sync_at <= now:
        return _due(source, source.next_sync_at, now)
    if source.error_code:
        sentence = messages.problem(source.error_code, source.error_params)
        if source.error_code in PERMANENT:
            return Health("refused", _("Cannot be read"), "is-off", "alert-octagon", sentence)
        return Health("retrying", _("Trying again"), "is-risk", "alert-triangle", sentence)
    if source.succeeded_at is None:
        return Health("new", _("Not read yet"), "is-stale", "clock")
    return Health("ok", _("Up to date"), "is-ok", "circle-check")


def _due(source: Source, since: datetime, now: datetime) -> Health:
    if now - since <= UNANSWERED:
        return Health("queued", _("About to read"), "is-stale", "clock", live=True)
    sentence = _(
        "It is due since %(time)s, but no worker has come for it. Ask an administrator whether the worker runs."
    )
    time = date_format(localtime(since), "DATETIME_FORMAT")
    return Health("unanswered", _("Overdue"), "is-risk", "alert-triangle", sentence % {"time": time}, live=True)


@dataclass(frozen=True)
class SourceRow:
    """A source with its health, for lists."""

    source: Source
    health: Health

    @property
    def set_aside(self) -> int:
        return getattr(self.source, "set_aside_count", 0)


def rows(sources: Any, now: datetime) -> list[SourceRow]:
    return [SourceRow(source, of(source, now)) for source in sources]
