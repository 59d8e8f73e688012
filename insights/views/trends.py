"""Twelve months of every figure; its state is the address."""

from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import live
from core.tables import writing
from insights import charts, export, trends
from teams.requests import PortalRequest


@require_safe
@live.page("assessments", "roadmaps", "okrs", "delivery", everywhere=True)
def page(request: PortalRequest) -> HttpResponseBase:
    found = trends.read(request.user, request.GET.get("of", ""))
    if writing.is_asked(request):
        of_levels = request.GET.get("table") == "levels"
        return writing.answer(request, export.of_levels(found.of_levels) if of_levels else export.of_trends(found))
    export_url = f"{reverse('trends')}?{urlencode({'of': found.scope.key})}"
    context = {
        "room": "trends",
        "trends": found,
        "options": trends.options(request.user),
        "team": found.scope.team,
        "levels": charts.level_card(found.of_levels),
        "panels": [(trend, charts.trend_chart(trend, export_url=export_url)) for trend in found.of_figures],
    }
    return render(request, "insights/trends.html", context)
