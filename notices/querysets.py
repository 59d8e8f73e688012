"""What is read of notices, by names that say what is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from teams.models import Person, Team

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser

    from notices.models import Channel, Notice, Outgoing  # noqa: F401


class NoticeQuerySet(QuerySet["Notice"]):
    def visible_to(self, user: Person | AnonymousUser) -> NoticeQuerySet:
        """A person's inbox is that person's alone; a team's token sees of its maker's only what is about the team."""
        if not user.is_authenticated:
            return self.none()
        own = self.filter(person=user, in_inbox=True)
        return own if user.token is None else own.filter(team=user.token.team_id)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None)

    def no_longer_kept(self, before: datetime) -> NoticeQuerySet:
        """Read, or never in the inbox, before; and not in a mail that is still to leave."""
        old = Q(read_at__lt=before) | Q(in_inbox=False, created_at__lt=before)
        return self.filter(old).filter(Q(mail=None) | ~Q(mail__state="waiting"))

    def listed(self) -> NoticeQuerySet:
        """Newest first."""
        return self.select_related("team").order_by("-created_at", "-pk")


class ChannelQuerySet(QuerySet["Channel"]):
    def visible_to(self, user: Person | AnonymousUser) -> ChannelQuerySet:
        return self.present().filter(team__in=Team.objects.visible_to(user))

    def present(self) -> ChannelQuerySet:
        """All but those that were removed and can still be brought back."""
        return self.filter(removed_at=None)

    def listed(self) -> ChannelQuerySet:
        return self.present().order_by("name", "pk")


class OutgoingQuerySet(QuerySet["Outgoing"]):
    def waiting(self) -> OutgoingQuerySet:
        return self.filter(state="waiting")

    def open_mails_of(self, person: Person) -> OutgoingQuerySet:
        """Mails that wait for their hour and still take up notices."""
        return self.waiting().filter(person=person, begun_at=None)

    def free(self, now: datetime) -> OutgoingQuerySet:
        """What should leave now and is in nobody's hands. Only columns of this table: `outbox.take` relies on it."""
        return self.waiting().filter(Q(lease_until=None) | Q(lease_until__lt=now), next_at__lte=now)

    def due(self, now: datetime) -> OutgoingQuerySet:
        """Of those all but what a channel that is paused or removed is to get: that waits, or goes with the channel."""
        return self.free(now).filter(Q(channel=None) | Q(channel__state="works", channel__removed_at=None))

    def ended_before(self, before: datetime) -> OutgoingQuerySet:
        return self.exclude(state="waiting").filter(ended_at__lt=before)
