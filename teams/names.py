"""Names that people type: of people, teams, groups, tokens, and of the organisation."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# A control character breaks lines in logs and files; one that turns the direction makes a name read as another.
_HIDDEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]")

validate_name = RegexValidator(
    _HIDDEN,
    _("A name cannot hold control characters or characters that turn the direction of writing."),
    inverse_match=True,
)


class NameField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Name"))
        super().__init__(validators=[validate_name], **kwargs)
