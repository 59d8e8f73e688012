"""How every form looks: Django's field groups, rendered by templates/forms/. And the fields and forms that rooms share."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class PortalRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


class DayInput(forms.DateInput):
    """The browser's own date field. It sends and wants ISO days; it shows them in the reader's way."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    widget = DayInput
    default_error_messages = {"invalid": _("Write the day as 2026-04-01.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)


class RequestForm(forms.Form):
    """A form that does its work once although it may be sent twice."""

    request_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput, initial=lambda: uuid4().hex)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Several of them stand on one page: each its own ids.
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}_%s"} | kwargs)
