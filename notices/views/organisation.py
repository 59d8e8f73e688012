"""How the outbox does, for administrators."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.tables import writing
from notices import export, overview
from teams.access import require
from teams.requests import PortalRequest
from teams.sender import sender

TABLES = {"unreachable": export.of_unreachable, "standing": export.of_standing}


@never_cache
@require_safe
def organisation_notices(request: PortalRequest) -> HttpResponseBase:
    """What waits, what failed, who cannot be reached, which channels stand still."""
    require(request.user, "organisation.administer")
    if writing.is_asked(request):
        return writing.answer(request, TABLES.get(request.GET.get("table", ""), export.of_failed)())
    context = {
        "room": "organisation",
        "tab": "notices",
        "mail_works": settings.MAIL_WORKS,
        "sender": sender(),
        "outbox": overview.of_outbox(),
        "unreachable": overview.unreachable(),
        "standing": overview.standing_channels(),
    }
    return render(request, "notices/organisation.html", context)
