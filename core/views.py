"""Pages of the house itself."""

import sys

import structlog
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import (
    DisallowedHost,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.defaults import page_not_found

from core import away, readiness
from core import definitions as document
from core import undo as offers
from core.models import UndoOffer
from core.refusals import Refused
from core.sizes import size_text


class TooLarge(RequestDataTooBig):
    """A file of so many bytes, where so many are taken."""

    def __init__(self, length: int, largest: int) -> None:
        super().__init__(f"A body of {length} bytes, where {largest} are taken")
        self.length, self.largest = length, largest


class LengthMissing(SuspiciousOperation):
    """A body that does not say how long it is: nothing bounds it, so it is not read."""


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Says that this process answers requests; asks nobody else."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Says what is missing of all that the portal stands on: 200 when nothing is, else 503 with a sentence for each."""
    missing = readiness.missing()
    response = JsonResponse(
        {"status": "missing" if missing else "ok", "missing": missing}, status=503 if missing else 200
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def definitions(request: HttpRequest) -> HttpResponse:
    """What every word and number means, in the reader's language."""
    return render(request, "core/definitions.html", {"page": document.page((get_language() or "en")[:2])})


@require_POST
def undo(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Take back what the page said could be taken back, and go there again."""
    found = get_object_or_404(UndoOffer, pk=offer_id, person=request.user.pk)
    try:
        offers.take_back(found, by=request.user)
    except Refused as error:
        if isinstance(error, offers.TooLate):
            offers.forget(request, found)
        messages.error(request, error.message)
    else:
        messages.success(request, _("Undone."))
    return redirect(found.page or "/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a 404; a program that asked for an address of the API gets JSON, as it does from every route there."""
    if request.path_info.startswith("/api/v1/"):
        return JsonResponse({"detail": "There is no such address."}, status=404)
    return page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """What Django calls for an error that nobody caught: 503 where something is away for a moment, else 500."""
    missing = away.missing(sys.exception())
    if missing:
        return away.answer(request, missing)
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": "The portal has a problem; it is written in its log."}, status=500)
    number = structlog.contextvars.get_contextvars().get("request_id", "")
    return render(None, "500.html", {"number": number}, status=500)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a request that is refused before a view looks at it, with what is wrong; JSON for the API."""
    # Some are refused before anybody looked what language to speak.
    language = getattr(request, "LANGUAGE_CODE", None) or translation.get_language_from_request(request)
    with translation.override(language):
        status, sentence = _what_is_wrong(exception)
        if request.path_info.startswith(("/api/", "/hooks/")):
            response: HttpResponse = JsonResponse({"detail": sentence}, status=status)
        else:
            elsewhere = isinstance(exception, DisallowedHost)
            link = settings.PORTAL_URL if elsewhere else _way_back(request) if status == 413 else "/"
            context = {
                "sentence": sentence,
                "link": link,
                "elsewhere": elsewhere,
                "back": link not in ("/", settings.PORTAL_URL),
            }
            response = render(None, "400.html", context, status=status)
    response.headers["Content-Language"] = language
    return response


def _way_back(request: HttpRequest) -> str:
    """The page from which the form came, as the browser says; the home page where it does not."""
    came_from = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if is_ours else "/"


def _no_address_of_ours() -> str:
    if not settings.PORTAL_URL:
        return _("The portal does not know the host name in this address. Whoever runs it can name it with PORTAL_URL.")
    known = _("This is not the address of the portal, which answers at %(address)s only.")
    return known % {"address": settings.PORTAL_URL}


def _how_large(exception: RequestDataTooBig) -> str:
    """In numbers where they are known and differ as they are written."""
    if isinstance(exception, TooLarge):
        said = {"size": size_text(exception.length), "most": size_text(exception.largest)}
        if said["size"] != said["most"]:
            return _("What was sent has %(size)s; at most %(most)s are taken here, so nothing of it was read.") % said
    return _("What was sent is too large, so nothing of it was read.")


def _what_is_wrong(exception: Exception) -> tuple[int, str]:
    """The status and a sentence. The exception's own words may repeat what was sent, and are for the log."""
    if isinstance(exception, DisallowedHost):
        return 400, _no_address_of_ours()
    if isinstance(exception, LengthMissing):
        return 411, _("What was sent does not say how long it is (Content-Length), so nothing of it was read.")
    if isinstance(exception, RequestDataTooBig):
        return 413, _how_large(exception)
    if isinstance(exception, TooManyFieldsSent | TooManyFilesSent):
        return 413, _("What was sent has too many fields or files, so nothing of it was read.")
    return 400, _("The portal could not make sense of the request. Go back, reload the page and try again.")
