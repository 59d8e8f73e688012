"""The pages of a team's connections: how they are doing, one of them with its running sync, token, pause, disconnect."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from connections import budget, estimate, export, health, refused, retrying, schedule, services, stores, webhooks
from connections import messages as sentences
from connections.forms import AccessForm
from connections.models import Connection, Source
from connections.progress import Progress
from core import clock, live
from core.edits import StaleEdit
from core.tables import writing
from teams.access import require
from teams.models import Person, Team

PER_PAGE = 20
ASIDE_SHOWN = 50


class Request(HttpRequest):
    """A request as these pages get it: nobody comes here without sign-in."""

    user: Person  # type: ignore[assignment]
    htmx: HtmxDetails


def visible_team(request: Request, team_id: int) -> Team:
    return get_object_or_404(Team.objects.visible_to(request.user).select_related("group"), pk=team_id)


def _source(request: Request, team_id: int, source_id: int) -> tuple[Team, Source]:
    """The team of the address, and the source that it reads or once read. 404 else."""
    team = visible_team(request, team_id)
    return team, get_object_or_404(Source.objects.of(team).listed().with_set_aside_count(), pk=source_id)


def administered(request: Request, team_id: int, source_id: int) -> tuple[Team, Source]:
    team, source = _source(request, team_id, source_id)
    require(request.user, "team.administer", team)
    if not source.connection.is_read:
        raise Http404("there is nothing outside behind this connection to administer")
    return team, source


def with_own_token(request: Request, team_id: int, source_id: int) -> tuple[Team, Source]:
    """The same, where it is read with the team's own token: another team's, or the organisation's, is not its to change."""
    team, source = administered(request, team_id, source_id)
    if source.connection.team_id != team.pk:
        raise Http404("this team does not hold the token")
    return team, source


@require_safe
@live.page("connections")
def connections(request: Request, team_id: int) -> HttpResponseBase:
    team = visible_team(request, team_id)
    rows = health.rows(Source.objects.of(team).listed().with_set_aside_count(), clock.now())
    if writing.is_asked(request):
        return writing.answer(request, export.of_sources(team, rows))
    context = {
        "room": "teams",
        "team": team,
        "rows": rows,
        "more": Connection.objects.usable_by(team).exists(),
        "may_administer": request.user.has_perm("team.administer", team),
    }
    return render(request, "connections/connections.html", context)


@never_cache
@require_safe
@live.page("connections")
def connection(request: Request, team_id: int, source_id: int) -> HttpResponseBase:
    """One repository. While a sync runs, the page asks for its fragment `live` again."""
    team, source = _source(request, team_id, source_id)
    if writing.is_asked(request):
        of_aside = request.GET.get("table") == "set-aside"
        return writing.answer(request, export.of_set_aside(source) if of_aside else export.of_syncs(source))
    now = clock.now()
    newest = source.runs.newest_first().first()
    runs = Paginator(source.runs.newest_first(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "room": "teams",
        "team": team,
        "source": source,
        "health": health.of(source, now),
        "progress": Progress(newest) if newest else None,
        "estimate": estimate.of(newest, budget.known(source), now) if newest else None,
        "may_administer": request.user.has_perm("team.administer", team),
        "parts": stores.parts(source, team),
        "sharing": _sharing(source, team),
        "takes_webhooks": source.connection.team_id == team.pk and webhooks.takes_webhooks(source.connection),
        "aside": [(each, sentences.aside(each.reason)) for each in source.set_aside.listed()[:ASIDE_SHOWN]],
        "runs": runs,
        "history": [Progress(run) for run in runs],
    }
    response = render(request, f"connections/connection.html{'#live' if request.htmx else ''}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _sharing(source: Source, team: Team) -> dict[str, Any]:
    """Who else reads it, and whose token is used: what the page says, and what the team may therefore do."""
    others = [share.team for share in source.shares.live().listed() if share.team_id != team.pk]
    return {"others": others, "own_token": source.connection.team_id == team.pk, "connection": source.connection}


@require_POST
def sync_now(request: Request, team_id: int, source_id: int) -> HttpResponse:
    _team, source = administered(request, team_id, source_id)
    try:
        schedule.sync_now(source_id=source.pk, by=request.user)
    except schedule.NotNow as refusal:
        messages.info(request, sentences.not_now(refusal))
    return redirect("connection", team_id, source.pk)


@require_POST
def retry(request: Request, team_id: int, source_id: int, object_id: int) -> HttpResponse:
    """Ask the host for one object that was set aside once more."""
    team, source = administered(request, team_id, source_id)
    aside = get_object_or_404(source.set_aside.open(), pk=object_id)
    try:
        found = retrying.retry(source=source, object_id=aside.pk)
    except retrying.CannotAsk as refusal:
        messages.error(request, refusal.message)
    else:
        if found.cleared_at:
            messages.success(request, _("%(key)s was read.") % {"key": found.key})
        else:
            still = {"key": found.key, "why": sentences.aside(found.reason)}
            messages.info(request, _("%(key)s stays set aside: %(why)s") % still)
    return redirect("connection", team.pk, source.pk)


@require_POST
def pause(request: Request, team_id: int, source_id: int) -> HttpResponse:
    team, source = administered(request, team_id, source_id)
    try:
        services.pause(source_id=source.pk, team=team, by=request.user)
    except services.Shared as refusal:
        messages.error(request, refusal.message)
    return redirect("connection", team_id, source.pk)


@require_POST
def resume(request: Request, team_id: int, source_id: int) -> HttpResponse:
    team, source = administered(request, team_id, source_id)
    services.resume(source_id=source.pk, team=team, by=request.user)
    return redirect("connection", team_id, source.pk)


@never_cache
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def access(request: Request, team_id: int, source_id: int) -> HttpResponse:
    """Enter a new token, or correct the API's address; both are tried before they are saved."""
    team, source = with_own_token(request, team_id, source_id)
    form = AccessForm(
        request.POST if request.method == "POST" else None,
        kind=source.connection.kind,
        repository=source.full_name,
        current=services.access_of(source),
        needs_token=source.connection.needs_token,
    )
    status = 200
    if request.method == "POST":
        status = _change_access(request, source, form) if form.is_valid() else 422
        if status == 200:
            messages.success(request, _("The token works. Reading goes on."))
            return redirect("connection", team_id, source.pk)
    context = {"room": "teams", "team": team, "source": source, "form": form}
    return render(request, "connections/access.html", context, status=status)


def _change_access(request: Request, source: Source, form: AccessForm) -> int:
    """200 if it was changed; else the status, and in the form why not."""
    address, token = form.cleaned_data["address"], form.cleaned_data["token"]
    seen = form.seen_access
    try:
        services.change_access(source=source, base_url=address.base_url, token=token, seen=seen, by=request.user)
    except StaleEdit as stale:
        form.show_stale_access(stale, services.access_of(source))
        return 409
    except refused.REFUSED as error:
        form.add_error(*refused.told(error))
    return 422 if form.errors else 200


@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: Request, team_id: int, source_id: int) -> HttpResponse:
    """Asks once and says what stays."""
    team, source = administered(request, team_id, source_id)
    if request.method == "POST":
        services.disconnect(source_id=source.pk, team=team, by=request.user)
        messages.success(request, _("%(repository)s is disconnected.") % {"repository": source.full_name})
        return redirect("connections", team_id)
    context = {"room": "teams", "team": team, "source": source, "sharing": _sharing(source, team)}
    return render(request, "connections/disconnect.html", context)
