"""The roadmap's items as what people comment on, for core/topics.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from core.addresses import pk_in
from core.topics import Kind, Topic, register
from roadmaps.models import Item
from teams.models import Team


def register_all() -> None:
    register(Kind("item", _("Roadmap item"), _items, Item))


def _items(team: Team | None, keys: Sequence[str]) -> Mapping[str, Topic]:
    """One query; the organisation has no roadmap."""
    if team is None:
        return {}
    items = Item.objects.of_team(team.pk).filter(pk__in=[pk for pk in map(pk_in, keys) if pk])
    return {str(item.pk): topic_of(item, team) for item in items.select_related("owner", "roadmap")}


def topic_of(item: Item, team: Team) -> Topic:
    item.roadmap.team = team
    return Topic(
        kind="item",
        key=str(item.pk),
        team=team,
        name=item.title or (item.entry.title if item.entry else item.template_key),
        url=item.get_absolute_url(),
        owners=(item.owner,) if item.owner else (),
        is_sample=team.is_sample,
    )
