"""Reads of assessments, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, OuterRef, Subquery, Window
from django.db.models.functions import RowNumber

from assessments.states import Kind, RoundState
from core import clock
from core.append_only import AppendOnlyQuerySet
from teams.models import Person, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from assessments.models import Assessment, Comment, Exemption, Snapshot  # noqa: F401  named in the types below


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, user: Person | AnonymousUser) -> AssessmentQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of_team(self, team_id: int) -> AssessmentQuerySet:
        return self.filter(team=team_id)

    def of_live_teams(self) -> AssessmentQuerySet:
        return self.filter(team__archived_at=None)

    def drafts(self) -> AssessmentQuerySet:
        return self.filter(state=RoundState.DRAFT)

    def submitted(self) -> AssessmentQuerySet:
        return self.filter(state=RoundState.SUBMITTED)

    def listed(self) -> AssessmentQuerySet:
        """The newest first."""
        return self.select_related("started_by", "team").order_by("-number")

    def newest_of(self, teams: Iterable[Team], model_id: str) -> AssessmentQuerySet:
        """The last round of each team."""
        last = self.filter(team=OuterRef("team"), model_id=model_id).order_by("-number").values("pk")[:1]
        return self.filter(team__in=list(teams), model_id=model_id, pk=Subquery(last))

    def with_last_step(self, teams: Iterable[Team]) -> AssessmentQuerySet:
        """Each team's rounds, the newest last; `stepped_at`: when one was started, reopened or handed in last."""
        from assessments.models import Step

        steps = Step.objects.filter(assessment=OuterRef("pk"), to_state__in=(RoundState.DRAFT, RoundState.SUBMITTED))
        last = Subquery(steps.order_by("-recorded_at", "-pk").values("recorded_at")[:1])
        return self.filter(team__in=list(teams)).select_related("team").annotate(stepped_at=last).order_by("number")


class AnswerQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: Person | AnonymousUser) -> AnswerQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, teams: Iterable[Team | int], model_id: str) -> AnswerQuerySet:
        return self.filter(team__in=list(teams), model_id=model_id)

    def about(self, criterion: str) -> AnswerQuerySet:
        return self.filter(criterion=criterion)

    def links(self, model_id: str) -> AnswerQuerySet:
        """Every answer by which a team ever inherited."""
        return self.filter(kind=Kind.INHERITED, model_id=model_id)

    def standing_on(self, day: date) -> AnswerQuerySet:
        """Of each team and criterion the answer that stands at the end of `day`: scoring.newest, said to the database."""
        rank = Window(
            RowNumber(),
            partition_by=[F("team"), F("model_id"), F("criterion")],
            order_by=[F("effective_on").desc(), F("version").desc()],
        )
        return self.filter(effective_on__lte=day).annotate(rank=rank).filter(rank=1)

    def expiring(self, teams: Iterable[Team], first: date, last: date) -> AnswerQuerySet:
        """The answers that stand, and count until one of these days; those into the future not yet."""
        standing = self.filter(team__in=list(teams)).standing_on(clock.now().date() + timedelta(days=1))
        counting = self.filter(kind__in=(Kind.STATE, Kind.EXEMPT), valid_until__range=(first, last))
        return counting.filter(pk__in=standing.order_by().values("pk")).select_related("team").order_by("pk")

    def newest_first(self) -> AnswerQuerySet:
        return self.select_related("person", "token", "comment", "provider", "exemption", "assessment").order_by(
            "-recorded_at", "-pk"
        )


class CommentQuerySet(models.QuerySet["Comment"]):
    def visible_to(self, user: Person | AnonymousUser) -> CommentQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of_team(self, team_id: int) -> CommentQuerySet:
        return self.filter(team=team_id)


class ExemptionQuerySet(models.QuerySet["Exemption"]):
    def visible_to(self, user: Person | AnonymousUser) -> ExemptionQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of_team(self, team_id: int) -> ExemptionQuerySet:
        return self.filter(team=team_id)

    def of_live_teams(self) -> ExemptionQuerySet:
        return self.filter(team__archived_at=None)

    def open(self) -> ExemptionQuerySet:
        return self.filter(decision="")

    def not_asked_by(self, person: Person) -> ExemptionQuerySet:
        return self.exclude(asked_by=person)

    def listed(self) -> ExemptionQuerySet:
        return self.select_related("asked_by", "decided_by", "team")


class TargetQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: Person | AnonymousUser) -> TargetQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, teams: Iterable[Team | int], model_id: str) -> TargetQuerySet:
        return self.filter(team__in=list(teams), model_id=model_id)

    def standing_on(self, day: date) -> TargetQuerySet:
        """Of each team and area the target that stands at the end of `day`."""
        rank = Window(
            RowNumber(),
            partition_by=[F("team"), F("model_id"), F("area")],
            order_by=[F("effective_on").desc(), F("version").desc()],
        )
        return self.filter(effective_on__lte=day).annotate(rank=rank).filter(rank=1)


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def visible_to(self, user: Person | AnonymousUser) -> SnapshotQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, teams: Iterable[Team | int], model_id: str) -> SnapshotQuerySet:
        return self.filter(team__in=list(teams), model_id=model_id)

    def between(self, first: date, last: date) -> SnapshotQuerySet:
        return self.filter(day__gte=first, day__lte=last)
