"""The API's routes of a team's repositories: what it reads, what it may take, taking and giving back. Tokens only read them."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import choosing, health, services
from connections.models import Connection, Grant, Source
from core import clock
from core.api import IdField, rule
from delivery import claims, proposing, rules
from delivery.models import Service
from delivery.proposing import AT_ONCE, Outcome
from teams.api_team import TeamView


class PartSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    counts = serializers.CharField(allow_blank=True, help_text="Which part of the repository it is, for people.")


class RepositorySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text="The host's id, which survives a rename.")
    repository = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
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
    connection = IdField(help_text="One of the team's own, or one of the organisation's that gives it something.")
    repositories = serializers.ListField(
        child=serializers.CharField(max_length=255),
        min_length=1,
        max_length=AT_ONCE,
        help_text="Names as owner/name, or the host's ids, of repositories that the connection gives the team.",
    )


class OutcomeSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField(source="repository.external_id")
    repository = serializers.CharField(source="repository.full_name")
    service = serializers.IntegerField(
        source="service.pk", default=None, allow_null=True, help_text="What counts of it from now on."
    )
    problem = serializers.CharField(allow_blank=True, help_text='Why it was not taken; "" where it was.')
    page = serializers.SerializerMethodField(
        help_text='Where a person chooses what of it counts, since nothing could be proposed; "" else.'
    )

    def get_page(self, outcome: Outcome) -> str:
        draft = outcome.draft
        return reverse("connect-rules", args=[draft.team_id, draft.pk]) if draft else ""


class TakenSerializer(serializers.Serializer[Any]):
    repositories = OutcomeSerializer(many=True, help_text="What became of each; one does not stop the others.")


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

    @extend_schema(request=TakeSerializer, responses={200: TakenSerializer})
    def post(self, request: Request, team_id: int) -> Response:
        """Take repositories of a connection, each by the rules that the portal proposes for it; reading begins at once."""
        team = self.team("team.administer")
        wanted = self.sent(TakeSerializer)
        connection = Connection.objects.usable_by(team).filter(pk=wanted["connection"]).first()
        if connection is None:
            raise rule("connection", "There is no such connection, or it gives the team nothing.")
        listing, problem = choosing.offered_or_why(connection, team)
        if problem:
            raise rule("repositories", problem)
        chosen = listing.named(wanted["repositories"])
        if len(chosen) < len(set(wanted["repositories"])):
            raise rule("repositories", "The connection does not give the team all of these.")
        done = proposing.connect_all(team=team, connection=connection, repositories=chosen, by=self.person)
        return Response(TakenSerializer({"repositories": done}).data)


class RepositoryView(TeamView):
    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, team_id: int, source_id: int) -> Response:
        """Give a repository back: the team reads it no more. What was read stays, and other teams read on what is theirs."""
        team = self.team("team.administer")
        source = get_object_or_404(Source.objects.read_by(team).listed(), pk=source_id)
        if not source.connection.is_read:
            raise Http404
        self.sent_nothing()
        services.disconnect(source_id=source.pk, team=team, by=self.person)
        return Response(status=204)


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


urlpatterns = [
    path("repositories/", RepositoriesView.as_view(), name="api-repositories"),
    path("repositories/<int:source_id>/", RepositoryView.as_view(), name="api-repository"),
]
