"""The pages of django-allauth that the portal serves: sign-in, sign-out and password reset, and no other.

Each answers the methods that it knows only, and 422 to a form that is not right.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as allauth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

View = Callable[..., HttpResponse]


def _form_page(view: View) -> View:
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def respond(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if request.method == "POST" and form is not None and form.errors:
            response.status_code = 422
        return response

    return respond


login = _form_page(allauth.login)
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
