"""The API's routes of a team's connections: how they are doing, and a new token or address for one. A token is never told."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import refused, services
from connections.forms import ADDRESS_PROBLEMS
from connections.models import Source, SourceQuerySet
from connectors.registry import CONNECTORS
from core.api import IdField, rule
from core.api_edits import EditView
from teams.access import require
from teams.api_team import TeamView


class ConnectionSerializer(serializers.ModelSerializer[Source]):
    kind = serializers.CharField(source="connection.kind", read_only=True)
    repository = serializers.CharField(source="full_name", read_only=True)
    base_url = serializers.CharField(source="connection.base_url", read_only=True, help_text="The address of the API.")
    needs_token = serializers.BooleanField(source="connection.needs_token", read_only=True)

    class Meta:
        model = Source
        fields = (
            "id", "kind", "repository", "url", "base_url", "needs_token", "active", "paused", "succeeded_at", "next_sync_at",
            "failures", "error_code",
        )  # fmt: skip
        read_only_fields = fields


class OneConnectionSerializer(ConnectionSerializer):
    token_id = serializers.SerializerMethodField(
        help_text="Which token is stored, to be sent as `seen.token`: each has another id. The token itself is never told."
    )

    class Meta:
        model = Source
        fields = (*ConnectionSerializer.Meta.fields, "token_id")
        read_only_fields = fields

    def get_token_id(self, source: Source) -> int | None:
        found: int | None = services.access_of(source)["token"]
        return found


class AccessSeenSerializer(serializers.Serializer[Any]):
    base_url = serializers.CharField(max_length=300, required=False)
    token = IdField(required=False, allow_null=True, help_text="The `token_id` that was seen.")


class AccessSerializer(serializers.Serializer[Any]):
    """The fields to change, and in `seen` the value that was seen of each of them, unless `If-Match` says it."""

    base_url = serializers.CharField(max_length=300, required=False)
    token = serializers.CharField(max_length=500, required=False, write_only=True)
    seen = AccessSeenSerializer(required=False)


class ConnectionsView(TeamView, generics.ListAPIView[Source]):
    serializer_class = ConnectionSerializer
    queryset = Source.objects.none()

    def get_queryset(self) -> SourceQuerySet:
        return Source.objects.visible_to(self.person).of(self.team()).listed()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The repositories of a team, disconnected ones last."""
        return super().get(request, *args, **kwargs)


class ConnectionView(TeamView, EditView):
    def source(self) -> Source:
        sources = Source.objects.visible_to(self.person).select_related("connection__team")
        return get_object_or_404(sources, pk=self.kwargs["source_id"], connection__team=self.kwargs["team_id"])

    def _told(self, source: Source) -> Response:
        return self.told(OneConnectionSerializer(source).data, services.access_of(source))

    @extend_schema(responses=OneConnectionSerializer)
    def get(self, request: Request, team_id: int, source_id: int) -> Response:
        """One repository, and how reading it goes."""
        return self._told(self.source())

    @extend_schema(request=AccessSerializer, responses={200: OneConnectionSerializer})
    def patch(self, request: Request, team_id: int, source_id: int) -> Response:
        """Enter a new token, or correct the API's address. Both are tried before anything is saved."""
        found = self.source()
        require(self.person, "team.administer", found.connection.team)
        if not found.connection.is_read:
            raise Http404
        present = services.access_of(found)
        wanted, seen = self.edit(AccessSerializer, present)
        address = _address(found, wanted.get("base_url", present["base_url"]))
        try:
            services.change_access(
                source=found, base_url=address, token=wanted.get("token", ""), seen={**present, **seen}, by=self.person
            )
        except refused.REFUSED as error:
            raise rule(*refused.told(error)) from None
        return self._told(self.source())


def _address(source: Source, base_url: str) -> str:
    try:
        return CONNECTORS[source.connection.kind].parse_address(source.full_name, base_url).base_url
    except ValueError:
        raise rule("base_url", str(ADDRESS_PROBLEMS["bad_base_url"])) from None


urlpatterns = [
    path("connections/", ConnectionsView.as_view(), name="api-connections"),
    path("connections/<int:source_id>/", ConnectionView.as_view(), name="api-connection"),
]
