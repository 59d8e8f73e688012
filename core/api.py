"""What all API routes share."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from core.edits import StaleEdit


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """A stale edit is 409 with both values; everything else as DRF does it."""
    if isinstance(exc, StaleEdit):
        return Response({"detail": "stale", "theirs": exc.theirs, "yours": exc.yours}, status=409)
    return drf_exception_handler(exc, context)
