"""One's own inbox. What is behind a notice opens through `notice`, which marks it read."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import live
from core.addresses import pk_in
from core.tables import writing
from notices import export, wording
from notices.models import Notice
from notices.services import reading
from teams.requests import PortalRequest
from teams.views.shared import page_of

UNREAD = "unread"


@require_safe
@live.page("notices", everywhere=True)
def inbox(request: PortalRequest) -> HttpResponseBase:
    own = Notice.objects.visible_to(request.user).listed()
    only_unread = request.GET.get("show") == UNREAD
    shown = own.unread() if only_unread else own
    if writing.is_asked(request):
        return writing.answer(request, export.of_inbox(wording.told(shown)))
    page = page_of(request, shown)
    context = {
        "room": "inbox",
        "page": page,
        "rows": wording.told(page),
        "only_unread": only_unread,
        "newest": own.values_list("pk", flat=True).order_by("-pk").first(),
    }
    return render(request, "notices/inbox.html", context)


@require_safe
def notice(request: PortalRequest, notice_id: int) -> HttpResponse:
    """To the page that it is about. A browser that only looks ahead reads nothing."""
    found = _own(request, notice_id)
    if "prefetch" not in request.headers.get("Sec-Purpose", ""):
        reading.mark_read(found)
    return redirect(found.url)


@require_POST
def mark(request: PortalRequest, notice_id: int) -> HttpResponse:
    """Read, or unread again: `as`."""
    found = _own(request, notice_id)
    if request.POST.get("as") == UNREAD:
        reading.mark_unread(found)
    else:
        reading.mark_read(found)
    return redirect(_back(request))


@require_POST
def mark_all(request: PortalRequest) -> HttpResponse:
    """All that stood on the page when it was made: nobody has read what came since."""
    up_to = pk_in(request.POST.get("up_to", ""))
    if up_to is not None:
        reading.mark_all_read(person=request.user, up_to=up_to)
        messages.success(request, _("All are marked as read."))
    return redirect(_back(request))


def _own(request: PortalRequest, notice_id: int) -> Notice:
    return get_object_or_404(Notice.objects.visible_to(request.user), pk=notice_id)


def _back(request: PortalRequest) -> str:
    """The list as it was shown."""
    page = pk_in(request.POST.get("page", "")) or 1
    query = f"show={UNREAD}" if request.POST.get("show") == UNREAD else ""
    query = "&".join(part for part in (query, f"page={page}" if page > 1 else "") if part)
    return f"{reverse('inbox')}{f'?{query}' if query else ''}"
