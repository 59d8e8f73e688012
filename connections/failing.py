"""Telling people that a repository cannot be read, and when it is well again: docs/definitions.md, "Reminders".

An episode lasts from one success to the next. Of each, people are told once: when it needs somebody, or has gone on for a while.
Call within the transaction that ends a sync.
"""

from __future__ import annotations

from collections.abc import Mapping
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
NEEDS_SOMEBODY = PERMANENT | TOKEN_PROBLEMS
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
        _notify(source, _who_can_mend(source.connection.team), "failing", problem)


def tell_well(source: Source) -> None:
    """It was read, `succeeded_at` still is that of the time before: whoever was told that it failed is told so."""
    failed = source.runs.filter(outcome=RunOutcome.FAILED)
    if source.succeeded_at:
        failed = failed.filter(started_at__gt=source.succeeded_at)
    if failed.exists() and (told := told_of(KIND, f"{_episode(source)}:failing")) is not None:
        _notify(source, told, "well", "")


def _notify(source: Source, to: list[Person], what: str, problem: Any) -> None:
    team = source.connection.team
    if team.archived_at is None:
        url = reverse("connection", args=[team.pk, source.pk])
        notify(KIND, to, f"{_episode(source)}:{what}", team, {"name": source.full_name, "problem": problem}, url)


def _episode(source: Source) -> str:
    return f"sync:{source.pk}:{source.succeeded_at.isoformat() if source.succeeded_at else 'never'}"


def _who_can_mend(team: Team) -> list[Person]:
    """The team's admins; where there is none, the administrators."""
    admins = Person.objects.active().filter(memberships__team=team, memberships__role="team_admin")
    return list(admins) or list(Person.objects.administrators())


def _in_each_language(source: Source) -> dict[str, str]:
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said[language] = messages.problem(source.error_code, source.error_params)
    return said
