"""What people choose and type about notices and channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.edits import SeenForm
from notices import kinds
from notices.models import ChannelKind, Digest, Weekday
from teams.names import NameField


class _Clock(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class PreferencesForm(SeenForm):
    """All that a person can choose: services.choosing.chosen()."""

    digest = forms.ChoiceField(label=_("Mails leave"), choices=Digest.choices)
    digest_weekday = forms.TypedChoiceField(label=_("Day of the week"), choices=Weekday.choices, coerce=int)
    digest_hour = forms.TypedChoiceField(
        label=_("Hour"), choices=[(hour, f"{hour:02}:00") for hour in range(24)], coerce=int
    )
    quiet_from = forms.TimeField(label=_("No mail from"), required=False, widget=_Clock)
    quiet_until = forms.TimeField(label=_("No mail until"), required=False, widget=_Clock)
    no_mail = forms.BooleanField(label=_("No mail at all"), required=False)

    def __init__(self, data: Any = None, *, current: Mapping[str, Any]) -> None:
        self.base_fields = {**type(self).base_fields, **_for_kinds()}  # type: ignore[misc]  # as those of the class, before they are copied
        super().__init__(data, current=current)

    @property
    def kinds(self) -> list[tuple[kinds.Kind, forms.BoundField, forms.BoundField]]:
        """Each kind with its two fields."""
        return [(kind, self[f"inbox_{kind.id}"], self[f"mail_{kind.id}"]) for kind in kinds.all_kinds()]


def _for_kinds() -> dict[str, forms.Field]:
    made: dict[str, forms.Field] = {}
    for kind in kinds.all_kinds():
        made[f"inbox_{kind.id}"] = forms.BooleanField(label=_("Inbox"), required=False)
        made[f"mail_{kind.id}"] = forms.BooleanField(label=_("Mail"), required=False)
    return made


class AddressField(forms.CharField):
    """The address of a channel holds a secret: it is never sent back to the page, after a refusal it is typed again."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=2000, widget=widget, **kwargs)


class NewChannelForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=ChannelKind.choices)
    name = NameField(label=_("Name"), max_length=80, help_text=_("As people know it, for example #ml-forecasting."))
    address = AddressField(
        label=_("Address"),
        help_text=_("Of the incoming webhook that you made there. It is stored encrypted and never shown again."),
    )
    wants = forms.MultipleChoiceField(
        label=_("It gets"),
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [(kind.id, kind.title) for kind in kinds.for_channels()],
        error_messages={"required": _("Choose at least one kind of notices.")},
    )


class ChannelForm(SeenForm):
    """What can be changed of a channel: services.channels.chosen()."""

    name = NameField(label=_("Name"), max_length=80)

    def __init__(self, data: Any = None, *, current: Mapping[str, Any]) -> None:
        wanted = {
            f"gets_{kind.id}": forms.BooleanField(label=str(kind.title), required=False)
            for kind in kinds.for_channels()
        }
        self.base_fields = {**type(self).base_fields, **wanted}  # type: ignore[misc]  # as those of the class, before they are copied
        super().__init__(data, current=current)

    @property
    def gets(self) -> list[forms.BoundField]:
        return [self[f"gets_{kind.id}"] for kind in kinds.for_channels()]


class NewAddressForm(forms.Form):
    address = AddressField(label=_("New address"))
