"""Addresses of this room's pages that more than one place makes."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse


def point_url(team_id: int, figure: str, first: date, last: date, back: str = "") -> str:
    """What is behind a figure on these days; `back` is the query of the page that it was come from."""
    query = {"figure": figure, "from": first.isoformat(), "to": last.isoformat()}
    joined = f"{urlencode(query)}&{back}" if back else urlencode(query)
    return f"{reverse('delivery-point', args=[team_id])}?{joined}"
