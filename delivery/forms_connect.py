"""What people type to connect a repository."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections.forms import base_url_field, token_field, understand
from connectors.registry import USUAL


class ConnectForm(forms.Form):
    """The first step: which repository, and a token that may read it."""

    address = forms.CharField(
        label=_("Address of the repository"),
        max_length=300,
        help_text=_("As it stands in the browser, for example https://github.com/owner/name."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    token = token_field(_("Access token"))
    base_url = base_url_field()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("address"):
            cleaned["found"] = understand(self, USUAL, cleaned["address"], cleaned.get("base_url", ""), field="address")
        return cleaned
