"""Pages that show: the OKRs of a team and of the organisation, my check-ins, a key result."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from core import live
from core.tables import writing
from okrs import charts, export, history
from okrs.board import Board, CheckInRow, my_check_ins, place_of, row_of, with_forms
from okrs.forms import CycleForm, GradeForm
from okrs.models import Cycle, KeyResult
from okrs.spans import quarter_of
from okrs.summary import rows_owned_by
from okrs.views.shared import key_result_of, show, team_of, team_of_key_result
from teams.models import Person, Team
from teams.requests import PortalRequest


@require_safe
@live.page("okrs", "comments")
def okrs(request: PortalRequest, team_id: int | None = None) -> HttpResponseBase:
    team = team_of(request, team_id)
    if writing.is_asked(request):
        return writing.answer(request, export.of_key_results(Board(team, request.GET.get("cycle", "")).rows, team))
    return okrs_page(request, team)


@require_safe
def okr_check_ins_csv(request: PortalRequest, team_id: int | None = None) -> HttpResponseBase:
    """Every check-in of the cycle that the page shows."""
    team = team_of(request, team_id)
    board = Board(team, request.GET.get("cycle", ""))
    return writing.answer(request, export.of_check_ins(team=team, cycle=board.cycle))


def okrs_page(
    request: PortalRequest, team: Team | None, cycle: Cycle | None = None, status: int = 200, **sent: Any
) -> HttpResponse:
    """The page of one cycle; without any cycle, how to open one. `sent`: a check-in that was refused, to be shown in place."""
    board = Board(team, str(cycle.pk) if cycle else request.GET.get("cycle", ""))
    if board.cycle is None:
        return show(request, "okrs/empty.html", team, {"form": CycleForm(proposed=quarter_of(board.today))})
    for block in board.blocks:
        _put_in_place(block.rows, sent.get("refused"))
    context = {
        "board": board,
        "can_check_in": _may_check_in(request, board),
        "can_edit_cycle": request.user.has_perm("okrs.edit", board.cycle.team),
        "unfold": request.GET.get("at", ""),
        "members": Person.objects.active().filter(memberships__team=team).listed() if team else (),
    }
    return show(request, "okrs/okrs.html", team, context | sent, status)


def _may_check_in(request: PortalRequest, board: Board) -> set[int]:
    """The key results that the person may check in, by pk."""
    if board.is_frozen:
        return set()
    if request.user.has_perm("okrs.edit", board.team):
        return {row.key_result.pk for row in board.rows}
    return {row.key_result.pk for row in board.rows if request.user.has_perm("okrs.check_in", row.key_result)}


def _put_in_place(rows: list[CheckInRow], refused: CheckInRow | None) -> None:
    """What was typed and refused stands where it was typed."""
    for number, each in enumerate(rows):
        if refused and each.row.key_result == refused.row.key_result:
            rows[number] = refused


@require_safe
def check_ins(request: PortalRequest) -> HttpResponseBase:
    if writing.is_asked(request):
        return writing.answer(request, export.of_own_key_results(rows_owned_by(request.user)))
    return check_ins_page(request)


def check_ins_page(request: PortalRequest, status: int = 200, **sent: Any) -> HttpResponse:
    mine = my_check_ins(request.user)
    _put_in_place(mine.due, sent.get("refused"))
    return show(request, "okrs/check_ins.html", None, {"room": "check-ins", "mine": mine} | sent, status)


@require_safe
@live.page("okrs", "comments", team=team_of_key_result)
def key_result(request: PortalRequest, key_result_id: int) -> HttpResponse:
    return key_result_page(request, key_result_of(request, key_result_id))


def key_result_page(request: PortalRequest, found: KeyResult, status: int = 200, **sent: Any) -> HttpResponse:
    row = row_of(found)
    (mine,) = with_forms([row], "key-result")
    entries = history.of(found)
    newest_first = history.by_day(entries)
    export_url = found.get_absolute_url() + "check-ins.csv"
    team = found.objective.team
    is_open = not (found.archived_at or found.objective.archived_at or found.cycle.is_frozen(row.standing.today))
    context = {
        "mine": sent.get("refused", mine),
        "row": row,
        "key_result": found,
        "objective": found.objective,
        "cycle": found.cycle,
        "history": entries,
        "chart": None
        if row.is_milestone
        else charts.key_result_chart(row.facts, row.standing, newest_first, export_url),
        "figure": history.figure_title(found.figure) if found.figure else "",
        "is_open": is_open,
        "may_check_in": is_open and row.has_begun and request.user.has_perm("okrs.check_in", found),
        "can_administer": team is not None and request.user.has_perm("team.administer", team),
        "place": place_of(found),
        "grade_form": GradeForm(row=found),
    }
    return show(request, "okrs/key_result.html", team, context | sent, status)


@require_safe
def check_ins_csv(request: PortalRequest, key_result_id: int) -> HttpResponseBase:
    return writing.answer(request, export.of_check_ins(key_result=key_result_of(request, key_result_id)))
