"""The API's routes of maturity: the same services, QuerySets and access rules as the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments import library, overview, services
from assessments.models import Answer, Assessment, Exemption, Snapshot, Target
from assessments.querysets import AnswerQuerySet, AssessmentQuerySet, SnapshotQuerySet, TargetQuerySet
from core.content import text
from teams.access import require
from teams.models import Person, Team

STALE = OpenApiResponse(
    description="Somebody said something else meanwhile: `theirs` is what stands there now, `yours` what was sent."
)
UNKNOWN, NOT_APPLICABLE = "unknown", "not_applicable"


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT


@contextmanager
def refusals_told() -> Iterator[None]:
    """A service's refusal as 400 at its field; a stale answer is told by core.api."""
    try:
        yield
    except services.AlreadyStarted as error:
        raise Conflict(error.message) from error
    except services.MaturityError as error:
        raise ValidationError({error.field or "detail": [error.message]}) from error


# -- What is sent and answered --------------------------------------------------------------------------------------


class MaturityStateSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    looks_like = serializers.CharField()


class MaturityCriterionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    area = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField()
    valid_days = serializers.IntegerField()
    states = MaturityStateSerializer(many=True)


class MaturityModelSerializer(serializers.Serializer[Any]):
    """A maturity model in its present version."""

    id = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    levels = serializers.ListField(child=serializers.CharField(), help_text="Their titles, from level 0 on.")
    criteria = MaturityCriterionSerializer(many=True)


def told(model: library.MaturityModel) -> dict[str, Any]:
    """The model in the language of the request."""
    return {
        "id": model.id,
        "version": model.version,
        "title": text(model.title),
        "levels": [text(level.title) for level in model.levels],
        "criteria": [
            {
                "id": criterion.id,
                "area": criterion.area,
                "title": text(criterion.title),
                "question": text(criterion.question),
                "valid_days": criterion.valid_days,
                "states": [
                    {"n": state.n, "label": text(state.label), "looks_like": text(state.looks_like)}
                    for state in criterion.states
                ],
            }
            for criterion in model.criteria
        ],
    }


class AreaSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    level = serializers.IntegerField(allow_null=True)
    met = serializers.IntegerField(help_text="Criteria at the next level already.")
    applicable = serializers.IntegerField()
    known = serializers.IntegerField()
    change = serializers.IntegerField(allow_null=True, help_text="Against 13 weeks ago.")
    target = serializers.IntegerField(allow_null=True)
    target_due = serializers.DateField(allow_null=True)


class NextStepSerializer(serializers.Serializer[Any]):
    criterion = serializers.CharField()
    area = serializers.CharField()
    level = serializers.IntegerField(help_text="The level that it leads to.")
    title = serializers.CharField()
    why = serializers.CharField()
    url = serializers.CharField()
    item_url = serializers.CharField(allow_null=True, help_text="The roadmap's open item that does it.")


