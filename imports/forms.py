"""What a person brings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.addresses import pk_in


class NumbersField(forms.MultipleChoiceField):
    """Numbers of rows, whatever became of them meanwhile; [] for what is none."""

    def valid_value(self, value: str) -> bool:
        return True

    def clean(self, value: Any) -> list[int]:
        return [number for each in super().clean(value) if (number := pk_in(each))]


class ChosenForm(forms.Form):
    """Which files of the list are meant."""

    chosen = NumbersField(error_messages={"required": _("Tick the files first.")})


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the service says it in its own words
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        error_messages={"required": _("Choose a file first.")},
    )
