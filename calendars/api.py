"""The API's routes of what falls due, and of one's own calendar addresses; docs/definitions.md, “What falls due”, “Calendars”."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from calendars import services
from calendars.addresses import addresses_of
from calendars.events import is_of, said
from core import clock, due
from core.api import rule
from core.due import Due
from teams.api_team import TeamView
from teams.models import Team

AHEAD = timedelta(days=91)
LONGEST = timedelta(days=400)


class FallsDueSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    key = serializers.CharField(help_text="Stays the same however the thing is renamed or moved.")
    team = serializers.IntegerField(
        source="team.pk", default=None, allow_null=True, help_text="null: the organisation."
    )
    people = serializers.ListField(child=serializers.IntegerField(), help_text="From whom; empty: the whole team.")
    day = serializers.DateField()
    title = serializers.SerializerMethodField()
    about = serializers.SerializerMethodField()
    url = serializers.CharField(help_text="A path of the portal.")
    changed_at = serializers.DateTimeField()

    def get_title(self, found: Due) -> str:
        return said(found.title)

    def get_about(self, found: Due) -> str:
        return said(found.about)


class FallsDueAskedSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        return {
            "from": serializers.DateField(required=False, help_text="First day; today unless said otherwise."),
            "to": serializers.DateField(required=False, help_text="Last day, included; 91 days later."),
            "kind": serializers.CharField(required=False, help_text="Only of this kind."),
        }


class DueRoutes(TeamView):
    def due_of(self, teams: list[Team | None], today: date) -> list[Due]:
        asked = self.asked(FallsDueAskedSerializer)
        first = asked.get("from", today)
        if "to" not in asked and first > date.max - AHEAD:
            raise rule("from", "This day is too far away.")
        last = asked.get("to", None) or first + AHEAD
        if last < first:
            raise rule("to", "This day lies before the first one.")
        if last - first > LONGEST:
            raise rule("from", f"Ask for {LONGEST.days} days at most.")
        return due.between(teams, first, last, [asked["kind"]] if "kind" in asked else None)


def _answer(found: Iterable[Due]) -> Response:
    return Response(FallsDueSerializer(found, many=True).data)


class TeamDueView(DueRoutes):
    """What a team has due and not done, in the order of the days. An archived team has nothing due."""

    @extend_schema(parameters=[FallsDueAskedSerializer], responses=FallsDueSerializer(many=True))
    def get(self, request: Request, team_id: int) -> Response:
        team = self.team()
        return _answer(self.due_of([team] if team.archived_at is None else [], clock.today(team.zone)))


class OwnDueView(DueRoutes):
    """What is due from you, and from the whole of your teams, in the order of the days."""

    @extend_schema(parameters=[FallsDueAskedSerializer], responses=FallsDueSerializer(many=True))
    def get(self, request: Request) -> Response:
        teams = Team.objects.visible_to(self.person).active().of(self.person).listed()
        found = self.due_of([*teams, None], clock.now().date())
        return _answer(each for each in found if is_of(each, self.person))


class AddressSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text='"mine", or "team-" and its id.')
    title = serializers.CharField()
    url = serializers.CharField(help_text="Secret: whoever has it reads what falls due.")


class CalendarView(TeamView):
    """Your calendar addresses. They are yours alone: no token sees or changes them."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.person.token is not None:
            raise PermissionDenied

    def _addresses(self) -> Response:
        return Response(AddressSerializer(addresses_of(self.request._request, None), many=True).data)

    @extend_schema(responses=AddressSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Your own calendar's address and those of your teams; none while you have made none."""
        return self._addresses()

    @extend_schema(request=None, responses={200: AddressSerializer(many=True)})
    def post(self, request: Request) -> Response:
        """Make new addresses; those from before end at once."""
        self.sent_nothing()
        services.renew(person=self.person)
        return self._addresses()

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """End the addresses."""
        self.sent_nothing()
        services.turn_off(person=self.person, by=self.person)
        return Response(status=204)


urlpatterns = [
    path("teams/<int:team_id>/due/", TeamDueView.as_view(), name="api-team-due"),
    path("due/", OwnDueView.as_view(), name="api-due"),
    path("calendar/", CalendarView.as_view(), name="api-calendar"),
]
