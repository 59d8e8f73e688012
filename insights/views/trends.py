"""Twelve months of every figure; its state is the address."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.spreadsheet import csv_response
from insights import charts, export, trends
from teams.requests import PortalRequest


@require_safe
def page(request: PortalRequest) -> HttpResponse:
    found = trends.read(request.user, request.GET.get("of", ""))
    if request.GET.get("format") == "csv":
        return csv_response("trends", *export.of_trends(found))
    csv_url = f"{reverse('trends')}?{urlencode({'of': found.scope.key, 'format': 'csv'})}"
    context = {
        "room": "trends",
        "trends": found,
        "options": trends.options(request.user),
        "team": found.scope.team,
        "levels": charts.level_card(found.of_levels),
        "panels": [(trend, charts.trend_chart(trend, csv_url=csv_url)) for trend in found.of_figures],
        "csv_url": csv_url,
    }
    return render(request, "insights/trends.html", context)
