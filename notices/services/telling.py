"""Giving out a notice: into the inboxes, and into the outbox for whoever wants a mail and for the team's channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from core import clock
from notices import kinds, outbox
from notices.choosing import Wishes
from notices.models import Channel, Notice, Outgoing
from notices.params import as_stored
from teams.models import Person, Team


@transaction.atomic
def notify(kind: str, to: Iterable[Person], key: str, team: Team | None, params: Mapping[str, Any], url: str) -> None:
    """Tell `to`, and the team's channels that want this kind, that something has happened. Within the caller's transaction.

    Idempotent by (person, kind, key), and for channels by (channel, kind, key): give everyone who is told of one event the
    same `key`, and call it as often as you like. `params` fill the kind's sentence: texts, numbers, days, instants, people,
    {"en": …, "ja": …}. Nothing that somebody wrote and may take back: that stands where `url`, a path of the portal, leads.
    Who was deactivated, removed or made up for the sample is told nothing. KeyError for a kind that is not registered.
    """
    known, now = kinds.of(kind), clock.now()
    if not url.startswith("/") or url.startswith("//"):
        raise ValueError(f"{url} is no path of the portal's own")
    said: dict[str, Any] = {"kind": kind, "key": key, "params": as_stored(params), "url": url, "created_at": now}
    told = _into_inboxes(known, list({each.pk: each for each in to}.values()), team, said)
    posted = _for_channels(known, team, said) if team is not None else 0
    if told or posted:
        outbox.ring_on_commit()


def _into_inboxes(kind: kinds.Kind, to: list[Person], team: Team | None, said: dict[str, Any]) -> int:
    """How many mails were made."""
    people = [each for each in to if each.is_active and not each.is_sample and each.removed_at is None]
    before = Notice.objects.filter(kind=kind.id, key=said["key"], person__in=people).values_list("person", flat=True)
    new = {each.pk: each for each in people if each.pk not in set(before)}
    wishes = Wishes(new.values())
    rows = [
        Notice(person=each, team=team, in_inbox=wishes.inbox(each, kind), **said)
        for each in new.values()
        if wishes.inbox(each, kind) or wishes.mail(each, kind)
    ]
    # Of two that tell the same at once the other may have been faster: what is mailed is only what is this one's.
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    uids = {row.uid for row in rows}
    own = Notice.objects.filter(kind=kind.id, key=said["key"], uid__in=uids, person__in=new)
    own = own.order_by("person")  # whose mails are locked, always in this order
    mailed = [row for row in own if wishes.mail(new[row.person_id], kind)]
    for row in mailed:
        outbox.put_mail(row, new[row.person_id], wishes.preference(new[row.person_id]))
    return len(mailed)


def _for_channels(kind: kinds.Kind, team: Team, said: dict[str, Any]) -> int:
    """How many posts were made, or would have been if they were not there already."""
    if not kind.team_sentence:
        return 0
    wanting = [each for each in Channel.objects.present().filter(team=team) if kind.id in each.kinds]
    posts = [Outgoing(channel=each, next_at=said["created_at"], **said) for each in wanting]
    Outgoing.objects.bulk_create(posts, ignore_conflicts=True)
    return len(posts)


def told_of(kind: str, key: str) -> list[Person] | None:
    """Whoever was told of this; None where neither a person nor a channel was."""
    people = [each.person for each in Notice.objects.filter(kind=kind, key=key).select_related("person")]
    posted = not people and Outgoing.objects.filter(kind=kind, key=key).exists()
    return people if people or posted else None
