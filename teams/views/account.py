"""One's own account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from core.edits import StaleEdit
from teams.forms import AccountForm
from teams.forms_sign_in import PasswordForm
from teams.limits import status_of
from teams.models import Theme
from teams.services import account as services
from teams.services import sessions
from teams.views.shared import me, own_page, sent

_FIELDS = ("name", "language", "theme", "time_zone")


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Name, language, appearance and time zone."""
    person = me(request)
    form, status = AccountForm(sent(request), current={name: getattr(person, name) for name in _FIELDS}), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                changed = services.change_account(person=person, seen=form.seen, wanted=form.wanted)
            except StaleEdit as error:
                form.show_stale(error)
                status = 409
            else:
                with translation.override(changed.language):
                    messages.success(request, _("Saved."))
                return redirect("account")
    context = {"room": "account", "tab": "profile", "form": form, "memberships": person.memberships.by_team()}
    return render(request, "teams/account.html", context, status=status)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light or dark from now on: the switch in the top bar. "auto" is chosen on the account's page."""
    wanted = request.POST.get("theme", "")
    if wanted not in (Theme.LIGHT, Theme.DARK):
        raise BadRequest("no such appearance")
    services.choose_theme(person=me(request), theme=Theme(wanted))
    return redirect(own_page(request, request.POST.get("next", "")))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account_password(request: HttpRequest) -> HttpResponse:
    """A new password; this browser stays signed in, all others do not."""
    person = me(request)
    form = PasswordForm(sent(request), person=person)
    if form.is_bound and form.is_valid():
        before = request.session.session_key
        services.set_password(person=person, password=form.cleaned_data["new"], session=before)
        update_session_auth_hash(request, person)
        sessions.move(before=before, after=request.session.session_key)
        messages.success(request, _("Your password is changed. Other browsers are signed out."))
        return redirect("security")
    return render(request, "teams/account_password.html", {"form": form}, status=status_of(form))
