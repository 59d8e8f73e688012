"""How the outbox does, for administrators."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notices import overview
from teams.access import require
from teams.requests import PortalRequest
from teams.sender import sender


@never_cache
@require_safe
def organisation_notices(request: PortalRequest) -> HttpResponse:
    """What waits, what failed, who cannot be reached, which channels stand still."""
    require(request.user, "organisation.administer")
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
