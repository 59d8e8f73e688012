"""Webhooks of hosts: making the secret, and hearing what is posted. They only hasten a sync; docs/adr/0023."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from connections import schedule
from connections.models import Connection, Source, Webhook
from connectors.registry import HOOKS, USUAL
from core import clock
from core.crypto import new_token
from teams import audit
from teams.models import Person

NOTED_EVERY = timedelta(minutes=1)  # a busy webhook must not write a row with each delivery
_NOBODYS = secrets.token_hex(32)  # what a delivery to a webhook that there is not is compared with


class NotSigned(Exception):
    """The body does not come from whoever knows the secret, or there is no such webhook."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a delivery brought about. `hastened`: some source of the connection will be read soon."""

    event: str
    hastened: bool


def takes_webhooks(connection: Connection) -> bool:
    return connection.kind in HOOKS


@transaction.atomic
def make(*, connection: Connection, by: Person) -> str:
    """A secret for the connection's webhook, in the place of the one that it had; it is shown once."""
    Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    renewed = bool(Webhook.objects.filter(connection=connection).delete()[0])
    secret = new_token()
    Webhook.objects.create(connection=connection, secret=secret, made_by=by)
    action = "connection.webhook_renewed" if renewed else "connection.webhook_made"
    audit.record(action, actor=by, subject=connection, team=connection.team, address=connection.base_url)
    return secret


@transaction.atomic
def end(*, connection: Connection, by: Person) -> None:
    """Take nothing any more that is signed with it. Twice is as once."""
    if Webhook.objects.filter(connection=connection).delete()[0]:
        audit.record(
            "connection.webhook_ended", actor=by, subject=connection, team=connection.team, address=connection.base_url
        )


def hear(*, connection_id: int, headers: Mapping[str, str], body: bytes) -> Done:
    """Check the signature over the body as it came, then let what it names be read soon. NotSigned; ValueError(code)."""
    found = Webhook.objects.select_related("connection").filter(connection=connection_id).first()
    hook = HOOKS.get(found.connection.kind if found else USUAL)
    signed = hook is not None and hook.is_signed(found.secret if found else _NOBODYS, headers, body)
    if found is None or hook is None or not signed:
        raise NotSigned
    told = hook.understand(headers, body)
    _note(found)
    named = Source.objects.active().filter(external_id=told.external_id, base_url=found.connection.base_url)
    # Read with its own token, or with that of another team that takes the same repository.
    taken = Q(connection=connection_id) | Q(shares__connection=connection_id, shares__ended_at=None)
    keys = named.filter(taken).order_by("pk").values_list("pk", flat=True).distinct() if told.external_id else ()
    return Done(told.event, [schedule.hasten(pk) for pk in keys].count(True) > 0)


def _note(webhook: Webhook) -> None:
    now = clock.now()
    due = Q(heard_at=None) | Q(heard_at__lt=now - NOTED_EVERY)
    if webhook.heard_at is None or webhook.heard_at < now - NOTED_EVERY:
        Webhook.objects.filter(due, pk=webhook.pk).update(heard_at=now)
