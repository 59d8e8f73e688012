"""The API's routes of maturity: the same services, QuerySets and access rules as the pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments import library, overview, services
from assessments.models import Answer, Assessment, Decision, Exemption, Kind, Snapshot, Target
from assessments.querysets import AnswerQuerySet, AssessmentQuerySet, SnapshotQuerySet, TargetQuerySet
from assessments.serializers import (
    AnswersAskedSerializer,
    AnswerSerializer,
    AssessmentSerializer,
    DecideSerializer,
    ExemptionSerializer,
    MaturityModelSerializer,
    MaturitySerializer,
    SayingSerializer,
    SetTargetSerializer,
    SnapshotsAskedSerializer,
    SnapshotSerializer,
    TargetSerializer,
    told,
)
from teams.access import require
from teams.api_team import TeamView
from teams.models import Person

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


class RoundRoutes(TeamView):
    """What is done to one round of the team in the address."""

    def round(self, permission: str = "") -> Assessment:
        rounds = Assessment.objects.visible_to(self.person).of_team(self.kwargs["team_id"]).listed()
        found = get_object_or_404(rounds, pk=self.kwargs["round_id"])
        if permission:
            require(self.person, permission, found.team)
        return found


class MaturityView(TeamView):
    """A team's levels, coverage and next best step."""

    @extend_schema(responses=MaturitySerializer)
    def get(self, request: Request, team_id: int) -> Response:
        team = self.team()
        return Response(MaturitySerializer(overview.overviews([team])[team.pk]).data)


class AssessmentsView(TeamView, generics.ListAPIView[Assessment]):
    serializer_class = AssessmentSerializer
    queryset = Assessment.objects.none()

    def get_queryset(self) -> AssessmentQuerySet:
        return Assessment.objects.visible_to(self.person).of_team(self.team().pk).listed()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The rounds of a team, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=None, responses={201: AssessmentSerializer})
    def post(self, request: Request, team_id: int) -> Response:
        """Start a round."""
        team = self.team("team.edit")
        self.sent_nothing()
        made = services.start_round(team=team, by=self.person)
        return Response(AssessmentSerializer(made).data, status=status.HTTP_201_CREATED)


class AssessmentView(RoundRoutes):
    """One round."""

    @extend_schema(responses=AssessmentSerializer)
    def get(self, request: Request, team_id: int, round_id: int) -> Response:
        return Response(AssessmentSerializer(self.round()).data)


class SubmitView(RoundRoutes):
    """Hand a round in for review. 400 names the criteria that have no answer yet."""

    @extend_schema(request=None, responses=AssessmentSerializer)
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.edit")
        self.sent_nothing()
        return Response(AssessmentSerializer(services.submit(assessment=found, by=self.person)).data)


class ReviewView(RoundRoutes):
    """Say that somebody has looked at a round."""

    @extend_schema(request=None, responses=AssessmentSerializer)
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.review")
        self.sent_nothing()
        return Response(AssessmentSerializer(services.review(assessment=found, by=self.person)).data)


class ReopenView(RoundRoutes):
    """Let the team change the answers of its newest round again."""

    @extend_schema(request=None, responses=AssessmentSerializer)
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        found = self.round("team.review")
        self.sent_nothing()
        return Response(AssessmentSerializer(services.reopen(assessment=found, by=self.person)).data)


class RoundAnswersView(RoundRoutes, generics.ListAPIView[Answer]):
    serializer_class = AnswerSerializer
    queryset = Answer.objects.none()

    def get_queryset(self) -> AnswerQuerySet:
        return Answer.objects.visible_to(self.person).filter(assessment=self.round()).newest_first()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The answers of a round, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=SayingSerializer, responses={201: AnswerSerializer})
    def post(self, request: Request, team_id: int, round_id: int) -> Response:
        """Answer a criterion in a round."""
        found = self.round("team.edit")
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

    @extend_schema(parameters=[AnswersAskedSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> AnswerQuerySet:
        answers = Answer.objects.visible_to(self.person).filter(team=self.team())
        criterion = self.asked(AnswersAskedSerializer).get("criterion", "")
        return (answers.about(criterion) if criterion else answers).newest_first()


class TargetsView(TeamView, generics.ListAPIView[Target]):
    serializer_class = TargetSerializer
    queryset = Target.objects.none()

    def get_queryset(self) -> TargetQuerySet:
        return Target.objects.visible_to(self.person).filter(team=self.team())

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The targets of a team, past ones too."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=SetTargetSerializer, responses={200: TargetSerializer, 204: None})
    def post(self, request: Request, team_id: int) -> Response:
        """Set the target of an area, or take it away."""
        team = self.team("team.edit")
        made = services.set_target(team=team, by=self.person, **self.sent(SetTargetSerializer))
        return Response(TargetSerializer(made).data) if made else Response(status=status.HTTP_204_NO_CONTENT)


class SnapshotsView(TeamView, generics.ListAPIView[Snapshot]):
    """The levels of each day, the newest first."""

    serializer_class = SnapshotSerializer
    queryset = Snapshot.objects.none()

    @extend_schema(parameters=[SnapshotsAskedSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> SnapshotQuerySet:
        rows = Snapshot.objects.visible_to(self.person).filter(team=self.team()).order_by("-day", "area")
        area = self.asked(SnapshotsAskedSerializer).get("area", "")
        return rows.filter(area=area) if area else rows


class ExemptionsView(TeamView, generics.ListAPIView[Exemption]):
    serializer_class = ExemptionSerializer
    queryset = Exemption.objects.none()

    def get_queryset(self) -> Any:
        return Exemption.objects.visible_to(self.person).filter(team=self.team()).listed()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was asked for, the newest first, and what was decided."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=ExemptionSerializer, responses={201: ExemptionSerializer})
    def post(self, request: Request, team_id: int) -> Response:
        """Ask for an exemption. Somebody else decides about it."""
        team = self.team("team.edit")
        sent = self.sent(ExemptionSerializer)
        made = services.ask_exemption(team=team, by=self.person, **sent)
        return Response(ExemptionSerializer(made).data, status=status.HTTP_201_CREATED)


class DecisionView(TeamView):
    """Decide about an exemption that somebody else asked for. Approved, the criterion counts as met until and on its day."""

    ACTS = {Decision.APPROVED: services.approve_exemption, Decision.REFUSED: services.refuse_exemption}

    @extend_schema(request=DecideSerializer, responses={200: ExemptionSerializer})
    def post(self, request: Request, team_id: int, exemption_id: int) -> Response:
        exemptions = Exemption.objects.visible_to(self.person).of_team(team_id).select_related("team")
        found = get_object_or_404(exemptions, pk=exemption_id)
        require(self.person, "team.review", found.team)
        act = self.ACTS[self.sent(DecideSerializer)["decision"]]
        return Response(ExemptionSerializer(act(exemption=found, by=self.person)).data)


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
    path("exemptions/<int:exemption_id>/decision/", DecisionView.as_view(), name="api-exemption-decision"),
]
