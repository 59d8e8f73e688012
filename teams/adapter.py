"""How the portal wants django-allauth: accounts arise only from the set-up code or an invitation."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from teams import limits, security_log
from teams.forms import PasswordField
from teams.models import Person
from teams.sender import sender
from teams.services.account import LinkUsed, reset_password


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The address or the password is not right."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _(
            "Too many attempts. Wait and try again, after an hour at the latest; an administrator can lift it by resetting "
            "your sign-in."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether one may be led there: this portal's pages only, where the library would take any host that is answered."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """Send, unless there is no mail server: an administrator then makes a reset link to copy. Nobody is a sample person."""
        if settings.MAIL_WORKS and not Person.objects.sample().with_address(email).exists():
            super().send_mail(template_prefix, email, context)

    def get_from_email(self) -> str:
        return sender()

    def get_reset_password_from_key_url(self, key: str) -> str:
        url = str(super().get_reset_password_from_key_url(key))
        # A mail must not lead where a forged Host header points, so the configured address wins.
        return settings.PORTAL_URL + url[url.index("/accounts/") :] if settings.PORTAL_URL else url

    def pre_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse | None:
        """By whatever way they got here: nobody signs in as a person of the sample organisation."""
        if user.is_sample:
            return self.respond_user_inactive(request, user)  # type: ignore[no-any-return]
        return super().pre_login(request, user, **kwargs)  # type: ignore[no-any-return]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try: at an account from one address, from one address, and at an account from anywhere.

        The first is strict, and stays so far below the last in an hour that a stranger at one address locks nobody out
        elsewhere. The last stops many addresses together; it then refuses the right password too, until the hour is over
        or an administrator resets the sign-in. What was right is given back, so only wrong tries count.
        """
        email = str(credentials.get("email", "")).lower()
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            security_log.throttled("login_failed", email)
            raise
        try:
            self._from_anywhere = limits.take(request, "login_account", email)
        except limits.TooMany as error:
            raise self.validation_error("too_many_login_attempts") from error

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        security_log.failed_at(str(credentials.get("email", "")), way="password")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Of an IPv6 address its network, as the other counts do: one client has very many of them.
        return f"{get_ip(request)} {limits.counted_as(str(credentials.get('email', '')).lower())}"

    def _rollback_login_failed_rl_usage(self) -> None:
        super()._rollback_login_failed_rl_usage()
        limits.give_back(self._from_anywhere)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No “you have signed in”: the page says it."""


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs.update({"placeholder": "", "autocomplete": "username", "autofocus": True})
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs["placeholder"] = ""


class AskForResetForm(ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs["placeholder"] = ""


class NewPasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]
    """One field: browsers show what was typed, and a second link is soon made."""

    password1 = PasswordField(label=_("New password"), new=True)
    password2 = None

    def clean_password1(self) -> str:
        password = self.cleaned_data["password1"]
        return str(PortalAccountAdapter().clean_password(password, user=self.user))

    def save(self) -> None:
        try:
            reset_password(person=self.user, key=self.temp_key, password=self.cleaned_data["password1"])
        except LinkUsed as error:  # since the form was looked at: the page of the link says it
            raise ImmediateHttpResponse(redirect(context.request.get_full_path())) from error
        # Whoever tried too often before they asked for the link need not wait now.
        limits.forget(self.user)
