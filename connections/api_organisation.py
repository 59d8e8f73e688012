"""The API's routes of the organisation's connections, for administrators: the services of the pages. Tokens never administer."""

from __future__ import annotations

from typing import Any, cast

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import choosing, organisation
from connections.models import Connection, Grant
from core.api import BodyView, IdField, rule
from teams.access import require
from teams.models import Person, Team

MOST = 200  # repositories given with one request


class OrganisationConnectionSerializer(serializers.ModelSerializer[Connection]):
    address = serializers.CharField(source="base_url", read_only=True, help_text="Of the host's API.")
    needs_token = serializers.BooleanField(read_only=True, help_text="The host does not take its token any more.")

    class Meta:
        model = Connection
        fields = ("id", "name", "kind", "address", "needs_token", "created_at")
        read_only_fields = fields


class GrantSerializer(serializers.ModelSerializer[Grant]):
    repository = serializers.CharField(source="full_name", read_only=True)
    team_name = serializers.CharField(source="team.name", read_only=True)
    read = serializers.SerializerMethodField(help_text="Whether the team took it, so that it is read.")

    class Meta:
        model = Grant
        fields = ("id", "team", "team_name", "external_id", "repository", "url", "granted_at", "read")
        read_only_fields = fields

    def get_read(self, grant: Grant) -> bool:
        return bool(getattr(grant, "source_id", None))


class GivenSerializer(serializers.Serializer[Any]):
    given = GrantSerializer(many=True, help_text="Those that the team could not take before.")


class GiveSerializer(serializers.Serializer[Any]):
    team = IdField(help_text="The team that may take them.")
    repositories = serializers.ListField(
        child=serializers.CharField(max_length=255),
        min_length=1,
        max_length=MOST,
        help_text="Names as owner/name, or the host's ids, of repositories that the connection's token sees.",
    )


class _Administered(BodyView):
    @property
    def person(self) -> Person:
        """Who asks; teams.api_auth.MayCall has kept everybody else out."""
        return cast(Person, self.request.user)

    def connection(self) -> Connection:
        require(self.request.user, "organisation.administer")
        return get_object_or_404(Connection.objects.of_organisation(), pk=self.kwargs["connection_id"])


class ConnectionsView(generics.ListAPIView[Connection]):
    """The organisation's connections. A token is never told."""

    serializer_class = OrganisationConnectionSerializer
    queryset = Connection.objects.of_organisation()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The organisation's connections, by name. A token is never told."""
        require(request.user, "organisation.administer")
        return super().get(request, *args, **kwargs)


class GrantsView(_Administered, generics.ListAPIView[Grant]):
    serializer_class = GrantSerializer
    queryset = Grant.objects.none()

    def get_queryset(self) -> Any:
        return self.connection().grants.listed().with_reading()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Which team may take which repository, and whether it does."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=GiveSerializer, responses={201: GivenSerializer})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let a team take repositories of this connection."""
        connection = self.connection()
        wanted = self.sent(GiveSerializer)
        team = Team.objects.filter(pk=wanted["team"]).first()
        if team is None:
            raise rule("team", "There is no such team.")
        listing, problem = choosing.offered_or_why(connection)
        if problem:
            raise rule("repositories", problem)
        chosen = listing.named(wanted["repositories"])
        if len(chosen) < len(set(wanted["repositories"])):
            raise rule("repositories", "The connection's token does not see all of these.")
        new = organisation.give(connection=connection, team=team, repositories=chosen, by=self.person)
        return Response(GivenSerializer({"given": new}).data, status=201)


class GrantView(_Administered):
    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, connection_id: int, grant_id: int) -> Response:
        """Take a repository back. Where the team reads it by this connection, that ends; what was read stays."""
        grant = get_object_or_404(self.connection().grants.listed(), pk=grant_id)
        self.sent_nothing()
        organisation.take_back(grant=grant, by=self.person)
        return Response(status=204)


urlpatterns = [
    path("", ConnectionsView.as_view(), name="api-organisation-connections"),
    path("<int:connection_id>/given/", GrantsView.as_view(), name="api-grants"),
    path("<int:connection_id>/given/<int:grant_id>/", GrantView.as_view(), name="api-grant"),
]
