"""A check-in is posted here, from any page that shows its form. htmx gets the row back, everybody else a redirect."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from okrs import services
from okrs.board import Board, CheckInRow, my_check_ins, page_of, row_of, with_forms
from okrs.forms import CheckInForm
from okrs.models import ChecklistEntry, KeyResult, Remark
from okrs.views.reading import check_ins_page, key_result_page, okrs_page
from okrs.views.shared import key_result_of, show, tried
from teams.access import require
from teams.requests import PortalRequest


@require_POST
def check_in(request: PortalRequest, key_result_id: int) -> HttpResponse:
    found = key_result_of(request, key_result_id)
    require(request.user, "okrs.check_in", found)
    row = row_of(found)
    entries = list(ChecklistEntry.objects.filter(key_result=found, skipped=False).values_list("pk", "title"))
    form = CheckInForm(request.POST, standing=row.standing, entries=entries)
    page = request.POST.get("page", "")
    _made, status = tried(form, lambda: services.check_in(key_result=found, by=request.user, **form.sent))
    if status != 200:
        return _refused(request, found, CheckInRow(row, form, page), status)
    if not request.htmx:
        return redirect(_back(found, page))
    (saved,) = with_forms([row_of(found)], page)
    saved.saved = clock.now()
    return _fragment(request, found, saved)


def _refused(request: PortalRequest, found: KeyResult, refused: CheckInRow, status: int) -> HttpResponse:
    if request.htmx:
        return _fragment(request, found, refused, status)
    # Where it stands in no list any more, or without a form, the sentence and what was typed would be lost.
    is_archived = found.archived_at or found.objective.archived_at
    if refused.page == "check-ins" and not is_archived and not found.cycle.is_closed:
        return check_ins_page(request, status, refused=refused)
    if refused.page == "okrs" and not is_archived and not found.cycle.is_frozen(refused.row.standing.today):
        return okrs_page(request, found.objective.team, found.cycle, status, refused=refused, unfold=str(found.pk))
    return key_result_page(request, found, status, refused=refused)


def _fragment(request: PortalRequest, found: KeyResult, mine: CheckInRow, status: int = 200) -> HttpResponse:
    """The row, and out of band the numbers around it."""
    context: dict[str, Any] = {"mine_row": mine, "oob": True, "can_check_in": {found.pk}}
    if mine.page == "check-ins":
        context["mine"] = my_check_ins(request.user)
        return show(request, "okrs/check_ins.html#saved", found.objective.team, context, status)
    board = Board(found.objective.team, str(found.cycle.pk))
    context |= {
        "board": board,
        "block": next((each for each in board.blocks if each.objective.objective == found.objective), None),
        "unfold": "" if mine.saved else str(found.pk),
    }
    return show(request, "okrs/okrs.html#saved", found.objective.team, context, status)


def _back(found: KeyResult, page: str) -> str:
    if page == "check-ins":
        return reverse("check-ins")
    if page == "okrs":
        return f"{page_of(found.objective.team, found.cycle)}&at={found.pk}#key-result-{found.pk}"
    return found.get_absolute_url()


@require_POST
def blank_remark(request: PortalRequest, key_result_id: int, remark_id: int) -> HttpResponse:
    found = key_result_of(request, key_result_id)
    remarks = Remark.objects.visible_to(request.user).filter(check_in__key_result=found).select_related("check_in")
    remark = get_object_or_404(remarks, pk=remark_id)
    team = found.objective.team
    if remark.check_in.person_id != request.user.pk:  # one's own words, or anybody's for whoever looks after them
        require(request.user, "team.administer" if team else "organisation.objectives", team)
    else:
        require(request.user, "okrs.check_in", found)
    services.blank_remark(remark=remark, by=request.user)
    return redirect(found)
