"""The attribution policy of a team: what holds, what another one would move, and what a change moved."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from connections.views import Request, visible_team
from core import clock
from core.edits import StaleEdit
from core.refusals import Refused, show_refusal
from core.spans import days_text
from delivery import attributing, moves, policies
from delivery.forms_policy import PolicyForm
from delivery.moves import Moved
from delivery.periods import weeks_before
from teams import audit
from teams.access import require
from teams.models import Team


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: Request, team_id: int) -> HttpResponse:
    """A change is answered with the page itself, which says what it moved; so is a preview, which changes nothing."""
    team = visible_team(request, team_id)
    moved, status, preview = None, 200, "preview" in request.POST
    form = PolicyForm(request.POST or None, current=policies.values_of(policies.of_team(team)))
    if request.method == "POST":
        require(request.user, "team.administer", team)
        moved, status = _changed(request, team, form, preview=preview)
        if moved and not preview:  # what is shown next is what holds now
            form = PolicyForm(current=policies.values_of(policies.of_team(team)))
    return _page(request, team, form, moved, status, preview=preview and moved is not None)


def _changed(request: Request, team: Team, form: PolicyForm, *, preview: bool) -> tuple[Moved | None, int]:
    """What it moved, or would move; None and the status of the answer where it was refused."""
    if form.is_valid():
        try:
            with (moves.tried if preview else moves.watched)(team) as found:
                attributing.set_policy(team=team, seen=form.seen, wanted=form.wanted, by=request.user)
        except StaleEdit as error:
            form.show_stale(error)
            return None, 409
        except Refused as error:
            show_refusal(form, error)
        else:
            return found, 200
    return None, 422


def _page(
    request: Request, team: Team, form: PolicyForm, moved: Moved | None, status: int, *, preview: bool
) -> HttpResponse:
    present, period = policies.of_team(team), weeks_before(clock.today(team.zone))
    may_administer = request.user.has_perm("team.administer", team)
    context: dict[str, Any] = {
        "room": "teams",
        "team": team,
        "form": form if may_administer else None,
        "parts": policies.facts_of(present),
        "policy_text": policies.text_of(present),
        "changed": audit.last_touch("delivery.policy_changed", present) if present.pk else None,
        "moves": moved.moves() if moved else [],
        "saved": moved is not None and not preview,
        "preview": preview,
        "period": days_text(period.first, period.last),
    }
    return render(request, "delivery/policy.html", context, status=status)
