"""Entering a deployment or an incident by hand, editing and withdrawing it; which alerts are incidents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from connections.views import Request, visible_team
from core import undo
from core.edits import StaleEdit
from core.refusals import Refused, show_refusal
from delivery import by_hand
from delivery.forms_entering import (
    AlertRuleForm,
    DeploymentForm,
    EditDeploymentForm,
    EditIncidentForm,
    IncidentForm,
)
from delivery.models import Deployment, Incident
from delivery.pushing import alerts
from delivery.views.teams_clock import team_on_its_clock
from teams.access import require
from teams.models import Team


def _edited(request: Request, team_id: int) -> Team:
    team = team_on_its_clock(request, team_id)
    require(request.user, "team.edit", team)
    return team


def _page(request: Request, team: Team, template: str, form: forms.Form, status: int, **more: Any) -> HttpResponse:
    context = {"room": "teams", "team": team, "form": form, **more}
    return render(request, f"delivery/{template}.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def deployment_new(request: Request, team_id: int) -> HttpResponse:
    team = _edited(request, team_id)
    form = DeploymentForm(request.POST if request.method == "POST" else None, team=team)
    if _entered(form, lambda **told: by_hand.enter_deployment(team=team, by=request.user, **told)):
        messages.success(request, _("The deployment is entered."))
        return redirect("deployments", team.pk)
    return _page(request, team, "deployment_new", form, 422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def incident_new(request: Request, team_id: int) -> HttpResponse:
    team = _edited(request, team_id)
    form = IncidentForm(request.POST if request.method == "POST" else None, team=team)
    if _entered(form, lambda **told: by_hand.enter_incident(team=team, by=request.user, **told)):
        messages.success(request, _("The incident is entered."))
        return redirect("incidents", team.pk)
    return _page(request, team, "incident_new", form, 422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def deployment_edit(request: Request, team_id: int, deployment_id: int) -> HttpResponse:
    team = _edited(request, team_id)
    row = get_object_or_404(Deployment.objects.select_related("service"), pk=deployment_id, service__team=team)
    form, status = EditDeploymentForm(request.POST if request.method == "POST" else None, row=row), 200
    if form.is_bound:
        status = _edit(form, lambda **told: by_hand.edit_deployment(deployment=row, by=request.user, **told))
        if status == 200:
            messages.success(request, _("Saved."))
            return redirect("deployments", team.pk)
    return _page(request, team, "deployment_edit", form, status, row=row, by_hand=by_hand.is_by_hand(row))


@require_http_methods(["GET", "HEAD", "POST"])
def incident_edit(request: Request, team_id: int, incident_id: int) -> HttpResponse:
    team = _edited(request, team_id)
    row = get_object_or_404(Incident.objects.select_related("service"), pk=incident_id, team=team)
    form, status = EditIncidentForm(request.POST if request.method == "POST" else None, row=row), 200
    if form.is_bound:
        status = _edit(form, lambda **told: by_hand.edit_incident(incident=row, by=request.user, **told))
        if status == 200:
            messages.success(request, _("Saved."))
            return redirect("incidents", team.pk)
    return _page(request, team, "incident_edit", form, status, row=row, by_hand=by_hand.is_by_hand(row))


def _entered(form: forms.Form, enter: Callable[..., object]) -> bool:
    """Whether it was sent and taken; else the form says why not."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        enter(**form.cleaned_data)
    except Refused as error:
        show_refusal(form, error)
        return False
    return True


def _edit(form: Any, edit: Any) -> int:
    """200 if it is changed; else the status, and in the form why not."""
    if form.is_valid():
        try:
            edit(wanted=form.wanted, seen=form.seen)
        except StaleEdit as error:
            form.show_stale(error)
            return 409
        except Refused as error:
            show_refusal(form, error)
            return 409 if error.conflicts else 422
    return 422 if form.errors else 200


@require_POST
def deployment_withdraw(request: Request, team_id: int, deployment_id: int) -> HttpResponse:
    team = _edited(request, team_id)
    row = get_object_or_404(Deployment.objects.select_related("service__team"), pk=deployment_id, service__team=team)
    return _withdraw(request, "deployments", team, row)


@require_POST
def incident_withdraw(request: Request, team_id: int, incident_id: int) -> HttpResponse:
    team = _edited(request, team_id)
    row = get_object_or_404(Incident.objects.select_related("team"), pk=incident_id, team=team)
    return _withdraw(request, "incidents", team, row)


def _withdraw(request: Request, page: str, team: Team, row: Deployment | Incident) -> HttpResponse:
    try:
        done = by_hand.withdraw(row=row, by=request.user)
    except Refused as error:
        messages.error(request, error.message)
        done = {}
    return undo.after(request, redirect(page, team.pk), "delivery.withdraw", done)


@require_http_methods(["GET", "HEAD", "POST"])
def alert_rule(request: Request, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    require(request.user, "team.administer", team)
    form, status = AlertRuleForm(request.POST if request.method == "POST" else None, rule=alerts.rule_of(team)), 200
    if form.is_bound:
        status = _edit(form, lambda **told: alerts.change_rule(team=team, by=request.user, **told))
        if status == 200:
            messages.success(request, _("Saved. It holds for the alerts that come from now on."))
            return redirect("ways-in", team.pk)
    return _page(request, team, "alert_rule", form, status)
