"""What every page's frame shows of notices."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from notices.models import Notice
from teams.models import Person

MOST = 99  # beyond it the bell says "99+"


def inbox(request: HttpRequest) -> dict[str, Any]:
    """`unread_notices`: how many there are, or "99+"; asked for only where a page shows the bell."""
    user = getattr(request, "user", None)
    return {"unread_notices": cache(lambda: _unread(user) if isinstance(user, Person) else 0)}


def _unread(person: Person) -> int | str:
    found = Notice.objects.visible_to(person).unread()[: MOST + 1].count()
    return found if found <= MOST else f"{MOST}+"
