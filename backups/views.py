"""The page of the archives: what is kept, what is being made, and the way back from one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backups import services, shelf
from backups.forms import RestoreForm, UploadForm
from backups.models import Work
from core.refusals import Refused, show_refusal
from teams.access import require
from teams.reauth import ask_again
from teams.views.shared import me

View = Callable[..., HttpResponseBase]


def for_administrators(view: View) -> View:
    """An administrator's, who shows again who they are: an archive holds everything. How far one is, is not asked for again."""
    asking: View = ask_again(view)  # type: ignore[arg-type]

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require(request.user, "organisation.administer")
        is_look = request.method in ("GET", "HEAD") and "HX-Request" in request.headers
        return (view if is_look else asking)(request, *args, **kwargs)

    return respond


@never_cache
@require_safe
@for_administrators
def backup(request: HttpRequest) -> HttpResponse:
    """While something is being made, the page asks for its fragment `live` again."""
    return _page(request)


def _page(
    request: HttpRequest, *, upload: UploadForm | None = None, restoring: RestoreForm | None = None
) -> HttpResponse:
    kept = shelf.listed()
    forms = {each.name: RestoreForm(name=each.name) for each in kept}
    if restoring is not None:
        forms[restoring.name] = restoring
    work = Work.current()
    context = {
        "room": "organisation",
        "tab": "backup",
        "work": work,
        "kept": [(each, forms[each.name]) for each in kept],
        "kept_size": sum(each.size for each in kept),
        "upload": upload or UploadForm(),
    }
    fragment = "#live" if "HX-Request" in request.headers and request.method == "GET" else ""
    response = render(request, f"backups/backup.html{fragment}", context, status=422 if upload or restoring else 200)
    if fragment and not work.is_busy:
        response.headers["HX-Refresh"] = "true"  # it is done: the list around the fragment is another one now
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
@for_administrators
def make(request: HttpRequest) -> HttpResponse:
    try:
        services.ask_for_archive(by=me(request))
    except Refused as error:
        messages.error(request, error.message)
    return redirect("backup")


@require_POST
@for_administrators
def upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            services.bring(chunks=file.chunks(), size=file.size, by=me(request))
            messages.success(request, _("The archive is whole, and now in the list."))
            return redirect("backup")
        except Refused as error:
            show_refusal(form, error)
    return _page(request, upload=form)


upload.largest_body = shelf.LARGEST_UPLOAD  # type: ignore[attr-defined]  # read by core.middleware.SizeMiddleware


@require_safe
@for_administrators
def download(request: HttpRequest, name: str) -> FileResponse:
    path = _kept(name)
    services.note_download(name=name, by=me(request))
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@for_administrators
def restore(request: HttpRequest, name: str) -> HttpResponse:
    _kept(name)
    form = RestoreForm(request.POST, name=name)
    if form.is_valid():
        try:
            services.ask_for_restore(name=name, confirmation=form.cleaned_data["confirmation"], by=me(request))
            return redirect("backup")
        except Refused as error:
            show_refusal(form, error)
    return _page(request, restoring=form)


@require_POST
@for_administrators
def withdraw(request: HttpRequest) -> HttpResponse:
    if services.withdraw(by=me(request)):
        messages.success(request, _("It is withdrawn, and nothing was changed."))
    else:
        messages.error(request, _("It has begun, or ended: it can no longer be withdrawn."))
    return redirect("backup")


@require_POST
@for_administrators
def delete(request: HttpRequest, name: str) -> HttpResponse:
    _kept(name)
    try:
        services.delete(name=name, by=me(request))
        messages.success(request, _("The archive %(name)s is deleted.") % {"name": name})
    except Refused as error:
        messages.error(request, error.message)
    return redirect("backup")


def _kept(name: str) -> Path:
    path = shelf.find(name)
    if path is None:
        raise Http404
    return path
