"""The criteria of the default model as what people comment on, for core/topics.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments import library
from core.topics import Kind, Topic, register
from teams.models import Team


def register_all() -> None:
    register(Kind("criterion", _("Criterion"), _criteria))


def _criteria(team: Team | None, keys: Sequence[str]) -> Mapping[str, Topic]:
    """No query; the organisation is assessed nowhere."""
    found = [library.load().criterion(key) for key in keys] if team else []
    return {each.id: _topic(each, team) for each in found if each and team}


def _topic(criterion: library.Criterion, team: Team) -> Topic:
    return Topic(
        kind="criterion",
        key=criterion.id,
        team=team,
        name=criterion.title,
        url=reverse("assessment-criterion", args=[team.pk, criterion.id]),
        is_sample=team.is_sample,
    )
