"""The API's routes of deployments, incidents and figures: the same filters and QuerySets as the pages; pushes: api_push.py."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock, figures
from core.api import rule, understood
from delivery import policies, why
from delivery.api_push import LARGEST, AlertsView, PushDeployments, PushIncidents
from delivery.figures import lead_hours
from delivery.filters import ChangeFilter, DeploymentFilter, Filter, IncidentFilter
from delivery.models import Change, Deployment, Incident
from teams.models import Team

MOST_DAYS = 400  # of one figure in one answer


class DeploymentSerializer(serializers.ModelSerializer[Deployment]):
    service = serializers.CharField(source="service.name", read_only=True)
    counts = serializers.BooleanField(
        read_only=True, help_text="Succeeded in production and has a finish time: it is in deployment frequency."
    )

    why = serializers.SerializerMethodField(help_text="Why it counts or does not, in sentences.")

    class Meta:
        model = Deployment
        fields = (
            "id", "key", "service", "counts", "why", "outcome", "environment", "environment_class", "workflow_name", "branch",
            "created_at", "finished_at", "sha", "title", "url", "attempt", "hotfix", "failures", "excluded",
        )  # fmt: skip
        read_only_fields = fields

    def get_why(self, row: Deployment) -> list[str]:
        return why.of_deployment(row).sentences


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    service = serializers.CharField(source="service.name", read_only=True, default="")
    hours = serializers.FloatField(
        read_only=True, allow_null=True, help_text="From began to resolved; null while open."
    )
    why = serializers.SerializerMethodField(help_text="Why it counts or does not, in sentences.")

    class Meta:
        model = Incident
        fields = ("id", "key", "service", "title", "why", "began_at", "resolved_at", "hours", "labels", "url")
        read_only_fields = fields

    def get_why(self, row: Incident) -> list[str]:
        return why.of_incident(row, getattr(row, "failure", None), self.context["policy"]).sentences


class ChangeSerializer(serializers.ModelSerializer[Change]):
    service = serializers.CharField(source="service.name", read_only=True)
    hours = serializers.SerializerMethodField()

    class Meta:
        model = Change
        fields = (
            "id", "key", "service", "number", "title", "author", "branch", "labels", "merge_sha", "first_commit_at", "opened_at",
            "first_review_at", "merged_at", "deployed_at", "deployment", "linked", "hours", "url",
        )  # fmt: skip
        read_only_fields = fields

    def get_hours(self, row: Change) -> float | None:
        """Lead time: from the first commit to the deployment; null while either is not known."""
        return lead_hours(row)


class FigureSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField()
    better = serializers.ChoiceField(choices=["more", "less"])


class ValueSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    value = serializers.FloatField(allow_null=True, help_text='null is "no data", never 0.')


class FigureValuesSerializer(FigureSerializer):
    values = ValueSerializer(many=True)  # type: ignore[assignment]


def _team(request: Request, team_id: int) -> Team:
    return get_object_or_404(Team.objects.visible_to(request.user), pk=team_id)


def _parameter(name: str, kind: Any, text: str, among: list[str] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=text, enum=among)


_DAYS = [
    _parameter("from", OpenApiTypes.DATE, "First day, in the team's time zone."),
    _parameter("to", OpenApiTypes.DATE, "Last day, included."),
]
_LIST = [
    *_DAYS,
    _parameter("q", {"type": "string", "maxLength": 200}, "Words that all occur."),
]


def _options(of: type[Filter[Any]], field: str) -> list[str]:
    return [value for value, _label in of.base_fields[field].choices if value]  # type: ignore[attr-defined]


def _orders(of: type[Filter[Any]]) -> list[str]:
    return [f"{sign}{name}" for name in of.sorts for sign in ("", "-")]


class _ListView(generics.ListAPIView[Any]):
    """A list with the filter of its page; a filter that cannot be understood is a 400."""

    filter_class: type[Filter[Any]]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.filter_class.model.objects.none()
        understood(_Range, self.request.query_params.dict())
        chosen = self.filter_class(self.request.query_params, team=_team(self.request, self.kwargs["team_id"]))
        if not chosen.is_valid():
            told = {name: [str(each) for each in errors] for name, errors in chosen.errors.items()}
            raise ValidationError(told, code="rule")
        sort = self.request.query_params.get("sort")
        if sort is not None and sort not in _orders(self.filter_class):
            raise rule("sort", "There is no such order.")
        return chosen.rows


@extend_schema_view(
    get=extend_schema(
        parameters=[
            *_LIST,
            _parameter("show", OpenApiTypes.STR, "Only this outcome.", _options(DeploymentFilter, "show")),
            _parameter("environment", OpenApiTypes.STR, "Only this class.", _options(DeploymentFilter, "environment")),
            _parameter("sort", OpenApiTypes.STR, "A - in front turns the order.", _orders(DeploymentFilter)),
        ]
    )
)
class DeploymentsView(PushDeployments, _ListView):
    """The team's deployments of the chosen deployment sources, newest first; `from` and `to` look at the finish."""

    serializer_class = DeploymentSerializer
    filter_class = DeploymentFilter


