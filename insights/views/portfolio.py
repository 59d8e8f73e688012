"""The portfolio: all teams, one row each; its state is the address."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.spreadsheet import csv_response
from insights import export, portfolio
from insights.asked import SHOWS, SORTS, Asked
from teams.models import TeamGroup
from teams.requests import PortalRequest


@require_safe
def page(request: PortalRequest) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    found = portfolio.read(request.user, asked)
    if request.GET.get("format") == "csv":
        return csv_response("portfolio", export.header(), map(export.cells, found.rows))
    shown = found.page(request.GET.get("page"))
    context = {
        "room": "portfolio",
        "portfolio": found,
        "asked": asked,
        "page": shown,
        "sections": found.sections(shown),
        "groups": TeamGroup.objects.all(),
        "shows": SHOWS,
        "sorts": SORTS,
    }
    return render(request, "insights/portfolio.html", context)
