"""Where the pages of imports are: a team's, or the organisation's, which has its own."""

from __future__ import annotations

from typing import Any

from django.urls import reverse


def address(name: str, team_id: int | None, *args: Any) -> str:
    """The page `name` of a team; without one, of the organisation."""
    if team_id is None:
        return reverse(f"organisation-{name}", args=args)
    return reverse(name, args=[team_id, *args])
