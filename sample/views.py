"""The page of the sample organisation: what it is, how far its loading has come, and the way out of it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core.refusals import Refused
from sample import progress, services
from sample.models import Sample
from teams.access import require
from teams.models import Person
from teams.requests import PortalRequest


@never_cache
@require_safe
def sample(request: PortalRequest) -> HttpResponse:
    """While something is being done, the page asks for its fragment `live` again."""
    require(request.user, "organisation.administer")
    context = {"room": "organisation", "tab": "sample", "progress": progress.now()}
    response = render(request, f"sample/sample.html{'#live' if request.htmx else ''}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def load(request: PortalRequest) -> HttpResponse:
    return _ask(request, services.load)


@require_POST
def remove(request: PortalRequest) -> HttpResponse:
    return _ask(request, services.remove)


def _ask(request: PortalRequest, verb: Callable[..., Sample]) -> HttpResponse:
    require(request.user, "organisation.administer")
    by: Person = request.user
    try:
        verb(by=by)
    except Refused as error:
        messages.error(request, error.message)
    return redirect("sample")
