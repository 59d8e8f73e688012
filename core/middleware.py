"""What no page should have to think of."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import bad_request

Respond = Callable[[HttpRequest], HttpResponse]


class NoNulMiddleware:
    """400 for a NUL character in the address: no text that is kept here has one, and PostgreSQL fails when asked for it.

    What forms and the API's bodies send is checked by their fields. Stands behind the languages, whose page it shows.
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
