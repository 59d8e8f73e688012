"""The portfolio: all teams, one row each; its state is the address."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.spreadsheet import csv_response
from insights import changes, charts, export, levels, portfolio, trends
from insights.asked import LEVELS, SHOWS, SORTS, Asked
from teams.models import TeamGroup
from teams.requests import PortalRequest

CHANGES_SHOWN = 7


@require_safe
def page(request: PortalRequest) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    found = portfolio.read(request.user, asked)
    if request.GET.get("format") == "csv":
        return csv_response("portfolio", export.header(found.areas), map(export.cells, found.rows))
    shown = found.page(request.GET.get("page"))
    teams = [row.team for row in found.everyone]
    context = {
        "room": "portfolio",
        "portfolio": found,
        "asked": asked,
        "page": shown,
        "sections": found.sections(shown),
        "levels": charts.level_card(levels.read(teams, trends.month_ends(found.today))),
        "changes": changes.since(teams, found.compared, CHANGES_SHOWN),
        "groups": TeamGroup.objects.all(),
        "lowest": LEVELS,
        "shows": SHOWS,
        "sorts": SORTS,
    }
    return render(request, "insights/portfolio.html", context)
