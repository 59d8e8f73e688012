"""Key results as what people comment on, for core/topics.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from core.addresses import pk_in
from core.topics import Kind, Topic, register
from okrs.models import KeyResult
from teams.models import Team


def register_all() -> None:
    register(Kind("key_result", _("Key result"), _key_results, KeyResult))


def _key_results(team: Team | None, keys: Sequence[str]) -> Mapping[str, Topic]:
    """A team's or the organisation's; one query."""
    found = KeyResult.objects.filter(objective__team=team, pk__in=[pk for pk in map(pk_in, keys) if pk])
    related = found.select_related("owner", "objective__owner", "objective__created_by")
    return {str(key_result.pk): _topic(key_result, team) for key_result in related}


def _topic(key_result: KeyResult, team: Team | None) -> Topic:
    objective = key_result.objective
    owners = [key_result.owner or objective.owner] if team else [key_result.owner, objective.owner]
    return Topic(
        kind="key_result",
        key=str(key_result.pk),
        team=team,
        name=key_result.title,
        url=key_result.get_absolute_url(),
        owners=tuple(dict.fromkeys(owner for owner in owners if owner)),
        is_sample=team.is_sample if team else objective.created_by.is_sample,
    )
