"""Ways to tell somebody something, and to let the outbox work."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from core import clock
from notices import sending
from notices.models import Channel, Outgoing
from notices.posting import new_secret
from notices.services import notify
from teams.models import Person, Team


def tell(
    *to: Person, key: str = "1", team: Team | None = None, kind: str = "told", by: Person | None = None, **said: Any
) -> None:
    """`title` and `url` may be given; `by` is the first one who is told."""
    params: dict[str, Any] = {"title": said.get("title", "Serving")}
    if kind == "told":
        params["by"] = by or to[0]
    if kind == "due":
        params["day"] = date(2026, 12, 1)
    notify(kind, to, key, team, params, said.get("url", "/teams/"))


def send_at(instant: datetime) -> int:
    """Let a worker come at this instant."""
    with clock.at(instant):
        return sending.send()


def send_later(**by: float) -> int:
    return send_at(clock.now() + timedelta(**by))


def add_channel(team: Team, address: str, kind: str = "webhook", **facts: Any) -> Channel:
    facts = {"name": "#ml", "host": "chat.example.com", "kinds": ["told", "due"], "secret": new_secret(), **facts}
    return Channel.objects.create(team=team, kind=kind, address=address, **facts)


def only_row() -> Outgoing:
    return Outgoing.objects.get()
