"""What all API routes share."""

from typing import Any

from django.apps import apps
from django.http import Http404
from drf_spectacular.openapi import AutoSchema
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from core.edits import StaleEdit


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """A stale edit is 409 with both values; a 404 names no class of ours; everything else as DRF does it."""
    if isinstance(exc, StaleEdit):
        return Response({"detail": "stale", "theirs": exc.theirs, "yours": exc.yours}, status=409)
    return drf_exception_handler(NotFound() if isinstance(exc, Http404) else exc, context)


class RoomSchema(AutoSchema):
    """Routes stand under the name of their room, its AppConfig's `verbose_name`."""

    def get_tags(self) -> list[str]:
        room = apps.get_containing_app_config(type(self.view).__module__)
        return [str(room.verbose_name)] if room else super().get_tags()
