"""The page of one's calendar addresses, and what stands behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from calendars import events, ics, services
from calendars.addresses import addresses_of, origin_of
from calendars.events import Event
from calendars.models import Address
from core.addresses import pk_in
from core.crypto import digest
from teams import limits
from teams.models import Person, Team
from teams.views.shared import me

_PLAIN = "text/plain; charset=utf-8"


@never_cache
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The addresses of one's own calendar and of one's teams'; `?team=` brings another team's along."""
    asked = Team.objects.visible_to(me(request)).active().filter(pk=pk_in(request.GET.get("team", "")) or 0).first()
    context = {"room": "account", "tab": "calendar", "asked": asked, "addresses": addresses_of(request, asked)}
    return render(request, "calendars/calendar.html", context)


@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    services.renew(person=me(request))
    messages.success(request, _("Your calendar addresses are made."))
    return redirect("calendar")


@require_POST
def turn_off(request: HttpRequest) -> HttpResponse:
    services.turn_off(person=me(request), by=me(request))
    messages.success(request, _("Your calendar addresses have ended."))
    return redirect("calendar")


def _by_secret(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For programs without a session: the view gets the person whose secret it is, in whose language it answers.

    404 alike for what never was, has ended, or belongs to somebody who was deactivated.
    """

    @require_safe
    @wraps(view)
    def read(request: HttpRequest, secret: str, **named: int) -> HttpResponse:
        try:
            limits.take(request, "calendar", digest(secret))
        except limits.TooMany as error:
            return HttpResponse(error.message, status=429, content_type=_PLAIN, headers={"Retry-After": "600"})
        found = get_object_or_404(Address.objects.by_secret(secret))
        with translation.override(found.person.language):
            return view(request, found.person, **named)

    return read


@_by_secret
def feed(request: HttpRequest, person: Person) -> HttpResponse:
    """One's own calendar."""
    return _answer(request, _("MLOps Portal: due from me"), events.of_person(person))


@_by_secret
def team_feed(request: HttpRequest, person: Person, team_id: int) -> HttpResponse:
    """A team's calendar, for whoever may see the team."""
    team = get_object_or_404(Team.objects.visible_to(person), pk=team_id)
    return _answer(request, f"{team.name} · MLOps Portal", events.of_team(team))


def _answer(request: HttpRequest, name: str, found: list[Event]) -> HttpResponse:
    """The calendar, or 304 where the program has it already."""
    body = ics.render(found, name=name, origin=origin_of(request))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Content-Language": translation.get_language()}
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, response=response) or response
