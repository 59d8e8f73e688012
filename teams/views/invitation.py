"""The page behind the link of an invitation."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core.refusals import Refused
from teams.forms import InvitedForm
from teams.models import Invitation, Person
from teams.services import invitations as services
from teams.views.setup import BACKEND
from teams.views.shared import me, sent, typed


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Join by an invitation: with a new account, or with the account that is signed in."""
    found = Invitation.objects.listed().by_secret(secret).first()
    if found is None:
        reason = _("There is no such invitation. Check that the whole link was copied.")
        return render(request, "teams/invitation_refused.html", {"reason": reason}, status=404)
    reason = services.why_not(found)
    if reason:
        return render(request, "teams/invitation_refused.html", {"reason": reason}, status=410)
    return _join(request, found) if request.user.is_authenticated else _join_as_new_person(request, found)


def _join(request: HttpRequest, found: Invitation) -> HttpResponse:
    """“Join as …” for somebody signed in."""
    error = None
    if request.method == "POST":
        try:
            services.join(invitation=found, person=me(request))
            return redirect("team", found.team_id)
        except Refused as refused:
            error = refused.message
    context = {
        "invitation": found,
        "error": error,
        "belongs": found.team.memberships.filter(person=me(request)).exists(),
        "other_address": found.email and found.email != me(request).email,
    }
    return render(request, "teams/invitation_join.html", context, status=409 if error else 200)


def _join_as_new_person(request: HttpRequest, found: Invitation) -> HttpResponse:
    context = {"invitation": found, "sign_in": redirect_to_login(request.path).url}
    if found.email and Person.objects.with_address(found.email).exists():
        return render(request, "teams/invitation_sign_in.html", context)
    usual = {"time_zone": request.organisation.time_zone}  # type: ignore[attr-defined]
    initial = usual | typed(request) | {"language": get_language()}
    form = InvitedForm(sent(request), email=found.email, initial=initial)
    if form.is_valid():
        try:
            person = services.join_as_new_person(invitation=found, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field, refused.message)
        else:
            login(request, person, backend=BACKEND)
            return redirect("team", found.team_id)
    context |= {"form": form, "typed_in": "new"}
    return render(request, "teams/invitation.html", context, status=422 if form.errors else 200)
