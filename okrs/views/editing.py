"""Forms of objectives and key results: add, edit, order, archive, assign, grade."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from core import live, undo
from okrs import forms, services
from okrs.board import page_of
from okrs.kinds import Kind
from okrs.models import KeyResult, Objective
from okrs.undo import kind_of
from okrs.views.reading import key_result_page
from okrs.views.shared import (
    cycle_of,
    key_result_of,
    may_edit,
    objective_of,
    show,
    team_of,
    team_of_objective,
    tried,
)
from teams.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def add_objective(request: PortalRequest, cycle_id: int, team_id: int | None = None) -> HttpResponse:
    team = team_of(request, team_id)
    cycle = cycle_of(request, cycle_id, team)
    may_edit(request, team)
    form = forms.ObjectiveForm(request.POST if request.method == "POST" else None, team=team, cycle=cycle)
    status = 200
    if request.method == "POST":
        made, status = tried(
            form, lambda: services.create_objective(cycle=cycle, team=team, by=request.user, **form.cleaned_data)
        )
        if made:
            return redirect(made)
    context = {"form": form, "cycle": cycle, "back": page_of(team, cycle)}
    return show(request, "okrs/objective.html", team, context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@live.page("okrs", team=team_of_objective)
def objective(request: PortalRequest, objective_id: int) -> HttpResponse:
    found = objective_of(request, objective_id)
    may_edit(request, found.team)
    data = request.POST if request.method == "POST" else None
    form = forms.ObjectiveForm(data, team=found.team, cycle=found.cycle, objective=found)
    status = 200
    if request.method == "POST":
        made, status = tried(
            form,
            lambda: services.edit_objective(objective=found, by=request.user, wanted=form.wanted, seen=form.seen),
        )
        if made:
            return redirect(found)
    context = {"form": form, "cycle": found.cycle, "objective": found, "back": found.get_absolute_url()}
    return show(request, "okrs/objective.html", found.team, context, status)


@require_POST
def archive_objective(request: PortalRequest, objective_id: int) -> HttpResponse:
    return _archive(request, objective_of(request, objective_id))


@require_POST
def archive_key_result(request: PortalRequest, key_result_id: int) -> HttpResponse:
    return _archive(request, key_result_of(request, key_result_id))


def _archive(request: PortalRequest, row: Objective | KeyResult) -> HttpResponse:
    """Archive it; with `restore` in the form bring it back."""
    objective = row.objective if isinstance(row, KeyResult) else row
    may_edit(request, objective.team)
    archived: dict[str, Any] = {}
    try:
        if "restore" in request.POST:
            services.restore(row=row, by=request.user)
        else:
            archived = services.archive(row=row, by=request.user)
    except services.OkrError as error:
        messages.error(request, error.message)
    return undo.after(request, redirect(page_of(objective.team, objective.cycle)), kind_of(row), archived)


@require_POST
def move_objective(request: PortalRequest, objective_id: int) -> HttpResponse:
    return _move(request, objective_of(request, objective_id))


@require_POST
def move_key_result(request: PortalRequest, key_result_id: int) -> HttpResponse:
    return _move(request, key_result_of(request, key_result_id))


def _move(request: PortalRequest, row: Objective | KeyResult) -> HttpResponse:
    """Put it at the place that the button names, counted from 0."""
    objective = row.objective if isinstance(row, KeyResult) else row
    may_edit(request, objective.team)
    to = request.POST.get("to", "")
    if to.isdecimal() and row.archived_at is None:
        try:
            services.reorder(row=row, to=int(to), by=request.user)
        except services.OkrError as error:
            messages.error(request, error.message)
    return redirect(objective)


# -- Key results --------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def add_key_result(request: PortalRequest, objective_id: int) -> HttpResponse:
    found = objective_of(request, objective_id)
    may_edit(request, found.team)
    form = forms.KeyResultForm(request.POST if request.method == "POST" else None, objective=found)
    status = 200
    if request.method == "POST":
        made, status = tried(form, lambda: services.create_key_result(objective=found, by=request.user, **form.made))
        if made:
            return redirect(found)
    context = {"form": form, "objective": found, "back": found.get_absolute_url()}
    return show(request, "okrs/key_result_form.html", found.team, context, status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_key_result(request: PortalRequest, key_result_id: int) -> HttpResponse:
    found = key_result_of(request, key_result_id)
    may_edit(request, found.objective.team)
    data = request.POST if request.method == "POST" else None
    form = forms.KeyResultForm(data, objective=found.objective, row=found)
    status = 200
    if request.method == "POST":
        made, status = tried(
            form,
            lambda: services.edit_key_result(key_result=found, by=request.user, wanted=form.wanted, seen=form.seen),
        )
        if made:
            return redirect(found)
    return _edit_page(request, found, form, status)


@require_POST
def edit_entries(request: PortalRequest, key_result_id: int) -> HttpResponse:
    found = key_result_of(request, key_result_id)
    may_edit(request, found.objective.team)
    form = forms.EntriesForm(request.POST, row=found)
    made, status = tried(
        form,
        lambda: services.set_entries(
            key_result=found,
            wanted=form.wanted,
            seen=form.seen,
            added=form.cleaned_data["added"].splitlines(),
            by=request.user,
        ),
    )
    if made:
        return redirect(found)
    return _edit_page(request, found, forms.KeyResultForm(objective=found.objective, row=found), status, form)


def _edit_page(
    request: PortalRequest,
    found: KeyResult,
    form: forms.KeyResultForm,
    status: int,
    entries_form: forms.EntriesForm | None = None,
) -> HttpResponse:
    has_entries = found.kind == Kind.CHECKLIST
    context = {
        "form": form,
        "entries_form": entries_form or (forms.EntriesForm(row=found) if has_entries else None),
        "objective": found.objective,
        "key_result": found,
        "back": found.get_absolute_url(),
    }
    return show(request, "okrs/key_result_form.html", found.objective.team, context, status)


@require_POST
def assign(request: PortalRequest, key_result_id: int) -> HttpResponse:
    """Give it another owner, from the list of those whose owner left."""
    found = key_result_of(request, key_result_id)
    may_edit(request, found.objective.team)
    form = forms.AssignForm(request.POST, row=found)
    made, status = tried(
        form, lambda: services.edit_key_result(key_result=found, by=request.user, wanted=form.wanted, seen=form.seen)
    )
    if made:
        return redirect(page_of(found.objective.team, found.cycle))
    return show(request, "okrs/assign.html", found.objective.team, {"form": form, "key_result": found}, status)


@require_POST
def grade(request: PortalRequest, key_result_id: int) -> HttpResponse:
    found = key_result_of(request, key_result_id)
    may_edit(request, found.objective.team)
    form = forms.GradeForm(request.POST, row=found)
    made, status = tried(
        form,
        lambda: services.set_grade(
            key_result=found, grade=form.wanted["grade"], seen=form.seen["grade"], by=request.user
        ),
    )
    return redirect(found) if made else key_result_page(request, found, status, grade_form=form)
