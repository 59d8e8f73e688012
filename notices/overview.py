"""How the outbox does: for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core import clock
from notices import faults, outbox
from notices.choosing import is_refused
from notices.models import Channel, ChannelState, Outgoing, OutgoingState, Preference
from teams.models import Person

SHOWN = 50


@dataclass(frozen=True)
class Failed:
    """Something that was given up or is being tried again, and why."""

    row: Outgoing
    why: str


@dataclass(frozen=True)
class Standing:
    """`late`: a sentence if something should have left long ago."""

    waiting: int
    due: int
    oldest: datetime | None
    late: str
    failed: list[Failed]


def of_outbox() -> Standing:
    due = Outgoing.objects.due(clock.now())
    return Standing(
        waiting=Outgoing.objects.waiting().count(),
        due=due.count(),
        oldest=due.order_by("next_at").values_list("next_at", flat=True).first(),
        late=outbox.overdue(),
        failed=failed(SHOWN),
    )


def failed(most: int | None = None) -> list[Failed]:
    """What did not arrive, the newest first."""
    troubled = Outgoing.objects.exclude(error_code="").exclude(state=OutgoingState.SENT)
    listed = troubled.select_related("person", "channel__team").order_by("-created_at", "-pk")[:most]
    return [Failed(each, faults.sentence(each.error_code, each.error_params)) for each in listed]


def unreachable() -> list[tuple[Person, Preference]]:
    """Whose present address the mail server has refused."""
    marked = Preference.objects.exclude(refused_digest="").select_related("person").order_by("-refused_at")
    active = marked.filter(person__is_active=True)
    return [(each.person, each) for each in active if is_refused(each.person, each)]


def standing_channels() -> list[tuple[Channel, str]]:
    """Those that get nothing at present, and why."""
    stopped = (
        Channel.objects.present()
        .exclude(state=ChannelState.WORKS)
        .select_related("team")
        .order_by("team__name", "name")
    )
    return [(each, faults.sentence(each.error_code, each.error_params)) for each in stopped]
