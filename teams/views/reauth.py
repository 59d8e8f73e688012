"""The page that asks again who is there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teams import reauth
from teams.forms_sign_in import PasswordAgainForm
from teams.views.shared import me, sent
from teams.way_back import next_of


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask for the password, then go on at ?next=."""
    form = PasswordAgainForm(sent(request), person=me(request))
    if form.is_bound and form.is_valid():
        reauth.note_confirmed(request)
        return redirect(next_of(request))
    context = {"form": form, "next": next_of(request)}
    return render(request, "account/reauthenticate.html", context, status=422 if form.errors else 200)
