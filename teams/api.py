"""The API's routes of teams, members and oneself: the same QuerySets as the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import rule
from core.api_edits import EditView
from teams.access import require
from teams.api_auth import TokenAuthentication
from teams.api_team import TeamView
from teams.models import ApiToken, Membership, Organisation, Person, Team, TeamGroup, time_zones
from teams.querysets import TeamQuerySet
from teams.services.teams import change_team

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


class OneTeamSerializer(TeamSerializer):
    group_id = serializers.IntegerField(read_only=True, allow_null=True)
    own_time_zone = serializers.CharField(
        source="time_zone", read_only=True, help_text="Empty: the organisation's is used."
    )

    class Meta:
        model = Team
        fields = (*TeamSerializer.Meta.fields, "group_id", "own_time_zone")
        read_only_fields = fields


class TeamFieldsSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    group = serializers.PrimaryKeyRelatedField(queryset=TeamGroup.objects.all(), required=False, allow_null=True)
    time_zone = serializers.CharField(
        required=False, allow_blank=True, help_text="As Asia/Tokyo; empty for the organisation's."
    )

    def validate_time_zone(self, value: str) -> str:
        if value and value not in time_zones():
            raise serializers.ValidationError("There is no such time zone.", code="rule")
        return value


class TeamEditSerializer(TeamFieldsSerializer):
    """The fields to change, and in `seen` the value that was seen of each of them, unless `If-Match` says it."""

    seen = TeamFieldsSerializer(required=False)


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


def _context() -> dict[str, str]:
    organisation = Organisation.current()
    return {"organisation_zone": organisation.time_zone if organisation else "UTC"}


@extend_schema_view(list=extend_schema(description="Teams, archived ones included. A token sees its own team."))
class TeamViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Team]):
    queryset = Team.objects.none()
    serializer_class = TeamSerializer
    lookup_value_converter = "int"

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), **_context()}  # once, not for each team

    def get_queryset(self) -> TeamQuerySet:
        return Team.objects.visible_to(self.request.user).with_people_count().listed("name")

    @extend_schema(responses=MemberSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def members(self, request: Request, **kwargs: Any) -> Response:
        """The team's members with access role and job role."""
        team = get_object_or_404(Team.objects.visible_to(request.user), pk=self.kwargs["pk"])
        return Response(MemberSerializer(team.memberships.listed(), many=True).data)


class OneTeamView(TeamView, EditView):
    @extend_schema(responses=OneTeamSerializer)
    def get(self, request: Request, team_id: int) -> Response:
        """One team."""
        return self._told(self.team())

    @extend_schema(request=TeamEditSerializer, responses={200: OneTeamSerializer})
    def patch(self, request: Request, team_id: int) -> Response:
        """Change a team's time zone, or as an administrator its name or group."""
        found = self.team("team.administer")
        sent = self.request.data
        if isinstance(sent, Mapping) and sent.keys() & {"name", "group"}:  # before it is told what is wrong with them
            require(self.person, "organisation.administer")
        wanted, seen = self.edit(TeamEditSerializer, self._fields(found))
        if wanted.get("group") and not TeamGroup.objects.offered_to(found).filter(pk=wanted["group"].pk).exists():
            raise rule("group", "This group belongs to the sample organisation.")
        return self._told(change_team(team=found, by=self.person, wanted=wanted, seen=seen))

    def _fields(self, team: Team) -> dict[str, Any]:
        return {"name": team.name, "group": team.group, "time_zone": team.time_zone}

    def _told(self, team: Team) -> Response:
        found = Team.objects.with_people_count().select_related("group").get(pk=team.pk)
        return self.told(OneTeamSerializer(found, context=_context()).data, self._fields(found))


class MeView(APIView):
    """Who this request acts as, and by which token."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(cast(Person, request.user)).data)
