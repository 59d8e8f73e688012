"""The API's routes of one cycle: its days and rhythm, closing, carrying over; and of archiving what is in it."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import IdField, rule
from core.api_edits import EditView
from okrs import services
from okrs.api import CycleSerializer, KeyResultSerializer, ObjectiveSerializer, OkrRoutes
from okrs.models import Cycle, KeyResult, Objective
from okrs.services.cycles import FIELDS
from teams.access import require

# -- What is sent and answered --------------------------------------------------------------------------------------


class OneCycleSerializer(CycleSerializer):
    own_title = serializers.CharField(source="title", read_only=True, help_text="Empty: it is named by its days.")

    class Meta:
        model = Cycle
        fields = (*CycleSerializer.Meta.fields, "own_title")
        read_only_fields = fields


class CycleFieldsSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=80, required=False, allow_blank=True)
    first_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False)
    weekday = serializers.IntegerField(min_value=0, max_value=6, required=False, help_text="Monday is 0.")
    every_weeks = serializers.IntegerField(min_value=1, max_value=13, required=False)


class CycleEditSerializer(CycleFieldsSerializer):
    """The fields to change, and in `seen` the value that was seen of each of them, unless `If-Match` says it."""

    seen = CycleFieldsSerializer(required=False)


class GradeSerializer(serializers.Serializer[Any]):
    key_result = IdField()
    grade = serializers.FloatField(min_value=0, max_value=1)


class ClosedSerializer(serializers.Serializer[Any]):
    closed = serializers.BooleanField(help_text="false takes a closing back, with its grades, during the grace period.")
    grades = GradeSerializer(many=True, required=False, help_text="The others are graded by their progress.")


class CarrySerializer(serializers.Serializer[Any]):
    into = serializers.PrimaryKeyRelatedField(queryset=Cycle.objects.all(), help_text="A later cycle.")
    only = serializers.ListField(child=IdField(), required=False, help_text="Ids of key results; all open ones else.")


class ArchivedSerializer(serializers.Serializer[Any]):
    archived = serializers.BooleanField()


# -- Routes ---------------------------------------------------------------------------------------------------------


class CycleRoutes(OkrRoutes):
    def own(self, *, edit: bool = True) -> Cycle:
        """A cycle of the owner itself: a team uses the organisation's cycles and does not change them."""
        owner = self.owner()
        cycles = Cycle.objects.visible_to(self.person).filter(team=owner)
        found = get_object_or_404(cycles, pk=self.kwargs["cycle_id"])
        if edit:
            require(self.person, "okrs.edit", owner)
        return found

    def check_among(self, name: str, ids: Any, key_results: Any) -> None:
        """400 for the id of a key result that is none of these."""
        if set(ids) - set(key_results.filter(pk__in=ids).values_list("pk", flat=True)):
            raise rule(name, "There is no such key result here.")


def _fields(cycle: Cycle) -> dict[str, Any]:
    return {name: getattr(cycle, name) for name in FIELDS}


class CycleView(CycleRoutes, EditView):
    @extend_schema(responses=OneCycleSerializer)
    def get(self, request: Request, cycle_id: int, team_id: int | None = None) -> Response:
        """One cycle of its own."""
        found = self.own(edit=False)
        return self.told(OneCycleSerializer(found).data, _fields(found))

    @extend_schema(request=CycleEditSerializer, responses={200: OneCycleSerializer})
    def patch(self, request: Request, cycle_id: int, team_id: int | None = None) -> Response:
        """Change a cycle's title, days or rhythm of check-ins."""
        found = self.own()
        wanted, seen = self.edit(CycleEditSerializer, _fields(found))
        edited = services.edit_cycle(cycle=found, by=self.person, wanted=wanted, seen=seen)
        return self.told(OneCycleSerializer(edited).data, _fields(edited))


class CycleClosedView(CycleRoutes):
    @extend_schema(request=ClosedSerializer, responses={200: CycleSerializer})
    def post(self, request: Request, cycle_id: int, team_id: int | None = None) -> Response:
        """Close a cycle and grade its key results, or take that back. Twice does nothing."""
        found, sent = self.own(), self.sent(ClosedSerializer)
        if not sent["closed"]:
            return Response(CycleSerializer(services.reopen_cycle(cycle=found, by=self.person)).data)
        grades = {each["key_result"]: each["grade"] for each in sent.get("grades", ())}
        self.check_among("grades", grades, KeyResult.objects.live().filter(objective__cycle=found))
        closed = services.close_cycle(cycle=found, by=self.person, grades=grades)
        return Response(CycleSerializer(closed).data)


class CarryOverView(CycleRoutes):
    @extend_schema(request=CarrySerializer, responses={200: KeyResultSerializer(many=True)})
    def post(self, request: Request, cycle_id: int, team_id: int | None = None) -> Response:
        """Copy open key results with their objectives into a later cycle; answers the copies. What was carried is not again."""
        owner = self.owner()
        found = get_object_or_404(self.cycles(), pk=cycle_id)
        require(self.person, "okrs.edit", owner)
        sent = self.sent(CarrySerializer)
        if not self.cycles().filter(pk=sent["into"].pk).exists():
            raise rule("into", "This cycle belongs to another team.")
        only = sent.get("only")
        self.check_among("only", only or (), self.key_results().filter(objective__cycle=found))
        made = services.carry_over(cycle=found, into=sent["into"], team=owner, only=only, by=self.person)
        return Response(KeyResultSerializer(made, many=True).data)


class ArchivedRoutes(OkrRoutes):
    def archive(self, row: Objective | KeyResult) -> None:
        require(self.person, "okrs.edit", self.owner())
        act = services.archive if self.sent(ArchivedSerializer)["archived"] else services.restore
        act(row=row, by=self.person)
        row.refresh_from_db()


class ObjectiveArchivedView(ArchivedRoutes):
    @extend_schema(request=ArchivedSerializer, responses={200: ObjectiveSerializer})
    def post(self, request: Request, objective_id: int, team_id: int | None = None) -> Response:
        """Take an objective out of every list and figure, or bring it back. It is kept with all that was said."""
        found = self.objective()
        self.archive(found)
        return Response(ObjectiveSerializer(found).data)


class KeyResultArchivedView(ArchivedRoutes):
    @extend_schema(request=ArchivedSerializer, responses={200: KeyResultSerializer})
    def post(self, request: Request, key_result_id: int, team_id: int | None = None) -> Response:
        """Take a key result out of every list and figure, or bring it back."""
        found = self.key_result()
        self.archive(found)
        return Response(KeyResultSerializer(found).data)


def routes(prefix: str) -> list[Any]:
    """As okrs.api.routes."""
    return [
        path("cycles/<int:cycle_id>/", CycleView.as_view(), name=f"{prefix}-cycle"),
        path("cycles/<int:cycle_id>/closed/", CycleClosedView.as_view(), name=f"{prefix}-cycle-closed"),
        path("cycles/<int:cycle_id>/carry-over/", CarryOverView.as_view(), name=f"{prefix}-carry-over"),
        path(
            "objectives/<int:objective_id>/archived/",
            ObjectiveArchivedView.as_view(),
            name=f"{prefix}-objective-archived",
        ),
        path(
            "key-results/<int:key_result_id>/archived/",
            KeyResultArchivedView.as_view(),
            name=f"{prefix}-key-result-archived",
        ),
    ]
