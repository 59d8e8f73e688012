"""Reads of roadmaps, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Coalesce

from core.append_only import AppendOnlyQuerySet
from roadmaps import template
from roadmaps.states import State
from teams.models import Person, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from roadmaps.models import Item, Note, Roadmap  # noqa: F401  named in the types below


class RoadmapQuerySet(models.QuerySet["Roadmap"]):
    def visible_to(self, user: Person | AnonymousUser) -> RoadmapQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of_teams(self, teams: Iterable[Team | None]) -> RoadmapQuerySet:
        return self.filter(team__in=[team for team in teams if team]).select_related("team")


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: Person | AnonymousUser) -> ItemQuerySet:
        return self.filter(roadmap__team__in=Team.objects.visible_to(user))

    def of_team(self, team_id: int) -> ItemQuerySet:
        return self.filter(roadmap__team=team_id)

    def matching(self, words: str) -> ItemQuerySet:
        """By the title that is shown: the team's own, or the template's in the reader's language."""
        shown = models.Q(title="", template_key__in=template.load().keys_with(words))
        return self.filter(models.Q(title__icontains=words) | shown)

    def of_phases(self) -> ItemQuerySet:
        """What progress, burn-up and forecast count: not the checklists."""
        return self.filter(phase__isnull=False)

    def open(self) -> ItemQuerySet:
        return self.filter(state__in=(State.TO_DO, State.IN_PROGRESS))

    def owned_by(self, person: Person) -> ItemQuerySet:
        return self.filter(owner=person)

    def of_live_teams(self) -> ItemQuerySet:
        return self.filter(roadmap__team__archived_at=None)

    def due_between(self, teams: Iterable[Team | None], first: date, last: date) -> ItemQuerySet:
        """The open ones; `changed_at`: when one was edited last (None: never), `day_edits`: how often its due date was."""
        from roadmaps.models import Change, Field

        moved = models.Q(item=models.OuterRef("pk")) | models.Q(item=None, roadmap=models.OuterRef("roadmap"))
        edits = Change.objects.filter(moved).order_by().values("roadmap")
        days = edits.filter(field__in=(Field.DUE_DATE, Field.START_DATE)).annotate(count=models.Count("pk"))
        return (
            self.filter(roadmap__team__in=[team for team in teams if team], due_date__range=(first, last))
            .open()
            .select_related("owner", "roadmap__team")
            .annotate(
                changed_at=models.Subquery(edits.annotate(last=models.Max("recorded_at")).values("last")),
                day_edits=Coalesce(models.Subquery(days.values("count")), 0),
            )
        )

    def listed(self) -> ItemQuerySet:
        """In the order of the roadmap: the phases, then the technical checklist, then the organisational one."""
        phase = models.F("phase").asc(nulls_last=True)
        return self.select_related("owner", "roadmap").order_by(phase, "-checklist", "position", "pk")

    def by_due_date(self) -> ItemQuerySet:
        return self.order_by(models.F("due_date").asc(nulls_last=True), "phase", "position", "pk")


class TickQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: Person | AnonymousUser) -> TickQuerySet:
        return self.filter(item__roadmap__team__in=Team.objects.visible_to(user))

    def of_teams(self, teams: Iterable[Team]) -> TickQuerySet:
        return self.filter(item__roadmap__team__in=teams)

    def of_item(self, item_id: int) -> TickQuerySet:
        return self.filter(item=item_id)

    def recorded_since(self, instant: datetime) -> TickQuerySet:
        return self.filter(recorded_at__gte=instant)

    def newest_first(self) -> TickQuerySet:
        return self.select_related("person", "item__roadmap__team").order_by("-recorded_at", "-pk")


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: Person | AnonymousUser) -> NoteQuerySet:
        return self.filter(item__roadmap__team__in=Team.objects.visible_to(user))

    def of_team(self, team_id: int) -> NoteQuerySet:
        return self.filter(item__roadmap__team=team_id)
