"""The delivery of all teams on one page; its state is the address."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from connections.views import Request
from core import live
from core.tables import writing
from delivery import export, side_by_side
from delivery.side_by_side import EDITION_OPTIONS, SHOWS, SORTS, Asked
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
        "asked": asked,
        "groups": TeamGroup.objects.all(),
        "selects": [
            ("show", _("Show"), SHOWS, asked.show),
            ("edition", _("Edition"), EDITION_OPTIONS, asked.edition),
            ("sort", _("Sort"), SORTS, asked.sort),
        ],
    }
    return render(request, "delivery/teams.html", context)
