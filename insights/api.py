"""The API's routes of the manager's pages: the same rows as the pages, in the same order. Read only."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import BodyView, Pages
from delivery.editions import EDITIONS
from delivery.figures import Band
from insights import portfolio, trends
from insights.asked import SHOWS, SORTS, Asked
from insights.attention import Need
from okrs.kinds import Status
from teams.models import Person

BANDS = [each.value for each in Band]  # mlops_portal/settings.py names it in the schema


class PortfolioReasonSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    url = serializers.CharField(help_text="The page with the rows that made it.")


class PortfolioRoadmapSerializer(serializers.Serializer[Any]):
    done = serializers.IntegerField(source="overview.done")
    scope = serializers.IntegerField(source="overview.scope")
    ends_on = serializers.DateField(source="overview.span.last")
    p50 = serializers.DateField(source="overview.p50", allow_null=True)
    p85 = serializers.DateField(source="overview.p85", allow_null=True)
    outlook = serializers.ChoiceField(source="outlook.kind", choices=["ok", "risk", "late", "none"])
    said = serializers.CharField(source="outlook.word")


class PortfolioCellSerializer(serializers.Serializer[Any]):
    """`band` is that of the 13 weeks, `was` that of the 13 weeks before."""

    value = serializers.FloatField(source="number", allow_null=True, help_text='null is "no data", never 0.')
    count = serializers.IntegerField(allow_null=True, help_text="Deployments, changes or incidents: the numerator.")
    band = serializers.ChoiceField(choices=BANDS, allow_null=True)
    was = serializers.ChoiceField(choices=BANDS, allow_null=True)
    url = serializers.CharField(help_text="The rows behind it.")


class PortfolioDeliverySerializer(serializers.Serializer[Any]):
    first = serializers.DateField(source="period.first")
    last = serializers.DateField(source="period.last")
    edition = serializers.ChoiceField(choices=EDITIONS, help_text="By which the bands are told: that of the team.")
    deployment_frequency = PortfolioCellSerializer(source="by_id.deployment_frequency")
    lead_time = PortfolioCellSerializer(source="by_id.lead_time")
    change_failure_rate = PortfolioCellSerializer(source="by_id.change_failure_rate")
    recovery = PortfolioCellSerializer(source="by_id.recovery")
    mttr = PortfolioCellSerializer(source="by_id.mttr")
    rework_rate = PortfolioCellSerializer(source="by_id.rework_rate")


class PortfolioAreaSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    level = serializers.IntegerField(allow_null=True)
    change = serializers.IntegerField(allow_null=True, help_text="Against 13 weeks ago.")
    met = serializers.IntegerField(help_text="Criteria at the next level, of those that apply.")
    applicable = serializers.IntegerField()
    target = serializers.IntegerField(allow_null=True)


class PortfolioStepSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    criterion = serializers.CharField()
    level = serializers.IntegerField(help_text="The level that its area comes nearer to.")


class PortfolioMaturitySerializer(serializers.Serializer[Any]):
    overall = serializers.IntegerField(allow_null=True, help_text="The lowest area level; null is not assessed.")
    known = serializers.IntegerField()
    applicable = serializers.IntegerField()
    areas = PortfolioAreaSerializer(many=True)
    next_step = PortfolioStepSerializer(allow_null=True)


class PortfolioOkrsSerializer(serializers.Serializer[Any]):
    """`status` is the worst of the key results; null without any."""

    status = serializers.ChoiceField(choices=Status.choices, allow_null=True)
    on_track = serializers.IntegerField()
    total = serializers.IntegerField()
    reporting = serializers.IntegerField(help_text="Key results with a check-in.")


class PortfolioSerializer(serializers.Serializer[Any]):
    """One team. A part that it does not have yet is null."""

    team = serializers.IntegerField(source="team.pk")
    name = serializers.CharField(source="team.name")
    group = serializers.CharField(source="team.group.name", default=None, allow_null=True)
    need = serializers.ChoiceField(choices=[each.value for each in Need])
    reasons = PortfolioReasonSerializer(many=True)
    maturity = PortfolioMaturitySerializer()
    roadmap = PortfolioRoadmapSerializer(allow_null=True)
    okrs = PortfolioOkrsSerializer()
    delivery = PortfolioDeliverySerializer()


class TeamsPerLevelSerializer(serializers.Serializer[Any]):
    """How many teams stand at each level, from 0 up, on each of the days."""

    area = serializers.CharField(source="key")
    days = serializers.ListField(child=serializers.DateField())
    counts = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))


class TrendSerializer(serializers.Serializer[Any]):
    figure = serializers.CharField(source="figure.id")
    days = serializers.ListField(child=serializers.DateField())
    values = serializers.ListField(child=serializers.FloatField(allow_null=True))
    expected = serializers.ListField(
        child=serializers.FloatField(allow_null=True), help_text="What it is compared with; empty with nothing."
    )


class TrendsSerializer(serializers.Serializer[Any]):
    levels = TeamsPerLevelSerializer(many=True, source="of_levels")
    figures = TrendSerializer(many=True, source="of_figures")


class PortfolioAskedSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(
        required=False, allow_blank=True, help_text="In the name of the team, of its group or of a product owner."
    )
    group = serializers.CharField(required=False, allow_blank=True, help_text='A group\'s id, or "none".')
    show = serializers.ChoiceField([value for value, _label in SHOWS if value], required=False, help_text="Only these.")
    sort = serializers.ChoiceField(
        [value for value, _label in SORTS if value], required=False, help_text="Needs you first, unless told."
    )


class TrendsAskedSerializer(serializers.Serializer[Any]):
    of = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text='"team-ID" or "group-ID"; all teams where it names nothing that is there.',
    )


class PortfolioView(BodyView):
    """All active teams, one entry each, as the portfolio shows them."""

    pagination_class = Pages

    @extend_schema(
        responses=PortfolioSerializer(many=True),
        parameters=[PortfolioAskedSerializer],
    )
    def get(self, request: Request) -> Response:
        found = portfolio.read(cast(Person, request.user), Asked.of(self.asked(PortfolioAskedSerializer)))
        pages = self.pagination_class()
        rows: Any = pages.paginate_queryset(cast(Any, found.rows), request, view=self)
        return pages.get_paginated_response(PortfolioSerializer(rows, many=True).data)


class TrendsView(BodyView):
    """Twelve months of every figure at the month's end, and today's; several teams are pooled over their rows."""

    @extend_schema(
        responses=TrendsSerializer,
        parameters=[TrendsAskedSerializer],
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(TrendsAskedSerializer)
        found = trends.read(cast(Person, request.user), asked.get("of", ""))
        return Response(TrendsSerializer(found).data)


urlpatterns = [
    path("portfolio/", PortfolioView.as_view(), name="api-portfolio"),
    path("trends/", TrendsView.as_view(), name="api-trends"),
]
