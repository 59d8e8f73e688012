"""The API's routes of OKRs: the same services, QuerySets and access rules as the pages.

A team's stand under teams/<id>/okrs/; the organisation's under okrs/, where a token reads and never writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import IdField, rule
from core.api_edits import EditView
from okrs import services
from okrs.board import row_of
from okrs.days import todays_of
from okrs.kinds import HUMAN, Kind, Status
from okrs.models import TEXT_LENGTH, TITLE_LENGTH, CheckIn, Cycle, KeyResult, Objective
from okrs.querysets import CheckInQuerySet, CycleQuerySet, KeyResultQuerySet, ObjectiveQuerySet
from okrs.rows import objective_rows
from okrs.services.key_results import FIELDS as KEY_RESULT_FIELDS
from okrs.services.objectives import FIELDS as OBJECTIVE_FIELDS
from teams.access import require
from teams.api_team import TeamView
from teams.models import Person, Team

SAID = [
    (each.value, each.label) for each in HUMAN
]  # what a person may say; mlops_portal/settings.py names it in the schema

# -- What is sent and answered --------------------------------------------------------------------------------------


class CycleSerializer(serializers.ModelSerializer[Cycle]):
    title = serializers.CharField(source="shown_title", read_only=True)

    class Meta:
        model = Cycle
        fields = ("id", "team", "title", "first_day", "last_day", "weekday", "every_weeks", "grace_days", "closed_on")
        read_only_fields = fields


class CycleAddSerializer(serializers.Serializer[Any]):
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    title = serializers.CharField(max_length=80, required=False, allow_blank=True)
    weekday = serializers.IntegerField(min_value=0, max_value=6, required=False, help_text="Monday is 0.")
    every_weeks = serializers.IntegerField(min_value=1, max_value=13, required=False)


class DueSerializer(serializers.Serializer[Any]):
    on = serializers.DateField(allow_null=True, help_text="null: no check-in is due any more.")
    days_late = serializers.IntegerField()


class StandingSerializer(serializers.Serializer[Any]):
    """Where a key result stands on its team's present day. Shares are 0 to 1; `progress` may lie beyond."""

    value = serializers.FloatField(allow_null=True)
    progress = serializers.FloatField(source="raw", allow_null=True)
    expected = serializers.FloatField(allow_null=True)
    automatic = serializers.ChoiceField(choices=SAID, allow_null=True)
    human = serializers.ChoiceField(choices=SAID, allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices)
    confidence = serializers.IntegerField(allow_null=True)
    due = DueSerializer()


class KeyResultSerializer(serializers.ModelSerializer[KeyResult]):
    owner_name = serializers.CharField(source="owner", default=None, read_only=True, allow_null=True)

    class Meta:
        model = KeyResult
        fields = (
            "id", "objective", "position", "title", "done_when", "kind", "unit", "weight", "owner", "owner_name", "start",
            "target", "low", "high", "phases", "due_day", "effective_on", "figure", "grade", "archived_at",
        )  # fmt: skip
        read_only_fields = fields


class KeyResultStandingSerializer(serializers.Serializer[Any]):
    key_result = KeyResultSerializer()
    standing = StandingSerializer()


class ObjectiveSerializer(serializers.ModelSerializer[Objective]):
    owner_name = serializers.CharField(source="owner", default=None, read_only=True, allow_null=True)

    class Meta:
        model = Objective
        fields = (
            "id", "cycle", "team", "position", "title", "why", "business_metric", "weight", "owner", "owner_name",
            "supports", "archived_at",
        )  # fmt: skip
        read_only_fields = fields


class ObjectiveRowSerializer(serializers.Serializer[Any]):
    """An objective with its key results; `status` is the worst of theirs."""

    objective = ObjectiveSerializer()
    progress = serializers.FloatField(allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices, allow_null=True)
    reporting = serializers.IntegerField(help_text="Key results that have a check-in.")
    key_results = KeyResultStandingSerializer(source="rows", many=True)


