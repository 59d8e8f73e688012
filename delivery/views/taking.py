"""Choosing more repositories from a list: those that a stored token sees, or that the organisation gives the team."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from connections import choosing
from connections.choosing import Look
from connections.models import Connection, Source
from connections.views import Request, visible_team
from delivery import proposing
from delivery.proposing import AT_ONCE, Outcome
from teams.access import require
from teams.models import Team


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request, team_id: int) -> HttpResponse:
    """One that is chosen shows its rules; of several the proposed ones are taken, and what became of each is told."""
    team = visible_team(request, team_id)
    require(request.user, "team.administer", team)
    connections = list(Connection.objects.usable_by(team))
    if not connections:
        return redirect("connect", team.pk)
    asked = request.POST.get("connection") or request.GET.get("connection")
    connection = next((each for each in connections if str(each.pk) == asked), connections[0])
    listing, problem = choosing.offered_or_why(connection, team, anew="anew" in request.GET)
    context: dict[str, Any] = {
        "connections": connections,
        "connection": connection,
        "listing": listing,
        "problem": problem,
    }
    if request.method != "POST" or "look" in request.POST:
        return _page(request, team, context)
    chosen = listing.chosen(request.POST.getlist("repository"))
    if not 1 <= len(chosen) <= AT_ONCE:
        said = ngettext("Choose one repository.", "Choose one repository or more, %(most)s at most.", AT_ONCE)
        return _page(request, team, context | {"refused": said % {"most": AT_ONCE}}, 422)
    if len(chosen) == 1:
        one = proposing.prepare(team=team, connection=connection, repository=chosen[0], by=request.user)
        if one.draft is not None:
            return redirect("connect-rules", team.pk, one.draft.pk)
        return _page(request, team, context | {"outcomes": [one]}, 422)
    outcomes = proposing.connect_all(team=team, connection=connection, repositories=chosen, by=request.user)
    return _told(request, team, context, outcomes)


def _told(request: Request, team: Team, context: dict[str, Any], outcomes: list[Outcome]) -> HttpResponse:
    done = [each for each in outcomes if each.service]
    if done:
        said = ngettext("%(number)s repository is connected.", "%(number)s repositories are connected.", len(done))
        messages.success(request, said % {"number": len(done)})
    if len(done) == len(outcomes):
        return redirect("connections", team.pk)
    return _page(request, team, context | {"outcomes": outcomes}, 422)


def _page(request: Request, team: Team, context: dict[str, Any], status: int = 200) -> HttpResponse:
    look = Look.of(context["listing"], request.POST if request.method == "POST" else request.GET)
    connection, ids = context["connection"], [each.external_id for each in look.rows]
    mine = Source.objects.read_by(team).filter(base_url=connection.base_url, external_id__in=ids)
    read = set(mine.values_list("external_id", flat=True))
    context |= {
        "room": "teams",
        "team": team,
        **vars(look),
        "items": [
            {"repository": each, "read": each.external_id in read, "chosen": each.external_id in look.ids}
            for each in look.rows
        ],
    }
    return render(request, "delivery/take.html", context, status=status)
