"""The organisation's settings and its audit log."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.addresses import pk_in
from core.edits import StaleEdit
from teams import audit
from teams.access import require
from teams.forms import OrganisationForm
from teams.models import AuditEvent, Organisation, Person, Team
from teams.services.organisation import change_organisation
from teams.views.shared import me, page_of, sent

_FIELDS = ("name", "language", "time_zone", "second_factor")


@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    """Name, default language, time zone, and who must have a second factor."""
    require(request.user, "organisation.administer")
    shown = get_object_or_404(Organisation)
    form, status = OrganisationForm(sent(request), current={name: getattr(shown, name) for name in _FIELDS}), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                change_organisation(by=me(request), seen=form.seen, wanted=form.wanted)
                messages.success(request, _("Saved."))
                return redirect("organisation")
            except StaleEdit as error:
                form.show_stale(error)
                status = 409
    context = {"room": "organisation", "tab": "settings", "form": form}
    return render(request, "teams/organisation.html", context, status=status)


@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first; team, person and kind by URL."""
    require(request.user, "organisation.administer")
    asked = {name: request.GET.get(name, "").strip() for name in ("team", "person", "about")}
    rows = AuditEvent.objects.visible_to(request.user).listed()
    if (team := pk_in(asked["team"])) is not None:
        rows = rows.in_team(team)
    if (person := pk_in(asked["person"])) is not None:
        rows = rows.concerning(person)
    if asked["about"]:
        rows = rows.about(asked["about"])
    page = page_of(request, rows)
    names = Person.objects.names(event.subject_person for event in page)
    context = {
        "room": "organisation",
        "tab": "audit",
        "page": page,
        "lines": [(event, event.sentence(names)) for event in page],
        "asked": asked,
        "teams": Team.objects.listed("name"),
        "people": Person.objects.listed(),
        "kinds": audit.kinds(),
    }
    return render(request, "teams/audit_log.html", context)
