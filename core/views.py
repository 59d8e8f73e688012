"""Pages of the house itself."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from django.views.defaults import page_not_found

from core import definitions as document


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Says that this process answers requests; asks nobody else."""
    return JsonResponse({"status": "ok"})


@require_safe
def definitions(request: HttpRequest) -> HttpResponse:
    """What every word and number means, in the reader's language."""
    return render(request, "core/definitions.html", {"page": document.page((get_language() or "en")[:2])})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a 404; a program that asked for an address of the API gets JSON, as it does from every route there."""
    if request.path_info.startswith("/api/v1/"):
        return JsonResponse({"detail": "There is no such address."}, status=404)
    return page_not_found(request, exception)
