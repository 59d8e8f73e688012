"""Pages of the house itself."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from django.views.defaults import page_not_found


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Says that this process answers requests; asks nobody else."""
    return JsonResponse({"status": "ok"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a 404; a program that asked for an address of the API gets JSON, as it does from every route there."""
    if request.path_info.startswith("/api/v1/"):
        return JsonResponse({"detail": "There is no such address."}, status=404)
    return page_not_found(request, exception)