class MaturitySerializer(serializers.Serializer[Any]):
    """A team on its present day."""

    team = serializers.IntegerField(source="team.pk")
    today = serializers.DateField()
    overall = serializers.IntegerField(allow_null=True, help_text="The lowest area level.")
    known = serializers.IntegerField()
    applicable = serializers.IntegerField()
    stale = serializers.IntegerField()
    areas = AreaSerializer(many=True)
    next_step = NextStepSerializer(allow_null=True)


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    started_by_name = serializers.CharField(source="started_by.name", read_only=True)

    class Meta:
        model = Assessment
        fields = (
            "id", "number", "model_id", "model_version", "state", "started_on", "started_by", "started_by_name",
        )  # fmt: skip
        read_only_fields = fields


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    person_name = serializers.CharField(source="person.name", read_only=True)
    comment = serializers.CharField(source="comment.text", default="", read_only=True)

    class Meta:
        model = Answer
        fields = (
            "id", "assessment", "criterion", "version", "kind", "state", "valid_until", "link", "comment", "provider",
            "source", "person", "person_name", "effective_on", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class SayingSerializer(serializers.Serializer[Any]):
    criterion = serializers.CharField(max_length=80)
    state = serializers.IntegerField(required=False, min_value=0, help_text="Unless `kind` says something else.")
    kind = serializers.ChoiceField(choices=[UNKNOWN, NOT_APPLICABLE], required=False)
    seen = serializers.IntegerField(min_value=0, help_text="The criterion's newest `version` that was seen; 0: none.")
    comment = serializers.CharField(required=False, allow_blank=True)
    link = serializers.CharField(required=False, allow_blank=True, help_text="http(s)")
    valid_until = serializers.DateField(required=False)
    on = serializers.DateField(required=False, help_text="The team's day on which it took effect.")
    model_version = serializers.IntegerField(required=False)
    request_id = serializers.CharField(max_length=64, required=False, help_text="Sent again: nothing happens again.")

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if ("state" in sent) == ("kind" in sent):
            raise ValidationError({"state": ["Send either `state` or `kind`."]})
        return sent


class TargetSerializer(serializers.ModelSerializer[Target]):
    class Meta:
        model = Target
        fields = ("area", "version", "level", "due", "person", "effective_on", "recorded_at")
        read_only_fields = fields


class SetTargetSerializer(serializers.Serializer[Any]):
    area = serializers.CharField(max_length=40)
    level = serializers.IntegerField(allow_null=True, help_text="null: no target any more.")
    due = serializers.DateField(allow_null=True, required=False, default=None)
    seen = serializers.IntegerField(min_value=0, help_text="The area's newest `version` that was seen; 0: none.")


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    class Meta:
        model = Snapshot
        fields = ("area", "day", "level", "met", "applicable", "known", "target")
        read_only_fields = fields


class ExemptionSerializer(serializers.ModelSerializer[Exemption]):
    class Meta:
        model = Exemption
        fields = ("id", "criterion", "reason", "until", "asked_by", "asked_at", "decision", "decided_by", "decided_at")
        read_only_fields = ("id", "asked_by", "asked_at", "decision", "decided_by", "decided_at")


# -- Models ---------------------------------------------------------------------------------------------------------


class ModelsView(APIView):
    """The maturity models."""

    @extend_schema(responses=MaturityModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([told(library.load(model_id)) for model_id in library.SHIPPED])


class ModelView(APIView):
    @extend_schema(responses=MaturityModelSerializer)
    def get(self, request: Request, model_id: str) -> Response:
        if model_id not in library.SHIPPED:
            raise Http404
        return Response(told(library.load(model_id)))


# -- A team's -------------------------------------------------------------------------------------------------------


class TeamView(APIView):
    """404 for a team that is not to be seen, then 403 for what is not to be done, then the body is looked at."""

    @property
    def person(self) -> Person:
        """Who asks; IsAuthenticated has kept everybody else out."""
        return cast(Person, self.request.user)

    def team(self, permission: str = "") -> Team:
        team = get_object_or_404(Team.objects.visible_to(self.person), pk=self.kwargs["team_id"])
        if permission:
            require(self.person, permission, team)
        return team

    def round(self, permission: str = "") -> Assessment:
        rounds = Assessment.objects.visible_to(self.person).of_team(self.kwargs["team_id"]).listed()
        found = get_object_or_404(rounds, pk=self.kwargs["round_id"])
        if permission:
            require(self.person, permission, found.team)
        return found

    def sent(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        serializer = kind(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data  # type: ignore[no-any-return]


class MaturityView(TeamView):
    """A team's levels, coverage and next best step."""

    @extend_schema(responses=MaturitySerializer)
    def get(self, request: Request, team_id: int) -> Response:
        team = self.team()
        return Response(MaturitySerializer(overview.overviews([team])[team.pk]).data)


class AssessmentsView(TeamView, generics.ListAPIView[Assessment]):
    """The rounds of a team, the newest first; POST starts one."""

    serializer_class = AssessmentSerializer
    queryset = Assessment.objects.none()

    def get_queryset(self) -> AssessmentQuerySet:
        return Assessment.objects.visible_to(self.person).of_team(self.team().pk).listed()

    @extend_schema(request=None, responses={201: AssessmentSerializer, 409: OpenApiResponse()})
    def post(self, request: Request, team_id: int) -> Response:
        team = self.team("team.edit")
        with refusals_told():
            made = services.start_round(team=team, by=self.person)
        return Response(AssessmentSerializer(made).data, status=status.HTTP_201_CREATED)


class AssessmentView(TeamView):
    """A round: read it, submit it."""

    @extend_schema(responses=AssessmentSerializer)
    def get(self, request: Request, team_id: int, round_id: int) -> Response:
        return Response(AssessmentSerializer(self.round()).data)


class SubmitView(TeamView):
    @extend_schema(request=None, responses=AssessmentSerializer)
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.edit")
        with refusals_told():
            return Response(AssessmentSerializer(services.submit(assessment=found, by=self.person)).data)


class ReviewView(TeamView):
    @extend_schema(request=None, responses=AssessmentSerializer)
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.review")
        with refusals_told():
            return Response(AssessmentSerializer(services.review(assessment=found, by=self.person)).data)


class ReopenView(TeamView):
    @extend_schema(request=None, responses=AssessmentSerializer)
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.review")
        with refusals_told():
            return Response(AssessmentSerializer(services.reopen(assessment=found, by=self.person)).data)


class RoundAnswersView(TeamView, generics.ListAPIView[Answer]):
    """The answers of a round, the newest first; POST gives one."""

    serializer_class = AnswerSerializer
    queryset = Answer.objects.none()

    def get_queryset(self) -> AnswerQuerySet:
        return Answer.objects.visible_to(self.person).filter(assessment=self.round()).newest_first()

    @extend_schema(request=SayingSerializer, responses={201: AnswerSerializer, 409: STALE})
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.edit")
        with refusals_told():
            made = _say(found, self.person, self.sent(SayingSerializer))
        return Response(AnswerSerializer(made).data, status=status.HTTP_201_CREATED)


def _say(found: Assessment, by: Person, sent: dict[str, Any]) -> Answer:
    kind, state = sent.pop("kind", None), sent.pop("state", None)
    if kind != NOT_APPLICABLE:
        return services.answer(assessment=found, state=state, by=by, **sent)
    names = ("criterion", "seen", "link", "on", "request_id")
    told = {name: sent[name] for name in names if name in sent}
    return services.mark_not_applicable(team=found.team, by=by, reason=sent.get("comment", ""), **told)


class AnswersView(TeamView, generics.ListAPIView[Answer]):
    """Every answer of a team, the newest first."""

    serializer_class = AnswerSerializer
    queryset = Answer.objects.none()

    @extend_schema(parameters=[OpenApiParameter("criterion", str, description="Only those of this criterion.")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> AnswerQuerySet:
        answers = Answer.objects.visible_to(self.person).filter(team=self.team())
        criterion = self.request.query_params.get("criterion", "")
        return (answers.about(criterion) if criterion else answers).newest_first()


class TargetsView(TeamView, generics.ListAPIView[Target]):
    """The targets of a team, past ones too; POST sets one."""

    serializer_class = TargetSerializer
    queryset = Target.objects.none()

    def get_queryset(self) -> TargetQuerySet:
        return Target.objects.visible_to(self.person).filter(team=self.team())

    @extend_schema(request=SetTargetSerializer, responses={200: TargetSerializer, 204: None, 409: STALE})
    def post(self, request: Request, team_id: int) -> Response:
        team = self.team("team.edit")
        with refusals_told():
            made = services.set_target(team=team, by=self.person, **self.sent(SetTargetSerializer))
        return Response(TargetSerializer(made).data) if made else Response(status=status.HTTP_204_NO_CONTENT)


class SnapshotsView(TeamView, generics.ListAPIView[Snapshot]):
    """The levels of each day, the newest first."""

    serializer_class = SnapshotSerializer
    queryset = Snapshot.objects.none()

    @extend_schema(parameters=[OpenApiParameter("area", str, description="Only those of this area.")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> SnapshotQuerySet:
        rows = Snapshot.objects.visible_to(self.person).filter(team=self.team()).order_by("-day", "area")
        area = self.request.query_params.get("area", "")
        return rows.filter(area=area) if area else rows


class ExemptionsView(TeamView, generics.ListAPIView[Exemption]):
    """What was asked for, the newest first; POST asks. Decisions are made on the page."""

    serializer_class = ExemptionSerializer
    queryset = Exemption.objects.none()

    def get_queryset(self) -> Any:
        return Exemption.objects.visible_to(self.person).filter(team=self.team()).listed()

    @extend_schema(request=ExemptionSerializer, responses={201: ExemptionSerializer})
    def post(self, request: Request, team_id: int) -> Response:
        team = self.team("team.edit")
        sent = self.sent(ExemptionSerializer)
        with refusals_told():
            made = services.ask_exemption(team=team, by=self.person, **sent)
        return Response(ExemptionSerializer(made).data, status=status.HTTP_201_CREATED)


urlpatterns = [
    path("maturity/", MaturityView.as_view(), name="api-maturity"),
    path("assessments/", AssessmentsView.as_view(), name="api-assessments"),
    path("assessments/<int:round_id>/", AssessmentView.as_view(), name="api-assessment"),
    path("assessments/<int:round_id>/submit/", SubmitView.as_view(), name="api-assessment-submit"),
    path("assessments/<int:round_id>/review/", ReviewView.as_view(), name="api-assessment-review"),
    path("assessments/<int:round_id>/reopen/", ReopenView.as_view(), name="api-assessment-reopen"),
    path("assessments/<int:round_id>/answers/", RoundAnswersView.as_view(), name="api-assessment-answers"),
    path("answers/", AnswersView.as_view(), name="api-answers"),
    path("targets/", TargetsView.as_view(), name="api-targets"),
    path("snapshots/", SnapshotsView.as_view(), name="api-snapshots"),
    path("exemptions/", ExemptionsView.as_view(), name="api-exemptions"),
]
