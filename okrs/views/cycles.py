"""Forms of cycles: open, edit, close, reopen, carry over; the guide's example."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from okrs import forms, services
from okrs.board import page_of
from okrs.days import today_of, todays_of
from okrs.models import Cycle, KeyResult
from okrs.rows import KeyResultRow, rows_of
from okrs.services.carrying import is_open
from okrs.services.cycles import FIELDS
from okrs.spans import next_quarter, quarter_of
from okrs.views.shared import cycle_of, may_edit, show, team_of, tried
from teams.models import Team
from teams.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def add_cycle(request: PortalRequest, team_id: int | None = None) -> HttpResponse:
    team = team_of(request, team_id)
    may_edit(request, team)
    data = request.POST if request.method == "POST" else None
    form = forms.CycleForm(data, proposed=_proposed(team))
    status = 200
    if request.method == "POST":
        made, status = tried(form, lambda: services.create_cycle(team=team, by=request.user, **form.cleaned_data))
        if made:
            return redirect(page_of(team, made))
    return show(request, "okrs/cycle.html", team, {"form": form, "back": page_of(team)}, status)


def _proposed(team: Team | None) -> tuple[date, date]:
    """The first quarter, from the present one on, in whose middle no cycle runs. The sample's cycles do not count."""
    known = list(Cycle.objects.usable_by(team).real())
    first, last = quarter_of(today_of(team))
    while any(cycle.is_running(first + (last - first) / 2) for cycle in known):
        first, last = next_quarter(last)
    return first, last


@require_http_methods(["GET", "HEAD", "POST"])
def edit_cycle(request: PortalRequest, cycle_id: int) -> HttpResponse:
    cycle = cycle_of(request, cycle_id, own=True)
    may_edit(request, cycle.team)
    form = forms.CycleForm(request.POST or None, current={name: getattr(cycle, name) for name in FIELDS})
    status = 200
    if request.method == "POST":
        made, status = tried(
            form,
            lambda: services.edit_cycle(cycle=cycle, by=request.user, wanted=form.wanted, seen=form.seen),
        )
        if made:
            return redirect(page_of(cycle.team, cycle))
    context = {"form": form, "cycle": cycle, "back": page_of(cycle.team, cycle)}
    return show(request, "okrs/cycle.html", cycle.team, context, status)


@require_http_methods(["GET", "HEAD", "POST"])
def close_cycle(request: PortalRequest, cycle_id: int) -> HttpResponse:
    cycle = cycle_of(request, cycle_id, own=True)
    may_edit(request, cycle.team)
    rows = _rows(KeyResult.objects.live().filter(objective__cycle=cycle).listed())
    form = forms.CloseForm(request.POST if request.method == "POST" else None, key_results=rows)
    status = 200
    if request.method == "POST":
        made, status = tried(form, lambda: services.close_cycle(cycle=cycle, by=request.user, grades=form.grades))
        if made:
            return redirect(page_of(cycle.team, cycle))
    context = {"form": form, "cycle": cycle, "back": page_of(cycle.team, cycle)}
    return show(request, "okrs/close.html", cycle.team, context, status)


@require_POST
def reopen_cycle(request: PortalRequest, cycle_id: int) -> HttpResponse:
    cycle = cycle_of(request, cycle_id, own=True)
    may_edit(request, cycle.team)
    try:
        services.reopen_cycle(cycle=cycle, by=request.user)
    except services.OkrError as error:
        messages.error(request, error.message)
    return redirect(page_of(cycle.team, cycle))


@require_http_methods(["GET", "HEAD", "POST"])
def carry_over(request: PortalRequest, cycle_id: int, team_id: int | None = None) -> HttpResponse:
    team = team_of(request, team_id)
    cycle = cycle_of(request, cycle_id, team)
    may_edit(request, team)
    key_results = KeyResult.objects.live().filter(objective__cycle=cycle, objective__team=team)
    rows = [row for row in _rows(key_results.listed()) if is_open(row.standing)]
    later = Cycle.objects.usable_by(team).filter(first_day__gt=cycle.first_day, closed_on=None).order_by("first_day")
    form = forms.CarryForm(request.POST if request.method == "POST" else None, cycles=later, open_rows=rows)
    status = 200
    if request.method == "POST":
        made, status = tried(form, lambda: _carried(request, form, cycle, team))
        if made:
            return redirect(page_of(team, form.cleaned_data["into"]))
    context = {"form": form, "cycle": cycle, "later": later, "back": page_of(team, cycle)}
    return show(request, "okrs/carry_over.html", team, context, status)


def _carried(request: PortalRequest, form: forms.CarryForm, cycle: Cycle, team: Team | None) -> bool:
    only = {int(pk) for pk in form.cleaned_data["only"]}
    into = form.cleaned_data["into"]
    made = services.carry_over(cycle=cycle, into=into, team=team, only=only, by=request.user)
    sentence = ngettext("%(number)s key result carried over.", "%(number)s key results carried over.", len(made))
    messages.success(request, sentence % {"number": len(made)})
    return True


def _rows(key_results: Any) -> list[KeyResultRow]:
    known = list(key_results)
    return rows_of(known, todays_of(each.objective.team for each in known))


@require_http_methods(["GET", "HEAD", "POST"])
def take_example(request: PortalRequest, cycle_id: int, team_id: int | None = None) -> HttpResponse:
    team = team_of(request, team_id)
    cycle = cycle_of(request, cycle_id, team)
    may_edit(request, team)
    form = forms.ExampleForm(request.POST if request.method == "POST" else None, team=team, by=request.user)
    status = 200
    if request.method == "POST":
        made, status = tried(
            form,
            lambda: services.take_example(
                cycle=cycle,
                team=team,
                business_metric=form.cleaned_data["business_metric"],
                owner=form.cleaned_data["owner"],
                starts=form.starts,
                by=request.user,
            ),
        )
        if made:
            messages.success(request, _("The guide's example is yours now: change whatever does not fit."))
            return redirect(made)
    return show(
        request, "okrs/example.html", team, {"form": form, "cycle": cycle, "back": page_of(team, cycle)}, status
    )
