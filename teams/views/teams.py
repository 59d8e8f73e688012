"""The list of teams, their settings and groups."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import live, undo
from core.edits import StaleEdit
from core.tables import writing
from teams import export
from teams.access import require
from teams.forms import GroupForm, GroupNameForm, NewTeamForm, TeamSettingsForm
from teams.models import Team, TeamGroup
from teams.services import teams as services
from teams.views.shared import me, page_of, sent, visible_team


@require_safe
@live.page(everywhere=True)
def teams(request: HttpRequest) -> HttpResponseBase:
    """Every team; search, group, sort and archived ones by URL."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "group", "sort", "state")}
    everything = Team.objects.visible_to(request.user)
    rows = everything.archived() if asked["state"] == "archived" else everything.active()
    found = rows.matching(asked["q"]).in_group(asked["group"]).with_people_count().listed(asked["sort"])
    mine = {each.team_id: each for each in me(request).memberships.all()}
    if writing.is_asked(request):
        return writing.answer(request, export.of_teams(found, mine))
    page = page_of(request, found)
    context = {
        "room": "teams",
        "page": page,
        "rows": [(team, mine.get(team.pk)) for team in page],
        "asked": asked,
        "groups": TeamGroup.objects.all(),
        "any_team": everything.exists(),
    }
    return render(request, "teams/teams.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "organisation.administer")
    form = NewTeamForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            team = services.create_team(by=me(request), **form.cleaned_data)
        except services.NameTaken as error:
            form.add_error(error.field, error.message)
        else:
            return redirect("members", team.pk)
    return render(request, "teams/team_new.html", {"room": "teams", "form": form}, status=422 if form.errors else 200)


def _settings_form(request: HttpRequest, team: Team) -> TeamSettingsForm:
    """Name and group are an administrator's, the time zone also a team admin's."""
    current: dict[str, Any] = {"time_zone": team.time_zone}
    if me(request).has_perm("organisation.administer"):
        current |= {"name": team.name, "group": team.group}
    return TeamSettingsForm(sent(request), current=current, team=team)


@require_http_methods(["GET", "HEAD", "POST"])
def team_settings(request: HttpRequest, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    require(request.user, "team.oversee" if request.method == "GET" else "team.administer", team)
    form, status = _settings_form(request, team), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.change_team(team=team, by=me(request), seen=form.seen, wanted=form.wanted)
                messages.success(request, _("Saved."))
                return redirect("team-settings", team.pk)
            except StaleEdit as error:
                form.show_stale(error)
                status = 409
            except services.NameTaken as error:
                form.add_error(error.field, error.message)
    context = {
        "room": "teams",
        "team": team,
        "form": form,
        "may_administer": me(request).has_perm("team.administer", team),
        "may_archive": me(request).has_perm("organisation.administer"),
    }
    return render(request, "teams/settings.html", context, status=status)


@require_POST
def team_archive(request: HttpRequest, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    require(request.user, "organisation.administer")
    archived = services.archive_team(team=team, by=me(request))
    return undo.after(request, redirect("team-settings", team.pk), "team.archive", archived)


@require_POST
def team_restore(request: HttpRequest, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    require(request.user, "organisation.administer")
    try:
        services.restore_team(team=team, by=me(request))
    except services.NameTaken:
        messages.error(
            request, _("Another team has taken the name “%(team)s”. Rename that one first.") % {"team": team}
        )
    return redirect("team-settings", team.pk)


def _groups_page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    """`form` is the form of a new group, `edited` the form of the group `edited_group`; others are made here."""
    edited: TeamGroup | None = forms.get("edited_group")
    rows = [
        (group, forms["edited"] if group == edited else _group_form(None, group))
        for group in TeamGroup.objects.with_team_count()
    ]
    context = {"room": "organisation", "tab": "groups", "rows": rows, "form": forms.get("form") or GroupForm()}
    return render(request, "teams/groups.html", context, status=status)


def _group_form(data: Any, group: TeamGroup) -> GroupNameForm:
    return GroupNameForm(data, current={"name": group.name}, auto_id=f"group-{group.pk}-%s")


@require_http_methods(["GET", "HEAD", "POST"])
def team_groups(request: HttpRequest) -> HttpResponseBase:
    """The groups; a POST makes one."""
    require(request.user, "organisation.administer")
    if writing.is_asked(request):
        return writing.answer(request, export.of_groups(TeamGroup.objects.with_team_count()))
    form = GroupForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.create_group(by=me(request), **form.cleaned_data)
        except services.NameTaken as error:
            form.add_error(error.field, error.message)
        else:
            return redirect("team-groups")
    return _groups_page(request, status=422 if form.errors else 200, form=form)


@require_POST
def team_group(request: HttpRequest, group_id: int) -> HttpResponse:
    """Rename a group."""
    require(request.user, "organisation.administer")
    group = get_object_or_404(TeamGroup, pk=group_id)
    form, status = _group_form(request.POST, group), 422
    if form.is_valid():
        try:
            services.rename_group(group=group, by=me(request), seen=form.seen["name"], name=form.wanted["name"])
            return redirect("team-groups")
        except StaleEdit as error:
            form.show_stale(error)
            status = 409
        except services.NameTaken as error:
            form.add_error(error.field, error.message)
    return _groups_page(request, status=status, edited=form, edited_group=group)


@require_POST
def team_group_delete(request: HttpRequest, group_id: int) -> HttpResponse:
    require(request.user, "organisation.administer")
    deleted = services.delete_group(group=get_object_or_404(TeamGroup, pk=group_id), by=me(request))
    return undo.after(request, redirect("team-groups"), "group.delete", deleted)
