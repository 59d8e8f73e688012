"""What the pages of this room share. `team` None is the organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from core.edits import StaleEdit
from okrs import forms
from okrs.models import Cycle, KeyResult, Objective
from okrs.services import OkrError
from teams.access import require
from teams.models import Team
from teams.requests import PortalRequest


def team_of(request: PortalRequest, team_id: int | None) -> Team | None:
    if team_id is None:
        return None
    return get_object_or_404(Team.objects.visible_to(request.user).select_related("group"), pk=team_id)


def cycle_of(request: PortalRequest, cycle_id: int, team: Team | None = None, *, own: bool = False) -> Cycle:
    """A cycle that this team may use; with `own`, wherever it belongs."""
    cycles = Cycle.objects.visible_to(request.user).select_related("team__group")
    return get_object_or_404(cycles if own else cycles.usable_by(team), pk=cycle_id)


def objective_of(request: PortalRequest, objective_id: int) -> Objective:
    found = Objective.objects.visible_to(request.user).select_related("cycle", "team__group", "owner", "supports")
    return get_object_or_404(found, pk=objective_id)


def key_result_of(request: PortalRequest, key_result_id: int) -> KeyResult:
    related = (
        "owner",
        "objective__cycle",
        "objective__team__group",
        "objective__owner",
        "carried_from__objective__cycle",
    )
    found = KeyResult.objects.visible_to(request.user).select_related(*related)
    return get_object_or_404(found, pk=key_result_id)


def team_of_objective(objective_id: int) -> int | None:
    """Whose page it is, for live pages; None for the organisation's, and where there is none."""
    return Objective.objects.filter(pk=objective_id).values_list("team", flat=True).first()


def team_of_key_result(key_result_id: int) -> int | None:
    return KeyResult.objects.filter(pk=key_result_id).values_list("objective__team", flat=True).first()


def may_edit(request: PortalRequest, team: Team | None) -> None:
    """403 unless the person may edit the team's OKRs, or the organisation's."""
    require(request.user, "okrs.edit", team)


def show(
    request: PortalRequest, name: str, team: Team | None, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    frame = {
        "room": "teams" if team else "okrs",
        "page": "okrs",
        "team": team,
        "can_edit": request.user.has_perm("okrs.edit", team),
    }
    return render(request, name, frame | context, status=status)


def tried(form: Form, act: Callable[[], Any]) -> tuple[Any, int]:
    """(what `act` made, 200) if the form is right and it was not refused; else (None, 422 or 409) with the reason in the form."""
    if not form.is_valid():
        return None, 422
    try:
        return act() or True, 200
    except (OkrError, StaleEdit) as error:
        return None, forms.show_refusal(form, error)
