"""The forms by which people show who they are."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms

from teams.forms import PasswordField
from teams.models import Person


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
