"""What no page should have to think of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import bad_request

from core import views
from core.addresses import TOO_LARGE

Respond = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Answers whoever watches the portal before anything else does: no host name, session, person or database is needed."""

    VIEWS = {"/livez": views.livez, "/readyz": views.readyz}

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.VIEWS.get(request.path_info, self.respond)(request)


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
