"""The pages of django-allauth that the portal serves: sign-in with second factors, sign-out and password reset, and no other.

Each answers the methods that it knows only, 422 to a form that is not right, and 429 to one that was tried too often.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account import views as allauth
from allauth.account.models import Login
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal import flows
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from teams import limits, second_factors
from teams.forms_sign_in import PasskeyAloneForm
from teams.limits import status_of
from teams.way_back import next_of

View = Callable[..., HttpResponse]


def _form_page(view: View) -> View:
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def respond(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        shown = getattr(response, "context_data", None) or {}
        forms = [shown[name] for name in ("form", "webauthn_form") if shown.get(name) is not None]
        if request.method == "POST" and response.status_code == 200:
            response.status_code = max((status_of(form) for form in forms), default=200)
        return response

    return respond


class _Login(allauth.LoginView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"passkeys_work": second_factors.passkeys_work(self.request)}


login = _form_page(_Login.as_view())
second_factor = _form_page(mfa.authenticate)
logout = _form_page(allauth.logout)
inactive = require_safe(allauth.account_inactive)
password_reset_done = require_safe(allauth.password_reset_done)
password_reset_from_key = _form_page(allauth.password_reset_from_key)
password_reset_from_key_done = require_safe(allauth.password_reset_from_key_done)
_password_reset = _form_page(allauth.password_reset)


@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Mail a link to set a new password; without a mail server the page says whom to ask."""
    if not settings.MAIL_WORKS:
        return render(request, "account/password_reset_without_mail.html")
    return _password_reset(request)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey alone, which is two factors in one: GET asks for a challenge, POST brings the answer."""
    if request.method != "POST":
        return JsonResponse(webauthn.begin_authentication(None))
    try:
        limits.take(request, "login")
    except limits.TooMany:
        return limits.handler429(request)
    form = PasskeyAloneForm(data=request.POST)
    if form.is_valid():
        found = form.cleaned_data["credential"]
        return flows.perform_passwordless_login(request, found, Login(user=found.user, redirect_url=next_of(request)))
    messages.error(request, _("The portal does not know this passkey. Sign in with your password."))
    page, login_page = next_of(request), reverse("account_login")
    return redirect(login_page if page == reverse("home") else f"{login_page}?{urlencode({'next': page})}")
