"""What a few words find: teams, people, items and key results, one query for each, whatever there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from okrs.models import KeyResult
from roadmaps.models import Item
from teams.models import Person, Team

SHOWN = 10  # of each kind
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Hit:
    title: str
    url: str
    where: str = ""


@dataclass(frozen=True)
class Found:
    """One kind of things. `more`: there are others, which further words would find."""

    title: str
    icon: str
    hits: list[Hit]
    more: bool


def read(user: Person, words: str) -> list[Found]:
    """Only kinds of which something was found; nothing for no words."""
    return [found for found in _each(user, words) if found.hits] if words else []


def _each(user: Person, words: str) -> Iterator[Found]:
    teams = Team.objects.visible_to(user).matching(words).listed("name")
    yield _found(
        _("Teams"), "users", teams, lambda each: Hit(each.name, reverse("team", args=[each.pk]), str(each.group or ""))
    )
    people = Person.objects.visible_to(user).active().matching(words).listed()
    yield _found(
        _("People"), "user", people, lambda each: Hit(each.name, reverse("person", args=[each.pk]), each.email)
    )
    items = Item.objects.visible_to(user).of_live_teams().matching(words).select_related("roadmap__team").listed()
    yield _found(_("Items of roadmaps"), "list-check", items, _item)
    results = (
        KeyResult.objects.visible_to(user).live().matching(words).select_related("objective__team").order_by("-pk")
    )
    yield _found(_("Key results"), "flag", results, _key_result)


def _item(item: Item) -> Hit:
    return Hit(item.shown_title, item.get_absolute_url(), item.roadmap.team.name)


def _key_result(result: KeyResult) -> Hit:
    team = result.objective.team
    return Hit(result.title, result.get_absolute_url(), team.name if team else _("Organisation"))


def _found(title: str, icon: str, rows: QuerySet[Row], hit: Callable[[Row], Hit]) -> Found:
    hits = [hit(row) for row in rows[: SHOWN + 1]]
    return Found(title, icon, hits[:SHOWN], len(hits) > SHOWN)
