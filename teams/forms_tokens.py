"""The form of a new API token."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core import clock
from core.forms import DayField
from teams import key_results
from teams.models import Team, TokenScope
from teams.names import NameField
from teams.services.tokens import LONGEST

ON_A_DAY = "date"
LASTS = [("30", _("30 days")), ("90", _("90 days")), ("365", _("A year")), (ON_A_DAY, _("Until a day"))]


class TokenForm(forms.Form):
    """`key_result` counts for that scope only, `expires_on` only where a day was chosen; the style hides them otherwise."""

    name = NameField(max_length=80, help_text=_("What will use it, as “CI of the churn model”."))
    scope = forms.ChoiceField(label=_("Scope"), choices=TokenScope.choices, initial=TokenScope.READ)
    key_result = forms.TypedChoiceField(
        label=_("Key result"),
        coerce=int,
        empty_value=None,
        error_messages={"required": _("Choose one of the team's open key results.")},
    )
    lasts = forms.ChoiceField(label=_("Lasts"), choices=LASTS, initial="90")
    expires_on = DayField(
        label=_("Last day"), help_text=_("Within a year."), error_messages={"required": _("Choose the last day.")}
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        chosen: Any = self.fields["key_result"]
        chosen.choices = [("", _("Choose one")), *((each.pk, each.title) for each in key_results.open_of(team))]
        chosen.required = self._asks("scope", TokenScope.KEY_RESULT)
        self.fields["expires_on"].required = self._asks("lasts", ON_A_DAY)
        today = clock.today(team.zone)
        self.fields["expires_on"].widget.attrs.update(min=str(today), max=str(today + LONGEST))

    def _asks(self, name: str, value: str) -> bool:
        """Whether the form that was sent wants what depends on this choice; the empty one shows it as something it may want."""
        return not self.is_bound or self.data.get(name) == value

    @property
    def wanted(self) -> dict[str, Any]:
        """What services.tokens.create_token takes."""
        sent = self.cleaned_data
        return {
            "name": sent["name"],
            "scope": sent["scope"],
            "key_result_id": sent["key_result"] if sent["scope"] == TokenScope.KEY_RESULT else None,
            "expires_at": self._expires_at(),
        }

    def _expires_at(self) -> datetime:
        lasts = self.cleaned_data["lasts"]
        if lasts != ON_A_DAY:
            return clock.now() + timedelta(days=int(lasts))
        # The whole of the last day, in the team's zone.
        return datetime.combine(self.cleaned_data["expires_on"], time(23, 59, 59), self.team.zone)
