"""The roadmap's items that lead to criteria of the maturity model, for core/links.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.urls import reverse

from core import links
from core.links import Items, LinkedItem
from roadmaps import services
from roadmaps.models import Item, Roadmap, State
from teams.models import Person, Team


class Criteria:
    """Which items of the template lead to a criterion stands in the template itself."""

    def items_for(self, teams: Sequence[Any]) -> Items:
        """One query."""
        found: Items = {}
        states = {value: str(label) for value, label in State.choices}  # said once, not for each of thousands
        items = Item.objects.filter(roadmap__team__in=teams).exclude(template_key="").listed()
        for item in items:
            for criterion, reaches in item.entry.criteria if item.entry else ():
                linked = LinkedItem(
                    title=item.shown_title,
                    url=reverse("roadmap-item", args=[item.roadmap.team_id, item.pk]),
                    due=item.due_date,
                    state=states[item.state],
                    is_open=item.state in (State.TO_DO, State.IN_PROGRESS),
                    reaches=reaches,
                    is_done=item.state == State.DONE,
                )
                found.setdefault((item.roadmap.team_id, criterion), []).append(linked)
        for each in found.values():
            each.sort(key=lambda item: item.reaches)
        return found

    @transaction.atomic
    def add(self, *, team: Team, target: str, reaches: int, by: Person) -> str:
        """Take the dropped item up again that reaches this. Without a roadmap: where it is started."""
        roadmap = Roadmap.objects.filter(team=team).first()
        if roadmap is None:
            return reverse("roadmap", args=[team.pk])
        enough = [
            (reach, item)
            for item in roadmap.items.listed()
            for criterion, reach in (item.entry.criteria if item.entry else ())
            if criterion == target and reach >= reaches
        ]
        if not enough:
            return reverse("roadmap", args=[team.pk])
        item = min(enough, key=lambda each: (each[1].state == State.DONE, each[0]))[1]
        if item.state == State.SKIPPED:
            services.restore(item=item, seen_version=item.version, by=by)
        return reverse("roadmap-item", args=[team.pk, item.pk])


def register_all() -> None:
    links.register("criterion", Criteria())
