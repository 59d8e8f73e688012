"""What open pages ask for every few seconds (core/live.py)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from core import live as pages
from teams.models import Team


@require_safe
def live(request: HttpRequest, rooms: str, team_id: int | None = None) -> HttpResponse:
    """304 while nothing has changed in these rooms of the team (0: the organisation, None: all teams), else 204; the stamp is the
    ETag."""
    asked = pages.rooms_in(rooms)
    if not asked or (team_id and not Team.objects.visible_to(request.user).filter(pk=team_id).exists()):
        raise Http404
    etag = pages.etag(team_id, asked)
    changed = HttpResponse(status=204, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=changed) or changed
