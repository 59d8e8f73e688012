"""Telling people that a repository cannot be read, and when it is well again: docs/definitions.md, "Reminders".

An episode lasts from one success to the next. Of each, people are told once: when it needs somebody, or has gone on for a while.
Call within the transaction that ends a sync.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connections import messages
from connections.models import RunOutcome, Source
from core.http_errors import PERMANENT
from notices import kinds
from notices.kinds import Kind
from notices.services import notify, told_of
from teams.models import Person, Team

TOKEN_PROBLEMS = frozenset({"unauthorised", "undecryptable", "no_token"})
NEEDS_SOMEBODY = PERMANENT | TOKEN_PROBLEMS | {"other_repository"}
TOLD_AFTER = 5  # failures in a row: by then it was tried for more than 20 minutes (schedule.BACKOFF)
KIND = "sync_failing"


def _said(params: Mapping[str, Any]) -> str:
    if params["problem"]:
        return _("“%(name)s” cannot be read: %(problem)s") % params
    return _("“%(name)s” can be read again.") % params


def register_kind() -> None:
    kinds.register(Kind(KIND, gettext_lazy("Repositories that cannot be read"), _said, _said, reminder=True))


def state_of(source: Source) -> bool:
    """Whether it is failing so that people should know."""
    return source.error_code in NEEDS_SOMEBODY or source.failures >= TOLD_AFTER


def tell(source: Source, before: bool) -> None:
    """It failed once more; `before` is what `state_of` was."""
    if state_of(source) and not before:
        problem = _in_each_language(source)
        for to, team, url in _who_can_mend(source):
            _notify(source, to, team, url, "failing", problem)


def tell_well(source: Source) -> None:
    """It was read, `succeeded_at` still is that of the time before: whoever was told that it failed is told so."""
    failed = source.runs.filter(outcome=RunOutcome.FAILED)
    if source.succeeded_at:
        failed = failed.filter(started_at__gt=source.succeeded_at)
    if not failed.exists():
        return
    for _to, team, url in _who_can_mend(source):
        if (told := told_of(KIND, f"{_episode(source, team)}:failing")) is not None:
            _notify(source, told, team, url, "well", "")


def _notify(source: Source, to: list[Person], team: Team | None, url: str, what: str, problem: Any) -> None:
    notify(KIND, to, f"{_episode(source, team)}:{what}", team, {"name": source.full_name, "problem": problem}, url)


def _episode(source: Source, team: Team | None) -> str:
    begun = source.succeeded_at.isoformat() if source.succeeded_at else "never"
    theirs = "" if team is None or team.pk == source.connection.team_id else f":{team.pk}"
    return f"sync:{source.pk}:{begun}{theirs}"


def _who_can_mend(source: Source) -> Iterator[tuple[list[Person], Team | None, str]]:
    """The admins of each team that reads it, where one has none the administrators; these of the organisation's token too.

    With the team that the notice is about, and the page on which they can do something.
    """
    administrators = list(Person.objects.administrators())
    if source.connection.is_organisations and source.error_code in {*TOKEN_PROBLEMS, ""}:
        yield administrators, None, reverse("organisation-connection", args=[source.connection_id])
    for share in source.shares.live().listed():
        if share.team.archived_at is None:
            mine = {"memberships__team": share.team, "memberships__role": "team_admin"}
            admins = list(Person.objects.active().filter(**mine))
            yield admins or administrators, share.team, reverse("connection", args=[share.team_id, source.pk])


def _in_each_language(source: Source) -> dict[str, str]:
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said[language] = messages.problem(source.error_code, source.error_params)
    return said
