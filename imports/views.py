"""The pages of imports: what can be brought, what a file would do, and doing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import imports as registry
from core import live
from core.imports import Importer, RowState
from core.refusals import Refused, show_refusal
from core.tables import writing
from core.tables.bounds import BOUNDS
from imports import services, tables
from imports.forms import UploadForm
from imports.models import Upload
from teams.access import require
from teams.models import Team
from teams.requests import PortalRequest
from teams.views.shared import visible_team

PER_PAGE = 100
LARGEST_BODY = 40_000_000  # bytes: what is larger than a table may be is still told how large one may be


@require_safe
@live.page("imports")
def uploads(request: PortalRequest, team_id: int) -> HttpResponse:
    """What can be imported, and the files of late."""
    team = visible_team(request, team_id)
    require(request.user, "team.edit", team)
    found = Upload.objects.visible_to(request.user).of_team(team.pk).listed()
    rows = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return _render(request, "imports/imports.html", team, {"importers": registry.all_importers(), "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PortalRequest, team_id: int, kind: str) -> HttpResponse:
    team, importer = visible_team(request, team_id), _importer(kind)
    require(request.user, "team.edit", team)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect(
                services.bring(
                    team=team, importer=importer, name=file.name, size=file.size, chunks=file.chunks(), by=request.user
                )
            )
        except Refused as error:
            show_refusal(form, error)
    context = {"form": form, "importer": importer, "bounds": BOUNDS}
    return _render(request, "imports/new.html", team, context, 422 if form.errors else 200)


new.largest_body = LARGEST_BODY  # type: ignore[attr-defined]  # read by core.middleware.SizeMiddleware


@require_safe
def template(request: PortalRequest, team_id: int, kind: str) -> HttpResponseBase:
    """A table to fill in."""
    visible_team(request, team_id)
    return writing.answer(request, tables.template(_importer(kind)))


@require_safe
def rows(request: PortalRequest, team_id: int, kind: str) -> HttpResponseBase:
    """What the team has now, in the same columns."""
    team = visible_team(request, team_id)
    return writing.answer(request, tables.stored(_importer(kind), team))


@require_safe
@live.page("imports")
def upload(request: PortalRequest, team_id: int, upload_id: int) -> HttpResponse:
    """What a file would do, row by row, or what became of it. While it is being imported, the fragment `live` is asked for."""
    found = _upload(request, team_id, upload_id)
    return _page(request, found)


@require_POST
def apply(request: PortalRequest, team_id: int, upload_id: int) -> HttpResponse:
    found = _upload(request, team_id, upload_id)
    try:
        found = services.apply(upload=found, by=request.user)
    except Refused as error:
        return _page(request, found, error.message)
    if found.why:
        return _page(request, found)
    return redirect(found)


@require_POST
def check(request: PortalRequest, team_id: int, upload_id: int) -> HttpResponse:
    """Plan the file again: as things stand now, in the reader's language."""
    found = _upload(request, team_id, upload_id)
    try:
        services.check_again(upload=found, by=request.user)
    except Refused as error:
        return _page(request, found, error.message)
    return redirect(found)


@require_POST
def throw_away(request: PortalRequest, team_id: int, upload_id: int) -> HttpResponse:
    found = _upload(request, team_id, upload_id)
    try:
        services.throw_away(upload=found)
    except Refused as error:
        return _page(request, found, error.message)
    messages.success(request, _("%(name)s is thrown away; nothing of it was imported.") % {"name": found.name})
    return redirect("import-new", team_id=team_id, kind=found.kind)


def _importer(kind: str) -> Importer:
    found = registry.get(kind)
    if found is None:
        raise Http404
    return found


def _upload(request: PortalRequest, team_id: int, upload_id: int) -> Upload:
    """A file of the team, for whoever may edit it: what is not imported yet is nobody else's to see."""
    team = visible_team(request, team_id)
    uploads = Upload.objects.visible_to(request.user).of_team(team.pk).select_related("person")
    found = get_object_or_404(uploads, pk=upload_id)
    require(request.user, "team.edit", team)
    found.team = team
    return found


def _page(request: PortalRequest, found: Upload, refusal: str = "") -> HttpResponse:
    shown = request.GET.get("show", "")
    told = [each for each in found.told if shown not in RowState.values or each.state == shown]
    context = {
        "upload": found,
        "importer": found.importer,
        "back": found.importer.address(found.team),
        "refusal": refusal,
        "shown": shown,
        "states": [(state, state.label, found.counts[state]) for state in RowState],
        "rows": Paginator(told, PER_PAGE).get_page(request.GET.get("page")),
    }
    status = 422 if refusal else 409 if request.method == "POST" else 200
    if request.htmx and request.method == "GET":
        response = _render(request, "imports/import.html#live", found.team, context, status)
        if not found.is_busy:
            response.headers["HX-Refresh"] = "true"  # it is done: the list around the fragment is another one now
        patch_vary_headers(response, ["HX-Request"])
        return response
    return _render(request, "imports/import.html", found.team, context, status)


def _render(request: PortalRequest, name: str, team: Team, context: dict[str, Any], status: int = 200) -> HttpResponse:
    importer = context.get("importer")
    frame = {"room": "teams", "page": importer.tab if importer else "imports", "team": team}
    return render(request, name, frame | context, status=status)
