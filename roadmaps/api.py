"""The API's routes of a team's roadmap: the same services, QuerySets and access rules as the pages."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import IdField
from core.api_edits import EditView
from roadmaps import overview, services
from roadmaps.models import NOTE_LENGTH, Checklist, Item, Roadmap, State, Tick
from roadmaps.querysets import ItemQuerySet, TickQuerySet
from teams.access import require
from teams.api_team import TeamView
from teams.models import Person

# -- What is sent and answered --------------------------------------------------------------------------------------


class SpanSerializer(serializers.Serializer[Any]):
    first = serializers.DateField()
    last = serializers.DateField()


class ProgressSerializer(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    total = serializers.IntegerField(help_text="Without those that were dropped.")
    skipped = serializers.IntegerField()


class PhaseSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    title = serializers.CharField()
    span = SpanSerializer()
    progress = ProgressSerializer()
    late = serializers.IntegerField(help_text="Open items whose due date has passed.")
    is_current = serializers.BooleanField()


class ForecastSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["weeks", "needs_more_data", "stalled", "finished"])
    p50 = serializers.IntegerField(allow_null=True, help_text="Weeks from now.")
    p85 = serializers.IntegerField(allow_null=True)
    weeks = serializers.IntegerField(help_text="Complete weeks that it was computed from.")


class RoadmapSerializer(serializers.Serializer[Any]):
    """A roadmap on the team's present day."""

    team = serializers.IntegerField(source="roadmap.team_id")
    template = serializers.CharField(source="roadmap.template_id")
    template_version = serializers.IntegerField(source="roadmap.template_version")
    start_date = serializers.DateField(source="roadmap.start_date")
    span = SpanSerializer()
    today = serializers.DateField()
    month = serializers.IntegerField(help_text="Of 12; 0 before the start.")
    progress = ProgressSerializer()
    late = serializers.IntegerField()
    phases = PhaseSerializer(many=True)
    forecast = ForecastSerializer()


class ItemSerializer(serializers.ModelSerializer[Item]):
    title = serializers.CharField(source="shown_title", read_only=True)
    owner_name = serializers.CharField(source="owner", default=None, read_only=True, allow_null=True)

    class Meta:
        model = Item
        fields = (
            "id", "phase", "checklist", "position", "template_key", "title", "mandatory", "state", "version",
            "owner", "owner_name", "due_date", "due_edited", "added_on",
        )  # fmt: skip
        read_only_fields = fields


class TickSerializer(serializers.ModelSerializer[Tick]):
    person_name = serializers.CharField(source="person", read_only=True)
    notes = serializers.SerializerMethodField()

    class Meta:
        model = Tick
        fields = (
            "id", "item", "version", "from_state", "to_state", "already_had", "undoes", "person", "person_name",
            "effective_at", "recorded_at", "notes",
        )  # fmt: skip
        read_only_fields = fields

    def get_notes(self, tick: Tick) -> list[str]:
        """What people wrote beside it, unless it was removed."""
        return [note.text for note in tick.notes.all() if note.text]


class TicksAskedSerializer(serializers.Serializer[Any]):
    item = IdField(required=False, help_text="Only those of this item.")


class StartSerializer(serializers.Serializer[Any]):
    start_date = serializers.DateField()


class StartDateSerializer(StartSerializer):
    seen = serializers.DateField(required=False, help_text="The start date that was seen.")


class AddSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    phase = serializers.IntegerField(min_value=1, max_value=4, required=False)
    checklist = serializers.ChoiceField(choices=Checklist.choices, required=False)
    owner = serializers.PrimaryKeyRelatedField(queryset=Person.objects.all(), required=False, allow_null=True)
    due_date = serializers.DateField(required=False, allow_null=True)
    request_id = serializers.CharField(max_length=64, required=False, help_text="Sent again: nothing is added again.")


class FieldsSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    owner = serializers.PrimaryKeyRelatedField(queryset=Person.objects.all(), required=False, allow_null=True)
    due_date = serializers.DateField(required=False, allow_null=True)


class EditSerializer(FieldsSerializer):
    """The fields to change, and in `seen` the value that was seen of each of them, unless `If-Match` says it."""

    seen = FieldsSerializer(required=False)


class VersionSerializer(serializers.Serializer[Any]):
    seen_version = serializers.IntegerField(min_value=0, help_text="The item's `version` that was seen.")
    request_id = serializers.CharField(max_length=64, required=False, help_text="Sent again: nothing happens again.")


class WantedSerializer(VersionSerializer):
    wanted = serializers.ChoiceField(choices=State.choices)
    note = serializers.CharField(
        max_length=NOTE_LENGTH, required=False, allow_blank=True, help_text="A reason, to skip."
    )
    already_had = serializers.BooleanField(required=False, help_text="Done before the start; leaves the pace alone.")
    on = serializers.DateField(required=False, allow_null=True, help_text="The team's day on which it took effect.")


# -- Routes ---------------------------------------------------------------------------------------------------------


