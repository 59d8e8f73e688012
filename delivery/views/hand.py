"""One deployment and one incident: why it counts or does not, and what people say of it by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from connections.views import Request, visible_team
from core import live
from core.refusals import Refused, show_refusal
from core.tables import writing
from delivery import behind, correcting, export, moves, policies
from delivery.forms_hand import CorrectDeploymentForm, CorrectForm, CorrectIncidentForm
from delivery.models import Change, Correction, Deployment, Incident
from delivery.views.teams_clock import team_on_its_clock
from teams.access import require
from teams.models import Team

CANDIDATES = 20  # deployments before an incident to choose from


@require_http_methods(["GET", "HEAD", "POST"])
@live.page("delivery")
def deployment(request: Request, team_id: int, deployment_id: int) -> HttpResponseBase:
    team = team_on_its_clock(request, team_id)
    row = get_object_or_404(
        Deployment.objects.visible_to(request.user).of_teams([team]).newest_first(), pk=deployment_id
    )
    changes = Change.objects.of_deployment(row)
    if writing.is_asked(request):
        return writing.answer(request, export.of_changes(team, changes))
    form = CorrectDeploymentForm(request.POST or None, row=row)
    if request.method == "POST":
        require(request.user, "team.edit", team)
        if _corrected(request, team, form, deployment=row):
            return redirect("deployment", team.pk, row.pk)
    (shown,) = behind.deployment_rows([row], team.pk)
    context = {"why": shown.why, "failures": shown.failures, "changes": behind.change_rows(changes)}
    corrections = Correction.objects.about(row)
    return _page(request, "delivery/deployment.html", team, row, form, corrections, context)


@require_http_methods(["GET", "HEAD", "POST"])
@live.page("delivery")
def incident(request: Request, team_id: int, incident_id: int) -> HttpResponse:
    team = team_on_its_clock(request, team_id)
    row = get_object_or_404(Incident.objects.visible_to(request.user).of_teams([team]).newest_first(), pk=incident_id)
    (shown,) = behind.incident_rows([row], policies.of_team(team))
    candidates = behind.candidates(row, shown.deployment, CANDIDATES)
    present = shown.deployment.pk if shown.deployment else None
    form = CorrectIncidentForm(request.POST or None, candidates=candidates, present=present)
    if request.method == "POST":
        require(request.user, "team.edit", team)
        if _corrected(request, team, form, incident=row):
            return redirect("incident", team.pk, row.pk)
    context = {"why": shown.why, "deployment": shown.deployment, "recovery": shown.recovery}
    corrections = Correction.objects.about(row)
    return _page(request, "delivery/incident.html", team, row, form, corrections, context)


def _corrected(request: Request, team: Team, form: CorrectForm, **about: Any) -> bool:
    """Whether it is done; the page that follows says which figures moved."""
    if form.is_valid():
        try:
            with moves.watched(team, by_week=True) as found:
                correcting.correct(team=team, by=request.user, **about, **form.sent)
        except Refused as error:
            show_refusal(form, error)
        else:
            messages.success(request, _told(_("Saved."), found))
            return True
    return False


def _told(done: str, moved: moves.Moved) -> str:
    nothing = _("No figure moved.")  # nothing collects the texts inside an f-string
    return f"{done} {moved.said() or nothing}"


def _page(
    request: Request, name: str, team: Team, row: Any, form: CorrectForm, corrections: Any, context: dict[str, Any]
) -> HttpResponse:
    can_edit = request.user.has_perm("team.edit", team)
    deployed = isinstance(row, Deployment)
    frame = {
        "back": (
            reverse("deployments" if deployed else "incidents", args=[team.pk]),
            _("Deployments") if deployed else _("Incidents"),
        ),
        "room": "teams",
        "team": team,
        "row": row,
        "form": form if can_edit and form.fits else None,
        "corrections": corrections,
        "policy_text": policies.text_of(policies.of_team(team)),
        "point_url": moves.point_of(team, row, context.get("deployment")),
        "can_edit": can_edit,
    }
    return render(request, name, frame | context, status=422 if form.errors else 200)


@require_POST
def withdraw(request: Request, team_id: int, correction_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    found = get_object_or_404(Correction.objects.visible_to(request.user).of(team).newest_first(), pk=correction_id)
    require(request.user, "team.edit", team)
    row = found.deployment or found.incident
    try:
        with moves.watched(team, by_week=True) as moved:
            correcting.withdraw(correction=found, by=request.user)
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _told(_("Taken back."), moved))
    return redirect("deployment" if found.deployment else "incident", team.pk, row.pk)