class ObjectivesAskedSerializer(serializers.Serializer[Any]):
    cycle = IdField(required=False, help_text="Only those of this cycle.")


class ObjectiveFieldsSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=TITLE_LENGTH, required=False)
    business_metric = serializers.CharField(max_length=TITLE_LENGTH, required=False)
    why = serializers.CharField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    owner = serializers.PrimaryKeyRelatedField(queryset=Person.objects.all(), required=False, allow_null=True)
    weight = serializers.FloatField(min_value=0, required=False)
    supports = serializers.PrimaryKeyRelatedField(
        queryset=Objective.objects.filter(team=None), required=False, allow_null=True
    )


class ObjectiveAddSerializer(ObjectiveFieldsSerializer):
    cycle = serializers.PrimaryKeyRelatedField(queryset=Cycle.objects.all())
    title = serializers.CharField(max_length=TITLE_LENGTH)
    business_metric = serializers.CharField(max_length=TITLE_LENGTH)


@extend_schema_field({
    "type": "array", "minItems": 2, "maxItems": 2,
    "items": {"oneOf": [{"type": "string", "format": "date"}, {"type": "number"}]},
})  # fmt: skip
class PhaseField(serializers.ListField):
    """[day, value], as ["2026-11-15", 90]."""

    def to_internal_value(self, data: Any) -> list[Any]:
        try:
            day, value = data
            day = serializers.DateField().run_validation(day)
            return [day.isoformat(), serializers.FloatField().run_validation(value)]
        except (TypeError, ValueError, ValidationError) as error:
            raise ValidationError(["Send pairs of a day and a value."], code="rule") from error


class KeyResultFieldsSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=TITLE_LENGTH, required=False)
    done_when = serializers.CharField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    unit = serializers.CharField(required=False, allow_blank=True)
    weight = serializers.FloatField(min_value=0, required=False)
    owner = serializers.PrimaryKeyRelatedField(queryset=Person.objects.all(), required=False, allow_null=True)
    start = serializers.FloatField(required=False, allow_null=True)
    target = serializers.FloatField(required=False, allow_null=True)
    low = serializers.FloatField(required=False, allow_null=True)
    high = serializers.FloatField(required=False, allow_null=True)
    phases = serializers.ListField(child=PhaseField(), required=False, help_text='As [["2026-11-15", 90]].')
    due_day = serializers.DateField(required=False, allow_null=True)
    effective_on = serializers.DateField(required=False)
    figure = serializers.CharField(required=False, allow_blank=True, help_text="The id of a figure that feeds it.")


class KeyResultAddSerializer(KeyResultFieldsSerializer):
    objective = serializers.PrimaryKeyRelatedField(queryset=Objective.objects.all())
    title = serializers.CharField(max_length=TITLE_LENGTH)
    kind = serializers.ChoiceField(choices=Kind.choices)
    entries = serializers.ListField(
        child=serializers.CharField(max_length=TITLE_LENGTH), required=False, help_text="The titles of a checklist."
    )


class ObjectiveEditSerializer(ObjectiveFieldsSerializer):
    """The fields to change, and in `seen` the value that was seen of each of them, unless `If-Match` says it."""

    seen = ObjectiveFieldsSerializer(required=False)


class KeyResultEditSerializer(KeyResultFieldsSerializer):
    """The fields to change, and in `seen` the value that was seen of each of them, unless `If-Match` says it."""

    seen = KeyResultFieldsSerializer(required=False)


