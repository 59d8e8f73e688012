"""The forms by which people show who they are, and change by what they show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from core.edits import SeenForm
from teams import limits, security_log
from teams.forms import PasswordField
from teams.models import Person
from teams.services import second_factors


class PasswordAgainForm(forms.Form):
    """The password of somebody who is signed in already; wrong ones count like those at sign-in."""

    password = PasswordField()

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not get_adapter().reauthenticate(self.person, password):
            raise get_adapter().validation_error("incorrect_password")
        return password


class PasswordForm(PasswordAgainForm):
    """A new password, and the present one with it, which a session alone does not know."""

    password = PasswordField(label=_("Present password"))
    new = PasswordField(label=_("New password"), new=True)

    def clean_new(self) -> str:
        new = str(self.cleaned_data["new"])
        password_validation.validate_password(new, self.person)
        return new


def _count(person: Person) -> Any:
    """Count a try with a second factor of the person's; a ValidationError when there were too many."""
    try:
        return limits.take(context.request, "second_factor", f"person-{person.pk}")
    except limits.TooMany as error:
        raise get_adapter().validation_error(limits.TOO_MANY) from error


class CodeField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        super().__init__(max_length=32, widget=forms.TextInput(attrs=attrs), **kwargs)


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code; each once."""

    code = CodeField(label=_("Code"), help_text=_("From the authenticator app, or a recovery code."))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.authenticator: Authenticator | None = None

    def clean_code(self) -> str:
        taken, code = _count(self.user), str(self.cleaned_data["code"])
        self.authenticator = second_factors.use_code(person=self.user, code=code)
        if self.authenticator is None:
            security_log.failed(self.user, way="code")
            raise forms.ValidationError(_("This code did not fit, or was used already."))
        limits.give_back(taken)
        return code

    def save(self) -> None:
        post_authentication(context.request, self.authenticator)


def _told(ask: Callable[[], Any], *, by: Person | None = None, counts: bool = False) -> Any:
    """The answer, or a ValidationError: the libraries stumble over some of what browsers never send.

    With `counts` it is a sign-in by `by`, None if unknown, and one that fails stands in the log.
    """
    try:
        return ask()
    except forms.ValidationError:
        if counts:
            security_log.failed(by, way="passkey")
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if counts:
            security_log.failed(by, way="passkey")
        raise mfa_adapter().validation_error("incorrect_code") from error


class PasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """What a passkey of the person's answered to this session's challenge."""

    def clean_credential(self) -> Authenticator:
        taken = _count(self.user)
        answer = self.cleaned_data["credential"]
        found = _told(lambda: webauthn.complete_authentication(self.user, answer), by=self.user, counts=True)
        limits.give_back(taken)
        return found


class PasskeyAloneForm(LoginWebAuthnForm):  # type: ignore[misc]
    """The same of somebody who says only by the passkey who they are."""

    def clean_credential(self) -> Authenticator:
        return _told(super().clean_credential, counts=True)


class NewCodeForm(forms.Form):
    """The code that an app shows which is being set up."""

    code = CodeField(label=_("Code"), help_text=_("The six digits that the app shows now."))


class NewPasskeyForm(forms.Form):
    """A passkey that was just made for this session's challenge."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("As “laptop” or “blue security key”."))
    credential = forms.JSONField(widget=forms.HiddenInput)

    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]
        _told(lambda: webauthn.complete_registration(credential))
        _told(lambda: webauthn.parse_registration_response(credential))
        return credential


class PasskeyNameForm(SeenForm):
    name = forms.CharField(label=_("Name"), max_length=60)


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("New e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
