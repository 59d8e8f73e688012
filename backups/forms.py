"""What an administrator types or brings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class UploadForm(forms.Form):
    file = forms.FileField(label=_("Archive file"), widget=forms.FileInput(attrs={"accept": ".zip"}))


class RestoreForm(forms.Form):
    """Asks for the organisation's name, so that nobody restores by a slip."""

    confirmation = forms.CharField(
        label=_("Organisation's name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, name: str) -> None:
        super().__init__(data, auto_id=f"id_{name}_%s")
        self.name = name
