"""The pages of imports: what can be brought, what a file would do, and doing it. Without a team: the organisation's."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import imports as registry
from core import live
from core.imports import Importer, RowState
from core.refusals import Refused, show_refusal
from core.tables import writing
from core.tables.bounds import BOUNDS
from imports import services, tables
from imports.access import permission
from imports.addresses import address
from imports.forms import ChosenForm, UploadForm
from imports.models import Told, Upload, UploadQuerySet
from teams.access import require
from teams.models import Team
from teams.requests import PortalRequest
from teams.views.shared import visible_team

PER_PAGE = 100
LARGEST_BODY = 40_000_000  # bytes: what is larger than a table may be is still told how large one may be


@require_safe
@live.page("imports")
def uploads(request: PortalRequest, team_id: int | None = None) -> HttpResponseBase:
    """What can be imported, and the files of late."""
    team = _place(request, team_id)
    require(request.user, permission(team), team)
    found = Upload.objects.visible_to(request.user).of_team(team_id).listed()
    if writing.is_asked(request):
        return writing.answer(request, tables.uploads(team, found))
    return _list(request, team, found)


@require_POST
def throw_away_all(request: PortalRequest, team_id: int | None = None) -> HttpResponse:
    """Forget the chosen files, those of them that are not imported."""
    team = _place(request, team_id)
    require(request.user, permission(team), team)
    form = ChosenForm(request.POST)
    if not form.is_valid():
        found = Upload.objects.visible_to(request.user).of_team(team_id).listed()
        return _list(request, team, found, form)
    count = services.throw_away_all(team=team, chosen=form.cleaned_data["chosen"])
    words = ngettext(
        "%(n)s file is thrown away; nothing of it was imported.",
        "%(n)s files are thrown away; nothing of them was imported.",
        count,
    )
    messages.success(request, words % {"n": count})
    return redirect(address("imports", team_id))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PortalRequest, kind: str, team_id: int | None = None) -> HttpResponse:
    team = _place(request, team_id)
    importer = _importer(kind, team)
    require(request.user, permission(team), team)
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


# Read by core.middleware.SizeMiddleware.
new.largest_body, new.largest_told = LARGEST_BODY, BOUNDS.size  # type: ignore[attr-defined]


@require_safe
def template(request: PortalRequest, kind: str, team_id: int | None = None) -> HttpResponseBase:
    """A table to fill in."""
    team = _place(request, team_id)
    return writing.answer(request, tables.template(_importer(kind, team)))


@require_safe
def rows(request: PortalRequest, kind: str, team_id: int | None = None) -> HttpResponseBase:
    """What the team has now, in the same columns."""
    team = _place(request, team_id)
    return writing.answer(request, tables.stored(_importer(kind, team), team))


@require_safe
@live.page("imports")
def upload(request: PortalRequest, upload_id: int, team_id: int | None = None) -> HttpResponseBase:
    """What a file would do, row by row, or what became of it. While it is being imported, the fragment `live` is asked for."""
    found = _upload(request, team_id, upload_id)
    if writing.is_asked(request):
        return writing.answer(request, tables.plan(found, _shown(request, found)))
    return _page(request, found)


@require_POST
def apply(request: PortalRequest, upload_id: int, team_id: int | None = None) -> HttpResponse:
    found = _upload(request, team_id, upload_id)
    try:
        found = services.apply(upload=found, by=request.user)
    except Refused as error:
        return _page(request, found, error.message)
    if found.why:
        return _page(request, found)
    return redirect(found)


@require_POST
def check(request: PortalRequest, upload_id: int, team_id: int | None = None) -> HttpResponse:
    """Plan the file again: as things stand now."""
    found = _upload(request, team_id, upload_id)
    try:
        services.check_again(upload=found, by=request.user)
    except Refused as error:
        return _page(request, found, error.message)
    return redirect(found)


@require_POST
def throw_away(request: PortalRequest, upload_id: int, team_id: int | None = None) -> HttpResponse:
    found = _upload(request, team_id, upload_id)
    try:
        services.throw_away(upload=found)
    except Refused as error:
        return _page(request, found, error.message)
    messages.success(request, _("%(name)s is thrown away; nothing of it was imported.") % {"name": found.name})
    return redirect(address("import-new", team_id, found.kind))


def _place(request: PortalRequest, team_id: int | None) -> Team | None:
    """The team whose files are meant; None for the organisation's."""
    return None if team_id is None else visible_team(request, team_id)


def _importer(kind: str, team: Team | None) -> Importer:
    found = next((each for each in registry.importers_of(team) if each.kind == kind), None)
    if found is None:
        raise Http404
    return found


def _upload(request: PortalRequest, team_id: int | None, upload_id: int) -> Upload:
    """A file of the team, for whoever may edit it: what is not imported yet is nobody else's to see."""
    team = _place(request, team_id)
    uploads = Upload.objects.visible_to(request.user).of_team(team_id).select_related("person")
    found = get_object_or_404(uploads, pk=upload_id)
    require(request.user, permission(team), team)
    found.team = team
    return found


def _list(
    request: PortalRequest, team: Team | None, found: UploadQuerySet, form: ChosenForm | None = None
) -> HttpResponse:
    rows = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    kept = _("Of files that cannot be imported as they are, the newest %(most)s are kept.") % {
        "most": services.MOST_WAITING
    }
    context = {
        "importers": registry.importers_of(team),
        "rows": rows,
        "form": form,
        "has_waiting": any(each.is_waiting for each in rows),
        "kept": kept,
    }
    return _render(request, "imports/imports.html", team, context, 422 if form else 200)


def _shown(request: PortalRequest, found: Upload) -> list[Told]:
    shown = request.GET.get("show", "")
    return [each for each in found.told if shown not in RowState.values or each.state == shown]


def _page(request: PortalRequest, found: Upload, refusal: str = "") -> HttpResponse:
    context = {
        "upload": found,
        "importer": found.importer,
        "back": found.importer.address(found.team),
        "then": [each for each in registry.importers_of(found.team) if each.kind in found.importer.then],
        "refusal": refusal,
        "shown": request.GET.get("show", ""),
        "states": [(state, state.label, found.counts[state]) for state in RowState],
        "rows": Paginator(_shown(request, found), PER_PAGE).get_page(request.GET.get("page")),
    }
    status = 422 if refusal else 409 if request.method == "POST" else 200
    if request.htmx and request.method == "GET":
        response = _render(request, "imports/import.html#live", found.team, context, status)
        if not found.is_busy:
            response.headers["HX-Refresh"] = "true"  # it is done: the list around the fragment is another one now
        patch_vary_headers(response, ["HX-Request"])
        return response
    return _render(request, "imports/import.html", found.team, context, status)


def _render(
    request: PortalRequest, name: str, team: Team | None, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    importer = context.get("importer")
    page = importer.tab if importer else "imports" if team else "okrs"
    frame = {"room": "teams" if team else "okrs", "page": page, "team": team}
    return render(request, name, frame | context, status=status)
