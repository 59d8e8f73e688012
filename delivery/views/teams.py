"""The delivery of all teams on one page; its state is the address."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.core.cache import caches
from django.http import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from connections.views import Request
from core import live
from core.tables import writing
from delivery import export, side_by_side
from delivery.side_by_side import EDITION_OPTIONS, SHOWS, SORTS, Asked, Row
from teams.models import TeamGroup


@require_safe
@live.page("delivery", everywhere=True)
def page(request: Request) -> HttpResponseBase:
    asked = Asked.of(request.GET.dict())
    found = side_by_side.read(request.user, asked)
    if writing.is_asked(request):
        return writing.answer(request, export.of_teams(found))
    context = {
        "room": "portfolio",
        "found": found,
        "drawn": drawn(found.rows),
        "asked": asked,
        "groups": TeamGroup.objects.all(),
        "selects": [
            ("show", _("Show"), SHOWS, asked.show),
            ("edition", _("Edition"), EDITION_OPTIONS, asked.edition),
            ("sort", _("Sort"), SORTS, asked.sort),
        ],
    }
    return render(request, "delivery/teams.html", context)


def drawn(rows: Sequence[Row]) -> list[str]:
    """Each row as HTML: drawn once by each process as long as it says the same, for drawing 900 cells takes longest of all."""
    keys = [_key(row) for row in rows]
    kept: dict[str, str] = caches["drawn"].get_many(keys)
    new = {
        key: render_to_string("delivery/_team_row.html", {"row": row})
        for key, row in zip(keys, rows, strict=True)
        if key not in kept
    }
    caches["drawn"].set_many(new)
    return [(kept | new)[key] for key in keys]


def _key(row: Row) -> str:
    return hashlib.sha256(f"{get_language()} {row.mark}".encode()).hexdigest()
