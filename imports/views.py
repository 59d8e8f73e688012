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
def uploads(request: PortalRequest, team_id: int) -> HttpResponse:
    """What can be imported, and the files of late."""
    team = visible_team(request, team_id)
    require(request.user, "team.edit", team)
    found = Upload.objects.visible_to(request.user).of_team(team.pk).listed()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return _render(request, "imports/imports.html", team, {"importers": registry.all_importers(), "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PortalRequest, team_id: int, kind: str) -> HttpResponse:
    team, importer = visible_team(request, team_id), _importer(kind)
    require(request.user, "team.edit", team)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            # What is too large is not read into memory.
            content = file.read(BOUNDS.size + 1) if file.size <= BOUNDS.size else b"\0" * file.size
            return redirect(
                services.bring(team=team, importer=importer, name=file.name, content=content, by=request.user)
            )
        except Refused as error:
            show_refusal(form, error)
    context = {"form": form, "importer": importer, "bounds": BOUNDS}
    return _render(request, "imports/new.html", team, context, 422 if form.errors else 200)
