"""The form that removes a person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teams.models import Person


class RemovalForm(forms.Form):
    """The name is typed, so that nobody is removed by a slip."""

    name = forms.CharField(
        label=gettext_lazy("The person's name"),
        help_text=gettext_lazy("Type it as it stands above."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_name(self) -> str:
        typed = str(self.cleaned_data["name"])
        if typed != str(self.person).strip():
            raise forms.ValidationError(_("This is not the name of the person."))
        return typed