@extend_schema_view(
    get=extend_schema(
        parameters=[
            *_LIST,
            _parameter("show", OpenApiTypes.STR, "Only open or resolved ones.", _options(IncidentFilter, "show")),
            _parameter("sort", OpenApiTypes.STR, "A - in front turns the order.", _orders(IncidentFilter)),
        ]
    )
)
class IncidentsView(PushIncidents, _ListView):
    """The team's incidents, newest first; `from` and `to` look at the resolution."""

    serializer_class = IncidentSerializer
    filter_class = IncidentFilter

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("failure__deployment")

    def get_serializer_context(self) -> dict[str, Any]:
        """With the policy, which says why an incident belongs to nothing."""
        team = None if getattr(self, "swagger_fake_view", False) else _team(self.request, self.kwargs["team_id"])
        return {**super().get_serializer_context(), "policy": policies.of_team(team) if team else None}


@extend_schema(
    parameters=[
        *_LIST,
        _parameter("show", OpenApiTypes.STR, "Only deployed or waiting ones.", _options(ChangeFilter, "show")),
        _parameter("sort", OpenApiTypes.STR, "A - in front turns the order.", _orders(ChangeFilter)),
    ]
)
class ChangesView(_ListView):
    """The team's changes, the latest merged first; `from` and `to` look at the deployment."""

    serializer_class = ChangeSerializer
    filter_class = ChangeFilter


class FiguresView(APIView):
    """Every figure that has a value per team and day."""

    @extend_schema(responses=FigureSerializer(many=True))
    def get(self, request: Request, team_id: int) -> Response:
        _team(request, team_id)
        return Response(FigureSerializer(figures.all_figures(), many=True).data)


class FigureView(APIView):
    """One figure of the team for each day of a range (91 days up to today unless said otherwise, 400 at most)."""

    @extend_schema(responses=FigureValuesSerializer, parameters=_DAYS)
    def get(self, request: Request, team_id: int, figure_id: str) -> Response:
        team = _team(request, team_id)
        try:
            figure = figures.get(figure_id)
        except KeyError:
            raise Http404 from None
        days = _days(request, clock.today(team.zone))
        found = figure.values([team], days)
        values = [{"day": day, "value": found[team.pk, day]} for day in days]
        return Response({**FigureSerializer(figure).data, "values": ValueSerializer(values, many=True).data})


class _Range(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        return {name: serializers.DateField(required=False) for name in ("from", "to")}


def _days(request: Request, today: date) -> list[date]:
    asked = understood(_Range, request.query_params.dict())
    last = asked.get("to", today)
    first = asked.get("from", last - timedelta(days=90))
    if last < first:
        raise rule("to", "This day lies before the first one.")
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise rule("from", f"Ask for {MOST_DAYS} days at most.")
    return [first + timedelta(days=number) for number in range(count)]


def _pushed(view: type[APIView]) -> Any:
    """A view that takes bodies of so many bytes."""
    made = view.as_view()
    made.largest_body = LARGEST  # type: ignore[attr-defined]
    return made


urlpatterns = [
    path("deployments/", _pushed(DeploymentsView), name="api-deployments"),
    path("incidents/", _pushed(IncidentsView), name="api-incidents"),
    path("alerts/", _pushed(AlertsView), name="api-alerts"),
    path("changes/", ChangesView.as_view(), name="api-changes"),
    path("figures/", FiguresView.as_view(), name="api-figures"),
    path("figures/<str:figure_id>/", FigureView.as_view(), name="api-figure"),
]
