"""Posts to a team's channels: Slack, Microsoft Teams, and a webhook that is signed after the Standard Webhooks specification.

https://www.standardwebhooks.com: `webhook-signature` is "v1," and the Base64 of HMAC-SHA256 over "id.timestamp.body", with the
secret's bytes (Base64 behind "whsec_") as the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core import clock
from core.http import Client
from notices import wording
from notices.mails import absolute
from notices.models import Channel, ChannelKind, Outgoing
from teams.models import Organisation

TIMEOUT = 20.0  # seconds for a post, whole: well within the lease of its row
_PREFIX = "whsec_"


@dataclass(frozen=True)
class Message:
    """What a channel is told."""

    uid: UUID
    kind: str
    sentence: str
    url: str  # absolute
    at: str  # an instant, ISO 8601


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def post(row: Outgoing) -> None:
    """Send the row to its channel. Raises core.http.OutgoingError."""
    assert row.channel is not None
    with _as_read_by_team(row.channel):
        said = wording.told_to_team(row)
        send(row.channel, Message(row.uid, row.kind, said, absolute(row.url), row.created_at.isoformat()))


def post_test(channel: Channel, uid: UUID, url: str) -> None:
    """Raises core.http.OutgoingError."""
    with _as_read_by_team(channel):
        said = _("This is a test message from the MLOps Portal. Notices of the team “%(team)s” will arrive here.")
        sentence = wording.on_one_line(said % {"team": channel.team})
        send(channel, Message(uid, "test", sentence, absolute(url), clock.now().isoformat()))


def send(channel: Channel, message: Message) -> None:
    body = json.dumps(_BODIES[ChannelKind(channel.kind)](channel, message), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    if channel.kind == ChannelKind.WEBHOOK:
        headers |= _signed(channel.secret, message.uid, body)
    with Client(channel.address, total_timeout=TIMEOUT, read_timeout=TIMEOUT) as client:
        client.post(body, headers)


def _as_read_by_team(channel: Channel) -> AbstractContextManager[None]:
    """Nobody in particular reads it: the organisation's language, and the team's days."""
    organisation = Organisation.current()
    return wording.reading(organisation.language if organisation else "en", channel.team.zone)


# -- What each kind of channel reads --------------------------------------------------------------------------------


def _slack(channel: Channel, message: Message) -> dict[str, Any]:
    """`text` is what a phone shows. In the blocks the sentence is plain text, so that no name becomes a link or a mention."""
    words = _mrkdwn(_("Open in the MLOps Portal"))
    link = f"<{message.url}|{words}>"
    team = _mrkdwn(wording.on_one_line(channel.team.name))
    return {
        "text": _mrkdwn(message.sentence),
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": message.sentence[:3000], "emoji": False}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"{team} · {link}"}]},
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _mrkdwn(text: str) -> str:
    """Slack's three characters that begin a link, a mention or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(channel: Channel, message: Message) -> dict[str, Any]:
    """An Adaptive Card, as Workflows (“When a Teams webhook request is received”) take it. Text runs know no Markdown."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": message.sentence,
        "body": [
            _run(wording.on_one_line(channel.team.name), size="Small", isSubtle=True),
            _run(message.sentence, weight="Bolder"),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": _("Open in the MLOps Portal"), "url": message.url}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}


def _webhook(channel: Channel, message: Message) -> dict[str, Any]:
    return {
        "id": str(message.uid),
        "kind": message.kind,
        "team": {"id": channel.team_id, "name": channel.team.name},
        "title": message.sentence,
        "url": message.url,
        "at": message.at,
    }


_BODIES = {ChannelKind.SLACK: _slack, ChannelKind.TEAMS: _teams, ChannelKind.WEBHOOK: _webhook}


def _signed(secret: str, uid: UUID, body: bytes) -> dict[str, str]:
    stamp = str(int(clock.now().timestamp()))  # of this try: a receiver refuses what is old
    return {
        "webhook-id": str(uid),
        "webhook-timestamp": stamp,
        "webhook-signature": signature(secret, str(uid), stamp, body),
    }


def signature(secret: str, uid: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    made = hmac.new(key, f"{uid}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"
