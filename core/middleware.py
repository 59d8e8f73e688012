"""What no page should have to think of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import bad_request

from core.addresses import TOO_LARGE

Respond = Callable[[HttpRequest], HttpResponse]


class AddressMiddleware:
    """Refuses addresses on which a database would fail: 400 for a NUL character (PostgreSQL), 404 for a huge number (SQLite).

    No text that is kept here has the one, and nothing is numbered by the other. What forms and the API's bodies send is
    checked by their fields. Stands behind the languages, whose page it shows.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query, by_program = request.META.get("QUERY_STRING", ""), request.path_info.startswith("/api/v1/")
        if "\0" in request.path_info or "\0" in query or "%00" in query:
            refusal = JsonResponse({"detail": "The address has a NUL character in it."}, status=400)
            return refusal if by_program else bad_request(request, BadRequest())
        if by_program and any(len(values) > 1 for _name, values in request.GET.lists()):
            return JsonResponse({"detail": "The address names a parameter twice."}, status=400)
        return self.respond(request)

    def process_view(self, request: HttpRequest, view: object, args: object, named: dict[str, Any]) -> None:
        if any(isinstance(value, int) and value >= TOO_LARGE for value in named.values()):
            raise Http404
