"""Reads of OKRs, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from core.append_only import AppendOnlyQuerySet
from teams.models import Membership, Person, Team, TokenScope

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from okrs.models import Cycle, KeyResult, Objective, Remark  # noqa: F401  named in the types below


def _visible(user: Person | AnonymousUser, team: str, key_result: str = "") -> Q:
    """What belongs to a visible team, or to the organisation: that everyone signed in reads.

    By a token for one key result, `key_result` says how that one is reached from the row; nothing else is seen.
    """
    if not user.is_authenticated:
        return Q(pk__in=())
    if user.token is not None and user.token.scope == TokenScope.KEY_RESULT:
        only = Q(**{key_result: user.token.key_result_id}) if key_result else Q(pk__in=())
        return only & Q(**{team: user.token.team_id})
    return Q(**{team: None}) | Q(**{f"{team}__in": Team.objects.visible_to(user)})


class CycleQuerySet(models.QuerySet["Cycle"]):
    def visible_to(self, user: Person | AnonymousUser) -> CycleQuerySet:
        return self.filter(_visible(user, "team"))

    def usable_by(self, team: Team | None) -> CycleQuerySet:
        """The organisation's, and the team's own. What a sample person opened is for the sample's teams and organisation only."""
        if team is None:
            return self.filter(team=None)
        found = self.filter(Q(team=None) | Q(team=team))
        return found if team.is_sample else found.real()

    def real(self) -> CycleQuerySet:
        """Those that stay when the sample organisation is removed."""
        return self.filter(created_by__is_sample=False)

    def of_days(self, first: date, last: date) -> CycleQuerySet:
        return self.filter(first_day=first, last_day=last)

    def newest_first(self) -> CycleQuerySet:
        return self.order_by("-first_day", "-last_day", "pk")


class ObjectiveQuerySet(models.QuerySet["Objective"]):
    def visible_to(self, user: Person | AnonymousUser) -> ObjectiveQuerySet:
        return self.filter(_visible(user, "team", "key_results"))

    def of(self, team: Team | None) -> ObjectiveQuerySet:
        """A team's, or the organisation's."""
        return self.filter(team=team)

    def of_teams(self, teams: Iterable[Team]) -> ObjectiveQuerySet:
        return self.filter(team__in=list(teams))

    def live(self) -> ObjectiveQuerySet:
        return self.filter(archived_at=None)

    def in_open_cycles(self) -> ObjectiveQuerySet:
        return self.filter(cycle__closed_on=None)

    def listed(self) -> ObjectiveQuerySet:
        return self.select_related("cycle", "team", "owner", "supports").order_by("position", "pk")


class KeyResultQuerySet(models.QuerySet["KeyResult"]):
    def visible_to(self, user: Person | AnonymousUser) -> KeyResultQuerySet:
        return self.filter(_visible(user, "objective__team", "pk"))

    def matching(self, words: str) -> KeyResultQuerySet:
        return self.filter(title__icontains=words)

    def live(self) -> KeyResultQuerySet:
        return self.filter(archived_at=None, objective__archived_at=None)

    def of_live_teams(self) -> KeyResultQuerySet:
        return self.filter(objective__team__archived_at=None)  # the organisation's included: no team, no archiving

    def in_open_cycles(self) -> KeyResultQuerySet:
        return self.filter(objective__cycle__closed_on=None)

    def of_teams(self, teams: Iterable[Team]) -> KeyResultQuerySet:
        return self.filter(objective__team__in=list(teams))

    def reporting_for(self, teams: Iterable[Team | None]) -> KeyResultQuerySet:
        """Those of these teams (None: of the organisation) in cycles that are not closed.

        `changed_at`: when one was edited last, `checked_in_at`: when it was checked in last; None: never.
        """
        from okrs.models import Change, CheckIn

        known = list(teams)
        of_team = Q(objective__team__in=[team for team in known if team])
        edits = Change.objects.filter(key_result=OuterRef("pk")).order_by("-recorded_at").values("recorded_at")[:1]
        said = CheckIn.objects.filter(key_result=OuterRef("pk")).order_by("-recorded_at").values("recorded_at")[:1]
        found = self.live().in_open_cycles().filter(of_team | Q(objective__team=None) if None in known else of_team)
        return found.listed().annotate(changed_at=Subquery(edits), checked_in_at=Subquery(said))

    def owned_by(self, person: Person) -> KeyResultQuerySet:
        """One's own; without an owner, those of one's own objective."""
        return self.filter(Q(owner=person) | Q(owner=None, objective__owner=person))

    def fed(self) -> KeyResultQuerySet:
        return self.exclude(figure="")

    def without_an_owner_who_is_there(self) -> KeyResultQuerySet:
        """Those whose owner was deactivated or left the team."""
        belongs = Membership.objects.filter(team=OuterRef("objective__team"), person=OuterRef("owner"))
        left = Q(owner__is_active=False) | Q(~models.Exists(belongs), objective__team__isnull=False)
        return self.filter(left, owner__isnull=False)

    def listed(self) -> KeyResultQuerySet:
        related = self.select_related("owner", "objective__owner", "objective__team", "objective__cycle")
        return related.order_by("objective__position", "objective", "position", "pk")


class CheckInQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: Person | AnonymousUser) -> CheckInQuerySet:
        return self.filter(_visible(user, "key_result__objective__team", "key_result"))

    def of_teams(self, teams: Iterable[Team]) -> CheckInQuerySet:
        return self.filter(key_result__objective__team__in=list(teams))

    def by_people(self) -> CheckInQuerySet:
        return self.filter(person__isnull=False)

    def recorded_since(self, instant: datetime) -> CheckInQuerySet:
        return self.filter(recorded_at__gte=instant)

    def with_words(self) -> CheckInQuerySet:
        return self.select_related("person", "token", "remark")

    def oldest_first(self) -> CheckInQuerySet:
        return self.order_by("day", "number")

    def newest_first(self) -> CheckInQuerySet:
        return self.order_by("-day", "-number")

    def last_recorded_first(self) -> CheckInQuerySet:
        return self.order_by(F("recorded_at").desc(), "-pk")


class RemarkQuerySet(models.QuerySet["Remark"]):
    def visible_to(self, user: Person | AnonymousUser) -> RemarkQuerySet:
        return self.filter(_visible(user, "check_in__key_result__objective__team", "check_in__key_result"))
