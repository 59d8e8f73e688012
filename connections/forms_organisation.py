"""What administrators type about the organisation's connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections.forms import ADDRESS_PROBLEMS, token_field
from connectors.registry import CONNECTORS, USUAL
from core.edits import SeenForm, StaleEdit
from teams.models import Team
from teams.names import NameField


def _host_field(**kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=_("Address of the host"), max_length=300, widget=widget, **kwargs)


def _understood(form: forms.Form, text: str, kind: str) -> str:
    """The API's address, or "" with a sentence at the field."""
    try:
        return CONNECTORS[kind].parse_host(text)
    except ValueError:
        form.add_error("base_url", ADDRESS_PROBLEMS["bad_base_url"])
        return ""


class NewConnectionForm(forms.Form):
    name = NameField(label=_("Name"), max_length=100, help_text=_("As the teams will see it."))
    token = token_field(_("Access token"))
    base_url = _host_field(required=False, help_text=_("Only for GitHub Enterprise. Leave it empty for github.com."))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "base_url" in cleaned:
            cleaned["base_url"] = _understood(self, cleaned["base_url"], USUAL)
        return cleaned


class ConnectionForm(SeenForm):
    """Another name, address or token. `current` is what organisation.current says."""

    name = NameField(label=_("Name"), max_length=100)
    token = token_field(_("New token"), required=False)
    base_url = _host_field(help_text=_("Another host gets nothing of the stored token: enter one for it."))

    seen_credential = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, kind: str, current: Mapping[str, Any], needs_token: bool) -> None:
        super().__init__(data, current={"name": current["name"], "base_url": current["base_url"]})
        self.initial["seen_credential"] = current["token"]
        self.kind = kind
        self.fields["token"].required = needs_token
        self.fields["token"].help_text = _("Leave it empty to keep the present one, which is never shown.")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("base_url"):
            cleaned["base_url"] = _understood(self, cleaned["base_url"], self.kind)
        return cleaned

    @property
    def seen_access(self) -> dict[str, Any]:
        return {**self.seen, "token": self.cleaned_data.get("seen_credential")}

    @property
    def wanted_access(self) -> dict[str, str]:
        return {**self.wanted, "token": self.cleaned_data["token"]}

    def show_stale_access(self, error: StaleEdit, present: Mapping[str, Any]) -> None:
        """As connections.forms.AccessForm: a token is never shown, so whoever wants theirs to stand types it once more."""
        theirs = {name: value for name, value in error.theirs.items() if name != "token"}
        self.show_stale(StaleEdit(theirs=theirs, yours=error.yours, by=error.by))
        if "token" in error.theirs:
            told = {name: self.data[name] for name in self.data}
            self.data = told | {"seen_credential": "" if present["token"] is None else str(present["token"])}
            said = _(
                "Somebody entered another token meanwhile. To replace it, type yours once more; else leave this empty."
            )
            self.add_error("token", said)


class GiveForm(forms.Form):
    """To which team."""

    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), empty_label=_("Choose a team"))

    def __init__(self, data: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        teams = Team.objects.filter(archived_at=None, is_sample=False).order_by("name", "pk")
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
