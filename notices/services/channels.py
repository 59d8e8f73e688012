"""What team admins do with channels: add one, choose what it gets, give it another address, try it, remove it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, edits, http, http_guard, undo
from core.http import OutgoingError
from core.refusals import Refused
from notices import faults, kinds, outbox, posting, sending
from notices.models import Channel, ChannelKind, ChannelState
from teams import audit
from teams.models import Person, Team

MOST = 20  # channels of a team


def check_address(address: str) -> str:
    """The host of an address to post to. Refused, with the guard's sentence. It asks for names: not in a transaction."""
    try:
        origin = urlsplit(http.origin_of(address))
        http_guard.looked_up(origin.hostname or "", origin.port or 443, encrypted=origin.scheme == "https")
    except OutgoingError as error:
        raise Refused(faults.sentence(error.code, error.params), "address") from error
    return urlsplit(address).netloc


def add(*, team: Team, kind: str, name: str, address: str, wants: list[str], by: Person) -> Channel:
    """A channel that gets notices from now on. Of a webhook, `secret` of what is answered signs them. Refused."""
    if not settings.PORTAL_URL:
        raise Refused(
            _("PORTAL_URL is not set, so messages could not say where they lead. An administrator can set it.")
        )
    host = check_address(address)
    with transaction.atomic():
        locked = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
        if locked.channels.present().count() >= MOST:
            raise Refused(_("A team has %(n)s channels at most. Remove one first.") % {"n": MOST})
        secret = posting.new_secret() if kind == ChannelKind.WEBHOOK else ""
        made = Channel.objects.create(
            team=locked,
            kind=kind,
            name=name,
            host=host,
            address=address,
            secret=secret,
            kinds=_known(wants),
            created_by=by,
        )
        audit.record("channel.added", actor=by, team=team, subject=made, name=name, kind=kind, host=host)
    return made


def _known(wants: list[str]) -> list[str]:
    return [kind.id for kind in kinds.for_channels() if kind.id in wants]


def chosen(channel: Channel) -> dict[str, Any]:
    """What can be changed of it, by name: `name`, and `gets_KIND` for each kind of notices that a channel can get."""
    return {"name": channel.name, **{f"gets_{kind.id}": kind.id in channel.kinds for kind in kinds.for_channels()}}


@transaction.atomic
def change(*, channel: Channel, wanted: Mapping[str, Any], seen: Mapping[str, Any], by: Person) -> None:
    """`wanted` and `seen` hold the same names, of those of `chosen`. StaleEdit."""
    locked = _locked(channel)
    current = chosen(locked)
    changes = edits.merge(
        current={name: current[name] for name in wanted},
        seen=seen,
        wanted=wanted,
        changed_by=lambda _name: audit.last_touch("channel.changed", locked),
    )
    if not changes:
        return
    before = {"name": locked.name, "kinds": locked.kinds}
    new = current | changes
    locked.name = new["name"]
    locked.kinds = [kind.id for kind in kinds.for_channels() if new[f"gets_{kind.id}"]]
    locked.save(update_fields=["name", "kinds"])
    after = {"name": locked.name, "kinds": locked.kinds}
    audit.record(
        "channel.changed", actor=by, team=locked.team, subject=locked, name=locked.name, before=before, after=after
    )


def enter_address(*, channel: Channel, address: str, by: Person) -> None:
    """Another address. What waited goes there, and a channel that had ended or paused works again. Refused."""
    host = check_address(address)
    with transaction.atomic():
        locked = _locked(channel)
        locked.address, locked.host = address, host
        locked.save(update_fields=["address", "host"])
        audit.record("channel.address_entered", actor=by, team=locked.team, subject=locked, name=locked.name, host=host)
        _go_on(locked)


@transaction.atomic
def resume(*, channel: Channel, by: Person) -> None:
    """Try again after a pause; what waited goes. Refused of one that has ended: there is nobody to try."""
    locked = _locked(channel)
    if locked.state == ChannelState.ENDED:
        raise Refused(_("Nobody takes messages at this address any more. Enter a new one, and messages go on."))
    if locked.state == ChannelState.PAUSED:
        audit.record("channel.resumed", actor=by, team=locked.team, subject=locked, name=locked.name)
        _go_on(locked)


def _go_on(channel: Channel) -> None:
    channel.state, channel.refusals, channel.error_code, channel.error_params = ChannelState.WORKS, 0, "", {}
    channel.save(update_fields=["state", "refusals", "error_code", "error_params"])
    outbox.make_due(channel)


@transaction.atomic
def renew_secret(*, channel: Channel, by: Person) -> str:
    """Another secret for a webhook; the one before signs nothing any more. It is shown once."""
    locked = _locked(channel)
    if locked.kind != ChannelKind.WEBHOOK:
        raise Refused(_("Only a webhook has a secret."))
    locked.secret = posting.new_secret()
    locked.save(update_fields=["secret"])
    audit.record("channel.secret_renewed", actor=by, team=locked.team, subject=locked, name=locked.name)
    return locked.secret


@transaction.atomic
def remove(*, channel: Channel, by: Person) -> dict[str, Any]:
    """It gets nothing any more. What an undo needs: its address and what waits for it are kept for as long as that lasts."""
    locked = _locked(channel)
    audit.record("channel.removed", actor=by, team=locked.team, subject=locked, name=locked.name, host=locked.host)
    locked.removed_at = clock.now()
    locked.save(update_fields=["removed_at"])
    return {"team": locked.team_id, "channel": locked.pk, "name": locked.name}


@transaction.atomic
def bring_back(*, channel: int, by: Person) -> None:
    """One that was removed, as it was; what waited goes. One that is there stays as it is. undo.TooLate."""
    locked = Channel.objects.select_for_update(of=("self",)).select_related("team").filter(pk=channel).first()
    if locked is None:
        raise undo.changed_meanwhile()
    if locked.removed_at is None:
        return
    if locked.team.channels.present().count() >= MOST:
        raise Refused(_("A team has %(n)s channels at most. Remove one first.") % {"n": MOST})
    locked.removed_at = None
    locked.save(update_fields=["removed_at"])
    audit.record("channel.brought_back", actor=by, team=locked.team, subject=locked, name=locked.name, host=locked.host)
    outbox.make_due(locked)


def forget_removed() -> int:
    """Channels whose removal can no longer be undone go, with their addresses and all that waited for them; how many rows."""
    return int(Channel.objects.filter(removed_at__lte=clock.now() - undo.LASTS).delete()[0])


def send_test(*, channel: Channel) -> None:
    """At once and past the outbox: the answer is wanted now. Refused with what the host said. Not in a transaction: it waits."""
    try:
        posting.post_test(channel, uuid4(), reverse("channel", args=[channel.team_id, channel.pk]))
    except OutgoingError as error:
        raise Refused(faults.sentence_of_test(error.code, error.params)) from error
    sending.works(channel.pk)


def _locked(channel: Channel) -> Channel:
    there = Channel.objects.present().select_for_update(of=("self",)).select_related("team")
    found = there.filter(pk=channel.pk).first()
    if found is None:
        raise Refused(_("Somebody removed this channel meanwhile."))
    return found
