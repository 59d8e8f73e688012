"""What no page should have to think of."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.functional import LazyObject
from django_structlog.middlewares import RequestMiddleware

from core import away, gate, live, views
from core.addresses import TOO_LARGE
from core.crypto import Undecryptable
from core.logs import without_secrets
from core.views import LengthMissing, TooLarge, bad_request

Respond = Callable[[HttpRequest], HttpResponse]


class LogMiddleware(RequestMiddleware):
    """One line in the log for each request, and its number: in every line of it, in the tasks it asks for, in the answer.

    A number that came with the request is taken only if it cannot be anything else. The first of all: what goes wrong
    in the others is told too. It asks nobody who the person is, which could fail; it says so if somebody else has asked.
    """

    NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
    QUIET = (live.ADDRESS, "/livez", "/readyz", f"/{settings.STATIC_URL.strip('/')}/")

    def prepare(self, request: HttpRequest) -> None:
        given = request.headers.get("X-Request-ID", "")
        number = given if self.NUMBER.fullmatch(given) else uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=number)
        request.began = time.monotonic()  # type: ignore[attr-defined]

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        response.headers["X-Request-ID"] = structlog.contextvars.get_contextvars()["request_id"]
        if request.path_info.startswith(self.QUIET) and response.status_code < 400:
            structlog.contextvars.clear_contextvars()
            return
        took = time.monotonic() - request.began  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(ms=round(took * 1000))
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {without_secrets(request.path)}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        user = vars(request).get("user")
        if isinstance(user, LazyObject):
            user = getattr(request, "_cached_user", None)
        if user is not None and user.pk:
            structlog.contextvars.bind_contextvars(person_id=user.pk)


class KeepingMiddleware:
    """Says who may keep an answer: nobody what is secret or personal, and everything else only the browser that asked.

    `no-cache` makes a browser ask again before it shows the page anew, yet lets it go back to a form that was filled in.
    Static files say themselves how long they are good. Cross-Origin-Resource-Policy: no other site embeds any of it.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.respond(request)
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if settings.NEVER_KEPT.match(request.path_info):
            patch_cache_control(response, private=True, no_store=True)
        elif "Cache-Control" not in response.headers:
            patch_cache_control(response, private=True, no_cache=True)
        return response


class HealthMiddleware:
    """Answers whoever watches the portal before anything else does: no host name, session, person or database is needed."""

    VIEWS = {"/livez": views.livez, "/readyz": views.readyz}

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.VIEWS.get(request.path_info, self.respond)(request)


class SizeMiddleware:
    """Refuses a body before anything reads it: Django bounds the fields of forms only, not files nor what an API reads.

    A view that takes more says so: `view.largest_body = 50_000_000` (bytes), and `largest_told` if people are to be told less. A
    body whose length is not said is not read. Stands before everything that looks at forms.
    """

    # Bytes and seconds of a refused file that are taken and forgotten, since a proxy that still sends, when the connection ends,
    # often tells the browser only that (Caddy 502, without a page) instead of the answer.
    FORGOTTEN, PATIENCE = 256_000_000, 60

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_view(self, request: HttpRequest, view: object, *_: object) -> None:
        length = request.META.get("CONTENT_LENGTH") or ("" if "HTTP_TRANSFER_ENCODING" in request.META else "0")
        largest = getattr(view, "largest_body", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if not length.isdecimal():
            raise LengthMissing("A body of unknown length")
        if int(length) > largest and hasattr(view, "largest_body"):
            self._forget(request, int(length))
            raise TooLarge(int(length), getattr(view, "largest_told", largest))
        if int(length) > largest:
            raise RequestDataTooBig(f"A body of {length} bytes")

    def _forget(self, request: HttpRequest, length: int) -> None:
        left, until = length, time.monotonic() + self.PATIENCE
        if length > self.FORGOTTEN:
            return
        with suppress(OSError):
            while left > 0 and time.monotonic() < until and (chunk := request.read(min(left, 1 << 16))):
                left -= len(chunk)


class GateMiddleware:
    """Lets nobody in while everything is replaced by an archive, and lets the restore wait for those who are inside.

    Stands before whatever asks the database.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with ExitStack() as inside:
            try:
                inside.enter_context(gate.passing())
            except gate.Closed:
                return away.answer(request, "restoring")
            return self.respond(request)


class KeysMiddleware:
    """Says in a sentence that a page needs a secret which no present key opens: somebody runs the portal without its key."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return away.answer(request, "keys") if isinstance(error, Undecryptable) else None


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
