"""The API's route of a team's repositories: what it reads, and what it may take. It takes them on its page: tokens never do."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import health
from connections.models import Grant, Source
from core import clock
from delivery import claims, rules
from delivery.models import Service
from teams.api_team import TeamView


class PartSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    counts = serializers.CharField(help_text="Which part of the repository it is, for people.")


class RepositorySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text="The host's id, which survives a rename.")
    repository = serializers.CharField()
    url = serializers.CharField()
    connection = serializers.IntegerField(help_text="The connection by which the team takes it.")
    of_organisation = serializers.BooleanField(help_text="Whether that is the organisation's.")
    health = serializers.CharField(help_text='"ok", "running", "queued", "waiting", "needs_token", "refused", …')
    read_at = serializers.DateTimeField(allow_null=True, help_text="When it was last read to its end.")
    services = PartSerializer(many=True, help_text="The team's own; other teams' parts stand with them.")


class OfferedSerializer(serializers.ModelSerializer[Grant]):
    repository = serializers.CharField(source="full_name", read_only=True)

    class Meta:
        model = Grant
        fields = ("connection", "external_id", "repository", "url")
        read_only_fields = fields


class RepositoriesSerializer(serializers.Serializer[Any]):
    read = RepositorySerializer(many=True)
    offered = OfferedSerializer(
        many=True, help_text="What the organisation's connections give, and the team did not take."
    )


class RepositoriesView(TeamView):
    @extend_schema(responses=RepositoriesSerializer)
    def get(self, request: Request, team_id: int) -> Response:
        """What the team reads, and what it may take besides."""
        team = self.team()
        sources = Source.objects.read_by(team).listed().prefetch_related("shares__connection")
        read = [_told(source, team) for source in sources]
        taken = [each["external_id"] for each in read]
        offered = Grant.objects.filter(team=team).exclude(external_id__in=taken).listed()
        return Response(RepositoriesSerializer({"read": read, "offered": offered}).data)


def _told(source: Source, team: Any) -> dict[str, Any]:
    share = next(each for each in source.shares.all() if each.team_id == team.pk)
    services = Service.objects.live().of(team).filter(source=source).order_by("name", "pk")
    return {
        "id": source.pk,
        "external_id": source.external_id,
        "repository": source.full_name,
        "url": source.url,
        "connection": share.connection_id,
        "of_organisation": share.connection.is_organisations,
        "health": health.of(source, clock.now()).state,
        "read_at": source.succeeded_at,
        "services": [
            {"id": each.pk, "name": each.name, "counts": claims.said(rules.of_service(each))} for each in services
        ],
    }


urlpatterns = [path("repositories/", RepositoriesView.as_view(), name="api-repositories")]
