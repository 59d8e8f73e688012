"""The portfolio: all teams, one row each; its state is the address."""

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import live
from core.tables import writing
from insights import changes, charts, export, levels, portfolio, trends
from insights.asked import LEVELS, SHOWS, SORTS, Asked
from teams.models import TeamGroup
from teams.requests import PortalRequest

CHANGES_SHOWN = 7


@require_safe
@live.page("assessments", "roadmaps", "okrs", "delivery", everywhere=True)
def page(request: PortalRequest) -> HttpResponseBase:
    asked = Asked.of(request.GET.dict())
    found = portfolio.read(request.user, asked)
    teams = [row.team for row in found.everyone]
    ends = trends.month_ends(found.today)
    if writing.is_asked(request):
        of_levels = request.GET.get("table") == "levels"
        table = export.of_levels(levels.read(teams, ends)) if of_levels else export.of_portfolio(found)
        return writing.answer(request, table)
    shown = found.page(request.GET.get("page"))
    context = {
        "room": "portfolio",
        "portfolio": found,
        "asked": asked,
        "page": shown,
        "sections": found.sections(shown),
        "levels": charts.level_card(levels.read(teams, ends)),
        "changes": changes.since(teams, found.compared, CHANGES_SHOWN),
        "groups": TeamGroup.objects.all(),
        "lowest": LEVELS,
        "shows": SHOWS,
        "sorts": SORTS,
    }
    return render(request, "insights/portfolio.html", context)
