"""The attribution policy of a team: what holds, what another one would move, and what a change moved."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from connections.views import Request, visible_team
from core.edits import StaleEdit
from core.refusals import Refused, show_refusal
from core.spans import days_text
from delivery import attributing, moves, policies
from delivery.forms_policy import PolicyForm
from delivery.moves import Kept, Moved
from teams import audit
from teams.access import require
from teams.models import Team


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: Request, team_id: int) -> HttpResponse:
    """What a change moved is kept and stands here for everybody; a preview changes nothing, and is answered at once."""
    team = visible_team(request, team_id)
    form = PolicyForm(request.POST or None, current=policies.values_of(policies.of_team(team)))
    if request.method != "POST":
        return _page(request, team, form)
    require(request.user, "team.administer", team)
    preview = "preview" in request.POST
    moved, status = _changed(request, team, form, preview=preview)
    if moved is not None and not preview:
        messages.success(request, _("Saved."))
        return redirect("delivery-policy", team.pk)
    return _page(request, team, form, moved, status)


def _changed(request: Request, team: Team, form: PolicyForm, *, preview: bool) -> tuple[Moved | None, int]:
    """What it moved, or would move; None and the status of the answer where it was refused."""
    if form.is_valid():
        try:
            with moves.tried() if preview else nullcontext():
                found = attributing.set_policy(team=team, seen=form.seen, wanted=form.wanted, by=request.user)
        except StaleEdit as error:
            form.show_stale(error)
            return None, 409
        except Refused as error:
            show_refusal(form, error)
        else:
            return found, 200
    return None, 422


def _page(
    request: Request, team: Team, form: PolicyForm, previewed: Moved | None = None, status: int = 200
) -> HttpResponse:
    present = policies.of_team(team)
    may_administer = request.user.has_perm("team.administer", team)
    kept = Kept.of(present.moved) if present.moved else None
    shown = Kept(previewed.period, previewed.moves()) if previewed else kept
    context: dict[str, Any] = {
        "room": "teams",
        "team": team,
        "form": form if may_administer else None,
        "parts": policies.facts_of(present),
        "policy_text": policies.text_of(present),
        "changed": audit.last_touch("delivery.policy_changed", present) if present.pk else None,
        "moved": shown,
        "moves": shown.moves if shown else [],
        "preview": previewed is not None,
        "period": days_text(shown.period.first, shown.period.last) if shown else "",
    }
    return render(request, "delivery/policy.html", context, status=status)
