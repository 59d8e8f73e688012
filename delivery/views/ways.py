"""The ways in: everything by which deployments and incidents come to the portal, with the team's own addresses."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections import webhooks
from connections.models import Source
from connections.views import Request, visible_team
from delivery import examples
from delivery.models import Service
from delivery.pushing import alerts, deployments, keys
from teams import links


@require_safe
def ways_in(request: Request, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    read = Source.objects.read_by(team).select_related("connection").order_by("full_name", "pk")
    context = {
        "room": "teams",
        "team": team,
        "pushed": [each for each in Service.objects.of(team).live().listed() if each.source.connection.is_pushed],
        "hooked": [each for each in read if webhooks.takes_webhooks(each.connection)],
        "deployments": examples.of_deployments(links.absolute(request, "api-deployments", team.pk)),
        "incident": examples.of_incidents(links.absolute(request, "api-incidents", team.pk)),
        "alertmanager": examples.of_alerts(links.absolute(request, "api-alerts", team.pk)),
        "rule": alerts.rule_of(team),
        "most": deployments.MOST,
        "kept": keys.KEPT.days,
        "can_edit": request.user.has_perm("team.edit", team),
        "may_administer": request.user.has_perm("team.administer", team),
    }
    return render(request, "delivery/ways_in.html", context)