class CheckInSerializer(serializers.ModelSerializer[CheckIn]):
    person_name = serializers.CharField(source="person", default=None, read_only=True, allow_null=True)
    comment = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()

    class Meta:
        model = CheckIn
        fields = (
            "id", "number", "day", "value", "done", "start", "target", "low", "high", "confidence", "status", "reason",
            "comment", "source", "figure", "person", "person_name", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_comment(self, check_in: CheckIn) -> str:
        return check_in.remark.comment if hasattr(check_in, "remark") else ""

    def get_reason(self, check_in: CheckIn) -> str:
        return check_in.remark.reason if hasattr(check_in, "remark") else ""


class CheckInAddSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(required=False, help_text="Of a milestone 0 or 1; of a checklist send `done`.")
    done = serializers.ListField(child=serializers.IntegerField(), required=False, help_text="Ids of done entries.")
    seen_done = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Those that were seen as done."
    )
    confidence = serializers.IntegerField(min_value=0, max_value=10, required=False, allow_null=True)
    status = serializers.ChoiceField(choices=SAID, required=False)
    reason = serializers.CharField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    comment = serializers.CharField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    day = serializers.DateField(required=False, allow_null=True)
    request_id = serializers.CharField(max_length=64, required=False, help_text="Sent again: nothing happens again.")


# -- Routes ---------------------------------------------------------------------------------------------------------


class OkrRoutes(TeamView):
    """What belongs to the team of the address, or under okrs/ to the organisation."""

    def owner(self) -> Team | None:
        """The team of the address; None under okrs/."""
        return self.team() if "team_id" in self.kwargs else None

    def cycles(self) -> CycleQuerySet:
        return Cycle.objects.visible_to(self.person).usable_by(self.owner()).newest_first()

    def objectives(self) -> ObjectiveQuerySet:
        return Objective.objects.visible_to(self.person).of(self.owner()).listed()

    def key_results(self) -> KeyResultQuerySet:
        return KeyResult.objects.visible_to(self.person).filter(objective__team=self.owner()).listed()

    def objective(self) -> Objective:
        return get_object_or_404(self.objectives(), pk=self.kwargs["objective_id"])

    def key_result(self) -> KeyResult:
        return get_object_or_404(self.key_results(), pk=self.kwargs["key_result_id"])


