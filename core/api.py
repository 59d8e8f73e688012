"""What all API routes share."""

from typing import Any

from django.apps import apps
from django.http import Http404
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.views import exception_handler as drf_exception_handler

from core.edits import StaleEdit
from core.refusals import Refused

STALE = OpenApiResponse(
    description="Somebody changed the same thing meanwhile: `theirs` is what stands there now, `yours` what was sent."
)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """A refusal is 400 at its field or 409, a stale edit 409 with both values; a 404 names no class of ours."""
    if isinstance(exc, StaleEdit):
        return Response({"detail": "stale", "theirs": exc.theirs, "yours": exc.yours}, status=409)
    if isinstance(exc, Refused) and exc.conflicts:
        return Response({"detail": exc.message}, status=409)
    if isinstance(exc, Refused):
        return Response({exc.field or "detail": [exc.message]}, status=400)
    return drf_exception_handler(NotFound() if isinstance(exc, Http404) else exc, context)


class BodyView(APIView):
    """A view that looks at the body it was sent."""

    def sent(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What was sent, as `kind` understands it. 400 if it does not."""
        serializer = kind(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data  # type: ignore[no-any-return]


class RoomSchema(AutoSchema):
    """Routes stand under the name of their room, its AppConfig's `verbose_name`."""

    def get_tags(self) -> list[str]:
        room = apps.get_containing_app_config(type(self.view).__module__)
        return [str(room.verbose_name)] if room else super().get_tags()
