"""What no page should have to think of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.defaults import bad_request

from core import gate
from core.addresses import TOO_LARGE

Respond = Callable[[HttpRequest], HttpResponse]


class GateMiddleware:
    """Lets nobody in while everything is replaced by an archive, and lets the restore wait for those who are inside.

    Stands before whatever asks the database. `/livez` asks nobody.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/livez":
            return self.respond(request)
        with ExitStack() as inside:
            try:
                inside.enter_context(gate.passing())
            except gate.Closed:
                return _being_restored(request)
            return self.respond(request)


def _being_restored(request: HttpRequest) -> HttpResponse:
    """A page that needs nothing of the database, and looks again by itself."""
    with translation.override(translation.get_language_from_request(request)):
        if request.path_info.startswith("/api/"):
            answer: HttpResponse = JsonResponse({"detail": _("The portal is being restored.")}, status=503)
        else:
            again = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
            answer = HttpResponse(render_to_string("core/restoring.html", {"again": again}), status=503)
        answer.headers["Content-Language"] = translation.get_language()
    if "HX-Request" in request.headers:
        answer.headers["HX-Refresh"] = "true"  # the page around the fragment shows the same then
    answer.headers["Retry-After"] = "5"
    answer.headers["Cache-Control"] = "no-store"
    return answer


class AddressMiddleware:
    """Refuses addresses on which a database would fail: 400 for a NUL character (PostgreSQL), 404 for a huge number (SQLite).

    No text that is kept here has the one, and nothing is numbered by the other. What forms and the API's bodies send is
    checked by their fields. Stands behind the languages, whose page it shows.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" not in request.path_info and "\0" not in query and "%00" not in query:
            return self.respond(request)
        if request.path_info.startswith("/api/v1/"):
            return JsonResponse({"detail": "The address has a NUL character in it."}, status=400)
        return bad_request(request, BadRequest())

    def process_view(self, request: HttpRequest, view: object, args: object, named: dict[str, Any]) -> None:
        if any(isinstance(value, int) and value >= TOO_LARGE for value in named.values()):
            raise Http404
