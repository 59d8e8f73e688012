"""Reads of comments, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from core.append_only import AppendOnlyQuerySet
from core.topics import Topic
from teams.models import Person, Team, TokenScope

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class SaidQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: Person | AnonymousUser) -> SaidQuerySet:
        """Everyone signed in reads every team's and the organisation's; a token its team's, one for a key result none."""
        if not user.is_authenticated or (user.token is not None and user.token.scope == TokenScope.KEY_RESULT):
            return self.none()
        return self.filter(Q(team=None) | Q(team__in=Team.objects.visible_to(user)))

    def of(self, team: Team | None) -> SaidQuerySet:
        """A team's, or the organisation's."""
        return self.filter(team=team)

    def of_kind(self, kind: str) -> SaidQuerySet:
        return self.filter(kind=kind)

    def about_key(self, key: str) -> SaidQuerySet:
        return self.filter(topic=key)

    def about(self, topic: Topic) -> SaidQuerySet:
        return self.of(topic.team).of_kind(topic.kind).about_key(topic.key)

    def about_rows(self, kind: str, keys: Iterable[int]) -> SaidQuerySet:
        """About rows with these primary keys, whosever they are."""
        return self.filter(kind=kind, topic__in=[str(key) for key in keys])

    def counts(self) -> dict[str, int]:
        """How many there are about each topic, by key, without those whose words were removed."""
        said = self.filter(words__blanked_at=None).order_by().values_list("topic").annotate(Count("pk"))
        return dict(said)

    def with_words(self) -> SaidQuerySet:
        return self.select_related("words", "person", "token", "team")

    def newest_first(self) -> SaidQuerySet:
        return self.order_by("-recorded_at", "-pk")
