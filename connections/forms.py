"""What people type about connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections import messages
from connections.refused import TOKEN_CODES
from connectors.records import Address
from connectors.registry import CONNECTORS
from core.edits import SeenForm, StaleEdit
from core.http import OutgoingError

ADDRESS_PROBLEMS: dict[str, Any] = {
    "empty": _("Paste the address of a repository, as https://github.com/owner/name."),
    "not_an_address": _("This is not an address. Paste that of a repository, as https://github.com/owner/name."),
    "unsupported_scheme": _("The address must start with https://."),
    "no_repository": _(
        "This address names no repository. It should end in owner/name, as https://github.com/owner/name."
    ),
    "bad_base_url": _("This is not the address of an API. It looks like https://github.example.com/api/v3."),
}


def token_field(label: Any, *, required: bool = True) -> forms.CharField:
    """A token is never sent back to the page: after a refusal it is typed again."""
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, widget=widget, max_length=500, required=required)


def base_url_field() -> forms.CharField:
    return forms.CharField(
        label=_("Address of the API"),
        required=False,
        max_length=300,
        help_text=_("Only for GitHub Enterprise, and only where it differs from https://your-host/api/v3."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )


def understand(form: forms.Form, kind: str, text: str, base_url: str, *, field: str) -> Address | None:
    """The address that was typed, or None with a sentence at its field."""
    try:
        return CONNECTORS[kind].parse_address(text, base_url)
    except ValueError as error:
        code = str(error)
        form.add_error(
            "base_url" if code == "bad_base_url" else field, ADDRESS_PROBLEMS.get(code, ADDRESS_PROBLEMS["empty"])
        )
        return None


def show_refusal(form: forms.Form, error: OutgoingError, *, field: str) -> None:
    """The sentence of a refused look, at the token or at the address, whichever can be put right."""
    sentence = messages.refusal(error.code, error.params)
    form.add_error("token" if error.code in TOKEN_CODES else field, sentence)


class AccessForm(SeenForm):
    """A new token for a connection, and its API's address. `current` is what services.access_of says."""

    token = token_field(_("New token"), required=False)
    base_url = base_url_field()

    seen_credential = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, kind: str, repository: str, current: Mapping[str, Any], needs_token: bool
    ) -> None:
        super().__init__(data, current={"base_url": current["base_url"]})
        self.initial["seen_credential"] = current["token"]
        self.kind, self.repository = kind, repository
        self.fields["token"].required = needs_token
        self.fields["base_url"].required = True
        self.fields["base_url"].help_text = _("Another host gets nothing of the stored token: enter one for it.")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "base_url" in cleaned:
            cleaned["address"] = understand(self, self.kind, self.repository, cleaned["base_url"], field="base_url")
        return cleaned

    @property
    def seen_access(self) -> dict[str, Any]:
        return {**self.seen, "token": self.cleaned_data.get("seen_credential")}

    def show_stale_access(self, error: StaleEdit, present: Mapping[str, Any]) -> None:
        """A token is never shown: whoever wants theirs to stand types it once more, having seen that there is another."""
        theirs = {name: value for name, value in error.theirs.items() if name != "token"}
        self.show_stale(StaleEdit(theirs=theirs, yours=error.yours, by=error.by))
        if "token" in error.theirs:
            by = error.by.get("token")
            message = (
                _(
                    "%(name)s entered another token meanwhile. To replace it, type yours once more; else leave this empty."
                )
                if by
                else _(
                    "Somebody entered another token meanwhile. To replace it, type yours once more; else leave this empty."
                )
            )
            self.add_error("token", str(message) % {"name": by and by.name})
            told = {name: self.data[name] for name in self.data}
            self.data = told | {"seen_credential": "" if present["token"] is None else str(present["token"])}
