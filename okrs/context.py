"""What every page's frame shows of OKRs."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from okrs import summary
from teams.models import Person


def check_ins(request: HttpRequest) -> dict[str, Any]:
    """`due_check_ins`: how many check-ins the person owes; asked for only where a page shows the navigation."""
    user = getattr(request, "user", None)
    # Two navigations, for wide and for small screens: asked once.
    return {"due_check_ins": cache(lambda: len(summary.due_of(user)) if isinstance(user, Person) else 0)}
