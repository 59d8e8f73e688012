"""The API's routes of teams, members and oneself: the same QuerySets as the pages."""

from __future__ import annotations

from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from teams.api_auth import TokenAuthentication
from teams.models import ApiToken, Membership, Organisation, Person, Team
from teams.querysets import TeamQuerySet

DESCRIPTION = (
    "A team's API token: `Authorization: Bearer mlops_…`. Scope `read` reads the team; `write` also does what its maker may do"
    " in the team; `key_result` reads one key result and its objective and checks in on it, and gets 403 everywhere else. 401"
    " once it has expired, was revoked, or its maker left the team."
)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the token stands in the API's description."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": DESCRIPTION}


class TeamSerializer(serializers.ModelSerializer[Team]):
    group = serializers.CharField(source="group.name", default=None, read_only=True, allow_null=True)
    time_zone = serializers.SerializerMethodField(
        help_text="The zone of the team's days; its own or the organisation's."
    )
    people = serializers.IntegerField(source="people_count", read_only=True, help_text="Active members.")

    class Meta:
        model = Team
        fields = ("id", "name", "group", "time_zone", "people", "created_at", "archived_at", "is_sample")
        read_only_fields = fields

    def get_time_zone(self, team: Team) -> str:
        return team.time_zone or str(self.context["organisation_zone"])


class MemberSerializer(serializers.ModelSerializer[Membership]):
    person = serializers.IntegerField(source="person_id", read_only=True)
    name = serializers.CharField(source="person.name", read_only=True)
    active = serializers.BooleanField(source="person.is_active", read_only=True)

    class Meta:
        model = Membership
        fields = ("person", "name", "active", "role", "job_role", "joined_at")
        read_only_fields = fields


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ("id", "name", "scope", "team", "expires_at")
        read_only_fields = fields


class MeSerializer(serializers.ModelSerializer[Person]):
    teams = serializers.SerializerMethodField()
    token = TokenSerializer(read_only=True, allow_null=True, help_text="The token of this request, if it came by one.")

    class Meta:
        model = Person
        fields = ("id", "name", "email", "organisation_role", "language", "time_zone", "teams", "token")
        read_only_fields = fields

    def get_teams(self, person: Person) -> list[int]:
        """The ids of the person's active teams that this request may see."""
        return list(Team.objects.visible_to(person).active().of(person).order_by("pk").values_list("pk", flat=True))


@extend_schema_view(
    list=extend_schema(description="Teams, archived ones included. A token sees its own team."),
    retrieve=extend_schema(description="One team."),
)
class TeamViewSet(viewsets.ReadOnlyModelViewSet[Team]):
    queryset = Team.objects.none()
    serializer_class = TeamSerializer
    lookup_value_converter = "int"

    def get_serializer_context(self) -> dict[str, Any]:
        organisation = Organisation.current()  # once, not for each team
        return {
            **super().get_serializer_context(),
            "organisation_zone": organisation.time_zone if organisation else "UTC",
        }

    def get_queryset(self) -> TeamQuerySet:
        return Team.objects.visible_to(self.request.user).with_people_count().listed("name")

    @extend_schema(responses=MemberSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def members(self, request: Request, **kwargs: Any) -> Response:
        """The team's members with access role and job role."""
        team = get_object_or_404(Team.objects.visible_to(request.user), pk=self.kwargs["pk"])
        return Response(MemberSerializer(team.memberships.listed(), many=True).data)


class MeView(APIView):
    """Who this request acts as, and by which token."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(cast(Person, request.user)).data)
