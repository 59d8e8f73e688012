"""The organisation's settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.edits import StaleEdit
from teams.access import require
from teams.forms import OrganisationForm
from teams.models import Organisation
from teams.reauth import ask_again
from teams.services.organisation import change_organisation
from teams.views.shared import me, sent

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
            # Whoever found a browser open must not take the second factor off everybody; the other settings take nothing over.
            protects = form.wanted["second_factor"] not in (form.seen["second_factor"], shown.second_factor)
            try:
                return ask_again(_change)(request, form) if protects else _change(request, form)
            except StaleEdit as error:
                form.show_stale(error)
                status = 409
    context = {"room": "organisation", "tab": "settings", "form": form}
    return render(request, "teams/organisation.html", context, status=status)


def _change(request: HttpRequest, form: OrganisationForm) -> HttpResponse:
    change_organisation(by=me(request), seen=form.seen, wanted=form.wanted)
    messages.success(request, _("Saved."))
    return redirect("organisation")
