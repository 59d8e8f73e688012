"""The API's routes of a team's repositories: what it reads, what it may take, and taking one by the proposed rules."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from connections import choosing, health
from connections.models import Connection, Grant, Source
from core import clock
from core.api import IdField
from delivery import claims, proposing, rules
from delivery.models import Service
from teams.access import require
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


class TakeSerializer(serializers.Serializer[Any]):
    connection = IdField(help_text="One of the team's own, or the organisation's that gives it.")
    repository = serializers.CharField(max_length=255, help_text="owner/name, or the host's id.")


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

    @extend_schema(request=TakeSerializer, responses={201: RepositorySerializer})
    def post(self, request: Request, team_id: int) -> Response:
        """Connect a repository with a token that is stored already, by the rules that the portal proposes."""
        team = self.team()
        require(self.person, "team.administer", team)
        wanted = self.sent(TakeSerializer)
        connection = get_object_or_404(Connection.objects.usable_by(team), pk=wanted["connection"])
        listing, problem = choosing.offered_or_why(connection, team)
        chosen = listing.named([wanted["repository"]])
        if problem or not chosen:
            raise ValidationError({"repository": [problem or "The connection does not offer this repository."]})
        (done,) = proposing.connect_all(team=team, connection=connection, repositories=chosen[:1], by=self.person)
        if done.service is None:
            raise ValidationError({"repository": [done.problem]})
        return Response(
            RepositorySerializer(_told(Source.objects.of(team).get(pk=done.service.source_id), team)).data, status=201
        )


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
