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
from assessments.models import Answer, Assessment, Exemption, Kind, Snapshot, Target
from assessments.querysets import AnswerQuerySet, AssessmentQuerySet, SnapshotQuerySet, TargetQuerySet
from assessments.serializers import (
    AnswerSerializer,
    AssessmentSerializer,
    ExemptionSerializer,
    MaturityModelSerializer,
    MaturitySerializer,
    SayingSerializer,
    SetTargetSerializer,
    SnapshotSerializer,
    TargetSerializer,
    told,
)
from teams.access import require
from teams.models import Person, Team

STALE = OpenApiResponse(
    description="Somebody said something else meanwhile: `theirs` is what stands there now, `yours` what was sent."
)


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


# -- Models ---------------------------------------------------------------------------------------------------------


class ModelsView(APIView):
    """The maturity models."""

    @extend_schema(responses=MaturityModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([told(library.load(model_id)) for model_id in library.SHIPPED])


class ModelView(APIView):
    """One maturity model: its areas, criteria and states."""

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
    """One round."""

    @extend_schema(responses=AssessmentSerializer)
    def get(self, request: Request, team_id: int, round_id: int) -> Response:
        return Response(AssessmentSerializer(self.round()).data)


class SubmitView(TeamView):
    """Hand a round in for review. 400 names the criteria that have no answer yet."""

    @extend_schema(request=None, responses=AssessmentSerializer)
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.edit")
        with refusals_told():
            return Response(AssessmentSerializer(services.submit(assessment=found, by=self.person)).data)


class ReviewView(TeamView):
    """Say that somebody has looked at a round."""

    @extend_schema(request=None, responses=AssessmentSerializer)
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.review")
        with refusals_told():
            return Response(AssessmentSerializer(services.review(assessment=found, by=self.person)).data)


class ReopenView(TeamView):
    """Let the team change the answers of its newest round again."""

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
    if kind != Kind.NOT_APPLICABLE:
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
