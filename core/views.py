"""Pages of the house itself."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Says that this process answers requests; asks nobody else."""
    return JsonResponse({"status": "ok"})
