"""The audit log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from core.addresses import pk_in
from core.tables import writing
from teams import audit, audit_details
from teams.access import require
from teams.audit_search import FILTERS, found
from teams.models import AuditEvent, Person, Team
from teams.views.shared import page_of


@require_safe
def audit_log(request: HttpRequest) -> HttpResponseBase:
    """Who did what, newest first; its address is what is asked for. ?format=: all of that, as a file."""
    require(request.user, "organisation.administer")
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    rows = found(AuditEvent.objects.visible_to(request.user).listed(), asked)
    if writing.is_asked(request):
        lines = audit_details.cells(rows.iterator(audit_details.CHUNK), get_language() or "en")
        return writing.answer(request, writing.Table("audit-log", audit_details.header(), lines, streamed=True))
    page = page_of(request, rows)
    context = {
        "room": "organisation",
        "tab": "audit",
        "page": page,
        "entries": audit_details.entries(page),
        "asked": asked,
        "is_filtered": any(asked.values()),
        "teams": Team.objects.listed("name"),
        "people": Person.objects.listed_with(pk_in(asked["person"])),
        "kinds": audit.kinds_with_actions(),
    }
    return render(request, "teams/audit_log.html", context)
