"""How the portal wants django-allauth: accounts arise only from the set-up code or an invitation."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from teams.forms import PasswordField
from teams.models import Person
from teams.services.account import set_password


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The address or the password is not right."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes and try again."),
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

    def get_reset_password_from_key_url(self, key: str) -> str:
        url = str(super().get_reset_password_from_key_url(key))
        # A mail must not lead where a forged Host header points, so the configured address wins.
        return settings.PORTAL_URL + url[url.index("/accounts/") :] if settings.PORTAL_URL else url

    def set_password(self, user: Person, password: str) -> None:
        set_password(person=user, password=password)

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