class RoadmapRoutes(TeamView):
    """What belongs to the roadmap of the team in the address."""

    def roadmap(self, permission: str = "") -> Roadmap:
        team = self.team()
        found = get_object_or_404(Roadmap.objects.select_related("team"), team=team)
        if permission:
            require(self.person, permission, team)
        return found

    def items(self) -> ItemQuerySet:
        return Item.objects.visible_to(self.person).of_team(self.kwargs["team_id"]).listed()

    def item(self, permission: str = "") -> Item:
        found = get_object_or_404(self.items().select_related("roadmap__team"), pk=self.kwargs["item_id"])
        if permission:
            require(self.person, permission, found.roadmap.team)
        return found


def _start(roadmap: Roadmap) -> dict[str, Any]:
    return {"start_date": roadmap.start_date}


def _told(roadmap: Roadmap) -> dict[str, Any]:
    (found,) = overview.overviews([roadmap])
    return RoadmapSerializer(found).data


class RoadmapView(RoadmapRoutes, EditView):
    @extend_schema(responses=RoadmapSerializer)
    def get(self, request: Request, team_id: int) -> Response:
        """A team's roadmap as it stands today."""
        found = self.roadmap()
        return self.told(_told(found), _start(found))

    @extend_schema(request=StartSerializer, responses={201: RoadmapSerializer})
    def post(self, request: Request, team_id: int) -> Response:
        """Start the roadmap of a team that has none."""
        team = self.team("team.edit")
        made = services.start_roadmap(team=team, by=self.person, **self.sent(StartSerializer))
        return Response(_told(made), status=status.HTTP_201_CREATED)

    @extend_schema(request=StartDateSerializer, responses={200: RoadmapSerializer})
    def patch(self, request: Request, team_id: int) -> Response:
        """Move the start; due dates that nobody edited move with it."""
        found = self.roadmap("team.edit")
        wanted, seen = self.edit(StartDateSerializer, _start(found))
        moved = services.change_start_date(
            roadmap=found, start_date=wanted["start_date"], seen=seen["start_date"], by=self.person
        )
        return self.told(_told(moved), _start(moved))


class ItemsView(RoadmapRoutes, generics.ListAPIView[Item]):
    serializer_class = ItemSerializer
    queryset = Item.objects.none()

    def get_queryset(self) -> ItemQuerySet:
        self.roadmap()
        return self.items()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The items of a roadmap in its order, those of the checklists last."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=AddSerializer, responses={201: ItemSerializer})
    def post(self, request: Request, team_id: int) -> Response:
        """Add an item of the team's own to a phase or a checklist."""
        found = self.roadmap("team.edit")
        made = services.add_item(roadmap=found, by=self.person, **self.sent(AddSerializer))
        return Response(ItemSerializer(made).data, status=status.HTTP_201_CREATED)


class ItemView(RoadmapRoutes, EditView):
    @extend_schema(responses=ItemSerializer)
    def get(self, request: Request, team_id: int, item_id: int) -> Response:
        """One item."""
        found = self.item()
        return self.told(ItemSerializer(found).data, services.fields_of(found))

    @extend_schema(request=EditSerializer, responses={200: ItemSerializer})
    def patch(self, request: Request, team_id: int, item_id: int) -> Response:
        """Change an item's title, owner or due date."""
        found = self.item("team.edit")
        wanted, seen = self.edit(EditSerializer, services.fields_of(found))
        edited = services.edit_item(item=found, by=self.person, wanted=wanted, seen=seen)
        return self.told(ItemSerializer(edited).data, services.fields_of(edited))


class TickView(RoadmapRoutes):
    """Bring an item into a state. If it is there already nothing happens; `skipped` needs a note."""

    @extend_schema(request=WantedSerializer, responses={200: ItemSerializer})
    def post(self, request: Request, team_id: int, item_id: int) -> Response:
        found = self.item("team.edit")
        ticked = services.tick(item=found, by=self.person, **self.sent(WantedSerializer))
        return Response(ItemSerializer(ticked).data)


class UndoView(RoadmapRoutes):
    """Reverse the newest tick of an item."""

    @extend_schema(request=VersionSerializer, responses={200: ItemSerializer})
    def post(self, request: Request, team_id: int, item_id: int) -> Response:
        found = self.item("team.edit")
        undone = services.undo(item=found, by=self.person, **self.sent(VersionSerializer))
        return Response(ItemSerializer(undone).data)


class TicksView(RoadmapRoutes, generics.ListAPIView[Tick]):
    """The ticks of a roadmap, the newest first."""

    serializer_class = TickSerializer
    queryset = Tick.objects.none()

    @extend_schema(parameters=[TicksAskedSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> TickQuerySet:
        ticks = Tick.objects.visible_to(self.person).of_teams([self.roadmap().team])
        asked = self.asked(TicksAskedSerializer)
        return (ticks.of_item(asked["item"]) if asked else ticks).newest_first().prefetch_related("notes")


urlpatterns = [
    path("", RoadmapView.as_view(), name="api-roadmap"),
    path("items/", ItemsView.as_view(), name="api-roadmap-items"),
    path("items/<int:item_id>/", ItemView.as_view(), name="api-roadmap-item"),
    path("items/<int:item_id>/tick/", TickView.as_view(), name="api-roadmap-tick"),
    path("items/<int:item_id>/undo/", UndoView.as_view(), name="api-roadmap-undo"),
    path("ticks/", TicksView.as_view(), name="api-roadmap-ticks"),
]
