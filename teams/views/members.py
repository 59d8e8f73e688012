"""The people of a team, their roles, and invitations to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core import live, undo
from core.edits import StaleEdit
from core.refusals import Refused
from teams import links, shown_once
from teams.access import require
from teams.forms import InvitationForm, MemberForm
from teams.models import Membership, Team, TeamRole
from teams.services import invitations
from teams.services import members as services
from teams.views.shared import me, sent, visible_team


@dataclass
class Row:
    """A line of the list: `form` changes it in place, for those who may."""

    membership: Membership
    form: MemberForm | None
    saved: bool = False


def _member_form(membership: Membership, data: Any = None) -> MemberForm:
    current = {"role": membership.role, "job_role": membership.job_role}
    return MemberForm(data, current=current, auto_id=f"member-{membership.pk}-%s")


def _page(
    request: HttpRequest, team: Team, *, form: InvitationForm, row: Row | None = None, status: int = 200
) -> HttpResponse:
    """The whole page; `row` is the line that is being changed."""
    may_administer = me(request).has_perm("team.administer", team)
    rows = [
        row if row and row.membership == each else Row(each, _member_form(each) if may_administer else None)
        for each in team.memberships.listed()
    ]
    context = {
        "room": "teams",
        "team": team,
        "rows": rows,
        "form": form,
        "may_administer": may_administer,
        "may_join": me(request).has_perm("organisation.administer")
        and not any(r.membership.person == me(request) for r in rows),
        "invitations": team.invitations.listed()[:50] if may_administer else [],
        "shown": shown_once.take(request, "invitation") if may_administer else None,
    }
    return render(request, "teams/members.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@live.page()
def members(request: HttpRequest, team_id: int) -> HttpResponse:
    """Who belongs to the team; a POST invites somebody, and the link is shown once on the page that follows."""
    team = visible_team(request, team_id)
    form = InvitationForm(sent(request))
    if request.method == "POST":
        require(request.user, "team.administer", team)
        if form.is_valid():
            _invitation, secret = invitations.invite(team=team, by=me(request), **form.cleaned_data)
            return _show_link(request, team, secret)
    return _page(request, team, form=form, status=422 if form.errors else 200)


def _show_link(request: HttpRequest, team: Team, secret: str) -> HttpResponse:
    shown_once.keep(request, "invitation", link=links.absolute(request, "invitation", secret))
    return redirect("members", team.pk)


@require_POST
def member(request: HttpRequest, team_id: int, membership_id: int) -> HttpResponse:
    """Change role and job in place."""
    team = visible_team(request, team_id)
    membership = get_object_or_404(team.memberships.listed(), pk=membership_id)
    require(request.user, "team.administer", team)
    form, status = _member_form(membership, request.POST), 422
    row = Row(membership, form)
    if form.is_valid():
        try:
            changed = services.change_member(membership=membership, by=me(request), seen=form.seen, wanted=form.wanted)
        except StaleEdit as error:
            form.show_stale(error)
            status = 409
        else:
            if not request.htmx:  # type: ignore[attr-defined]
                messages.success(request, _("Saved."))
                return redirect("members", team.pk)
            row, status = Row(changed, _member_form(changed), saved=True), 200
    if request.htmx:  # type: ignore[attr-defined]
        context = {"team": team, "row": row, "may_administer": True}
        return render(request, "teams/members.html#row", context, status=status)
    return _page(request, team, form=InvitationForm(), row=row, status=status)


@require_POST
def member_remove(request: HttpRequest, team_id: int, membership_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    membership = get_object_or_404(team.memberships.listed(), pk=membership_id)
    require(request.user, "team.administer", team)
    removed = services.remove_member(membership=membership, by=me(request))
    return undo.after(request, redirect("members", team.pk), "member.remove", removed)


@require_POST
def team_join(request: HttpRequest, team_id: int) -> HttpResponse:
    """An administrator becomes a member of the team, as making tokens for it needs."""
    team = visible_team(request, team_id)
    require(request.user, "organisation.administer")
    require(request.user, "team.administer", team)
    try:
        services.add_member(team=team, person=me(request), role=TeamRole.TEAM_ADMIN, job_role="", by=me(request))
    except services.AlreadyMember as error:
        messages.error(request, error.message)
    return redirect("members", team.pk)


@require_POST
def invitation_renew(request: HttpRequest, team_id: int, invitation_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    invitation = get_object_or_404(team.invitations, pk=invitation_id)
    require(request.user, "team.administer", team)
    try:
        secret = invitations.renew(invitation=invitation, by=me(request))
    except Refused as error:
        messages.error(request, error.message)
        return redirect("members", team.pk)
    return _show_link(request, team, secret)


@require_POST
def invitation_revoke(request: HttpRequest, team_id: int, invitation_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    invitation = get_object_or_404(team.invitations, pk=invitation_id)
    require(request.user, "team.administer", team)
    try:
        revoked = invitations.revoke(invitation=invitation, by=me(request))
    except Refused as error:
        messages.error(request, error.message)
        return redirect("members", team.pk)
    return undo.after(request, redirect("members", team.pk), "invitation.revoke", revoked)