def _fields(row: Objective | KeyResult, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


class CyclesView(OkrRoutes, generics.ListAPIView[Cycle]):
    serializer_class = CycleSerializer
    queryset = Cycle.objects.none()

    def get_queryset(self) -> CycleQuerySet:
        return self.cycles()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The cycles that the team can use: its own and the organisation's."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=CycleAddSerializer, responses={201: CycleSerializer})
    def post(self, request: Request, team_id: int | None = None) -> Response:
        """Open a cycle."""
        team = self.owner()
        require(self.person, "okrs.edit", team)
        made = services.create_cycle(team=team, by=self.person, **self.sent(CycleAddSerializer))
        return Response(CycleSerializer(made).data, status=201)


class ObjectivesView(OkrRoutes):
    @extend_schema(
        parameters=[ObjectivesAskedSerializer],
        responses=ObjectiveRowSerializer(many=True),
    )
    def get(self, request: Request, team_id: int | None = None) -> Response:
        """The objectives that are not archived, with their key results and where they stand today."""
        team = self.owner()
        asked = self.asked(ObjectivesAskedSerializer)
        objectives = self.objectives().live()
        if "cycle" in asked:
            objectives = objectives.filter(cycle=asked["cycle"])
        rows = objective_rows(objectives, todays_of([team]))
        return Response(ObjectiveRowSerializer(rows, many=True).data)

    @extend_schema(request=ObjectiveAddSerializer, responses={201: ObjectiveSerializer})
    def post(self, request: Request, team_id: int | None = None) -> Response:
        """Add an objective to a cycle."""
        team = self.owner()
        require(self.person, "okrs.edit", team)
        fields = self.sent(ObjectiveAddSerializer)
        if not self.cycles().filter(pk=fields["cycle"].pk).exists():
            raise rule("cycle", "This cycle belongs to another team.")
        made = services.create_objective(team=team, by=self.person, **fields)
        return Response(ObjectiveSerializer(made).data, status=201)


class ObjectiveView(OkrRoutes, EditView):
    for_one_key_result = True

    @extend_schema(responses=ObjectiveSerializer)
    def get(self, request: Request, objective_id: int, team_id: int | None = None) -> Response:
        """One objective."""
        found = self.objective()
        return self.told(ObjectiveSerializer(found).data, _fields(found, OBJECTIVE_FIELDS))

    @extend_schema(request=ObjectiveEditSerializer, responses={200: ObjectiveSerializer})
    def patch(self, request: Request, objective_id: int, team_id: int | None = None) -> Response:
        """Change an objective."""
        found = self.objective()
        require(self.person, "okrs.edit", found.team)
        wanted, seen = self.edit(ObjectiveEditSerializer, _fields(found, OBJECTIVE_FIELDS))
        edited = services.edit_objective(objective=found, by=self.person, wanted=wanted, seen=seen)
        return self.told(ObjectiveSerializer(edited).data, _fields(edited, OBJECTIVE_FIELDS))


class KeyResultsView(OkrRoutes):
    """Add a key result to an objective."""

    @extend_schema(request=KeyResultAddSerializer, responses={201: KeyResultSerializer})
    def post(self, request: Request, team_id: int | None = None) -> Response:
        require(self.person, "okrs.edit", self.owner())
        fields = self.sent(KeyResultAddSerializer)
        objective = self.objectives().filter(pk=fields.pop("objective").pk).first()
        if objective is None:
            raise rule("objective", "This objective belongs to another team.")
        made = services.create_key_result(objective=objective, by=self.person, **fields)
        return Response(KeyResultSerializer(made).data, status=201)


class KeyResultView(OkrRoutes, EditView):
    for_one_key_result = True

    @extend_schema(responses=KeyResultStandingSerializer)
    def get(self, request: Request, key_result_id: int, team_id: int | None = None) -> Response:
        """One key result and where it stands."""
        found = self.key_result()
        return self.told(KeyResultStandingSerializer(row_of(found)).data, _fields(found, KEY_RESULT_FIELDS))

    @extend_schema(request=KeyResultEditSerializer, responses={200: KeyResultSerializer})
    def patch(self, request: Request, key_result_id: int, team_id: int | None = None) -> Response:
        """Change a key result. What was checked in stays as it was."""
        found = self.key_result()
        require(self.person, "okrs.edit", found.objective.team)
        wanted, seen = self.edit(KeyResultEditSerializer, _fields(found, KEY_RESULT_FIELDS))
        edited = services.edit_key_result(key_result=found, by=self.person, wanted=wanted, seen=seen)
        return self.told(KeyResultSerializer(edited).data, _fields(edited, KEY_RESULT_FIELDS))


class CheckInsView(OkrRoutes, generics.ListAPIView[CheckIn]):
    for_one_key_result = True
    serializer_class = CheckInSerializer
    queryset = CheckIn.objects.none()

    def get_queryset(self) -> CheckInQuerySet:
        found: CheckInQuerySet = self.key_result().check_ins.all()
        return found.with_words().newest_first()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The check-ins of a key result, the newest first, corrected ones too."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=CheckInAddSerializer, responses={201: CheckInSerializer})
    def post(self, request: Request, key_result_id: int, team_id: int | None = None) -> Response:
        """Check in."""
        found = self.key_result()
        require(self.person, "okrs.check_in", found)
        made = services.check_in(key_result=found, by=self.person, **self.sent(CheckInAddSerializer))
        return Response(CheckInSerializer(made).data, status=201)


def routes(prefix: str) -> list[Any]:
    """The same routes for a team and, named otherwise, for the organisation."""
    return [
        path("cycles/", CyclesView.as_view(), name=f"{prefix}-cycles"),
        path("objectives/", ObjectivesView.as_view(), name=f"{prefix}-objectives"),
        path("objectives/<int:objective_id>/", ObjectiveView.as_view(), name=f"{prefix}-objective"),
        path("key-results/", KeyResultsView.as_view(), name=f"{prefix}-key-results"),
        path("key-results/<int:key_result_id>/", KeyResultView.as_view(), name=f"{prefix}-key-result"),
        path("key-results/<int:key_result_id>/check-ins/", CheckInsView.as_view(), name=f"{prefix}-check-ins"),
    ]
