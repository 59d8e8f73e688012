"""The kinds of notices that this room gives out itself."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notices import kinds
from notices.kinds import Kind
from notices.models import Channel
from teams.models import Membership, TeamRole

STOPPED = "channel_stopped"


def register() -> None:
    kinds.register(Kind(STOPPED, _("Channels that stopped"), _("The channel “%(name)s” takes no messages any more.")))


def tell_of_stopped(channel: Channel, key: str) -> None:
    """Whoever can do something about it is told: the team's admins. Inside the caller's transaction."""
    from notices.services import notify

    admins = Membership.objects.filter(team=channel.team_id, role=TeamRole.TEAM_ADMIN).select_related("person")
    url = reverse("channel", args=[channel.team_id, channel.pk])
    notify(STOPPED, [each.person for each in admins], key, channel.team, {"name": channel.name}, url)
