"""The API's routes of what was set aside: see it, and ask for one of them once more."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import messages, retrying
from connections.models import SetAsideObject, Source
from teams.api_team import TeamView

MOST = 500  # in one answer: more is a connector that understands nothing


class SetAsideSerializer(serializers.ModelSerializer[SetAsideObject]):
    why = serializers.SerializerMethodField(help_text="The reason as a sentence.")

    class Meta:
        model = SetAsideObject
        fields = ("id", "key", "reason", "why", "detail", "url", "first_seen_at", "last_seen_at", "cleared_at")
        read_only_fields = fields

    def get_why(self, row: SetAsideObject) -> str:
        return messages.aside(row.reason)


class _SourceView(TeamView):
    def source(self, permission: str = "") -> Source:
        team = self.team(permission)
        return get_object_or_404(Source.objects.of(team).listed(), pk=self.kwargs["source_id"])


class SetAsideView(_SourceView):
    """Objects of a repository that could not be understood and are read again at each sync, at most 500."""

    @extend_schema(responses=SetAsideSerializer(many=True))
    def get(self, request: Request, **_: Any) -> Response:
        return Response(SetAsideSerializer(self.source().set_aside.listed()[:MOST], many=True).data)


class RetryView(_SourceView):
    """Ask the host for this one at once. `cleared_at` says whether it could be understood; 409 where it cannot be asked."""

    @extend_schema(request=None, responses=SetAsideSerializer)
    def post(self, request: Request, object_id: int, **_: Any) -> Response:
        source = self.source("team.administer")
        self.sent_nothing()
        aside = get_object_or_404(source.set_aside.open(), pk=object_id)
        return Response(SetAsideSerializer(retrying.retry(source=source, object_id=aside.pk)).data)


urlpatterns = [
    path("<int:source_id>/set-aside/", SetAsideView.as_view(), name="api-set-aside"),
    path("<int:source_id>/set-aside/<int:object_id>/retry/", RetryView.as_view(), name="api-set-aside-retry"),
]
