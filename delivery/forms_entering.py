"""What people type to enter a deployment or an incident by hand, and which alerts are incidents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import URLValidator
from django.utils.formats import date_format
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from core import clock
from core.edits import SeenForm
from core.forms import RequestForm
from core.refusals import Refused
from core.tables import cells
from delivery.by_hand import OF_DEPLOYMENT, OF_INCIDENT, deployment_fields, incident_fields
from delivery.forms import PatternsField
from delivery.models import AlertRule, Deployment, EnvironmentClass, Feeder, Incident, OutcomeChoice, Service
from delivery.sanity import NO_PAGE
from teams.models import Team

PLAIN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")


class InstantInput(forms.TextInput):
    """The browser's own field of a day and a time; one of text for an instant that it cannot hold, as it knows no offset."""

    zone = ZoneInfo("UTC")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["type"] = "datetime-local" if self._fits(context["widget"]["value"] or "") else "text"
        return context

    def _fits(self, text: str) -> bool:
        try:
            return not text or bool(PLAIN.fullmatch(text) and cells.instant(text, self.zone))
        except Refused:
            return False


class InstantField(forms.Field):
    """An instant on the team's clock, which the form gives it. Read as the importer reads one, with its words."""

    widget = InstantInput
    zone = ZoneInfo("UTC")

    def on_clock(self, zone: ZoneInfo) -> None:
        self.zone = self.widget.zone = zone  # type: ignore[misc]
        said = now("Time of %(zone)s.") % {"zone": zone.key}
        self.help_text = f"{self.help_text} {said}".strip()

    def to_python(self, value: Any) -> datetime | None:
        try:
            return value if isinstance(value, datetime) else cells.instant(value or "", self.zone)
        except Refused as error:
            raise forms.ValidationError(error.message, code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        """To the minute, with seconds where there are some; with its offset in the hour that the clocks show twice."""
        if not isinstance(value, datetime):
            return value
        local = value.astimezone(self.zone)
        text = local.replace(tzinfo=None, fold=0).isoformat("T", "seconds" if local.second else "minutes")
        return local.isoformat("T", "seconds" if local.second else "minutes") if clock.shown_twice(local) else text


def on_clock(form: forms.Form, zone: ZoneInfo) -> None:
    """Let all instants of the form be of this zone."""
    for field in form.fields.values():
        if isinstance(field, InstantField):
            field.on_clock(zone)


class PageField(forms.URLField):
    """The address of a page where people read more."""

    default_error_messages = {"invalid": NO_PAGE}
    default_validators = [URLValidator(schemes=["http", "https"], message=NO_PAGE)]

    def __init__(self) -> None:
        super().__init__(label=_("Address"), max_length=1000, required=False, assume_scheme="https")


class _SeenForm(SeenForm):
    """With instants as people read them, on the team's clock."""

    def __init__(self, data: Any, *, current: Mapping[str, Any], zone: ZoneInfo) -> None:
        super().__init__(data, current=current)
        self.zone = zone
        on_clock(self, zone)
        for name in self.shown:
            self.fields[f"seen_{name}"].initial = self._store(name, current[name])

    def _readable(self, name: str, value: Any) -> str:
        if isinstance(value, datetime):
            return date_format(value.astimezone(self.zone), "DATETIME_FORMAT")
        return super()._readable(name, value)


class _DeploymentFields(forms.Form):
    environment = forms.CharField(label=_("Environment"), max_length=255, initial="production")
    outcome = forms.ChoiceField(label=_("Outcome"), choices=OutcomeChoice.choices, initial=OutcomeChoice.SUCCEEDED)
    created_at = InstantField(label=_("Began"), required=False, help_text=_("Left empty: when it finished."))
    finished_at = InstantField(label=_("Finished"), required=False)
    title = forms.CharField(label=_("Title"), max_length=500, required=False)
    branch = forms.CharField(label=_("Branch"), max_length=255, required=False)
    sha = forms.CharField(label=_("Commit"), max_length=64, required=False, help_text=_("Or the version."))
    url = PageField()


class DeploymentForm(RequestForm, _DeploymentFields):
    service = forms.CharField(
        label=_("Service"),
        max_length=255,
        help_text=_("One whose deployments people bring, or a new name."),
        widget=forms.TextInput(attrs={"list": "services", "autocomplete": "off"}),
    )
    environment_class = forms.ChoiceField(
        label=_("What this environment is"),
        required=False,
        choices=[("", _("As the rules of the service say")), *EnvironmentClass.choices],
    )
    field_order = ("service", "environment", "environment_class", "outcome", "created_at", "finished_at")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on_clock(self, team.zone)
        live = Service.objects.of(team).live().listed()
        self.services = [each.name for each in live if each.fed_by == Feeder.PEOPLE]


class EditDeploymentForm(_SeenForm, _DeploymentFields):
    def __init__(self, data: Any = None, *, row: Deployment) -> None:
        super().__init__(data, current=deployment_fields(row), zone=row.service.team.zone)

    def _names(self) -> list[str]:
        return list(OF_DEPLOYMENT)


class _IncidentFields(forms.Form):
    title = forms.CharField(label=_("What was broken"), max_length=500)
    began_at = InstantField(label=_("Began"))
    resolved_at = InstantField(label=_("Resolved"), required=False, help_text=_("Left empty while it is open."))
    url = PageField()


class IncidentForm(RequestForm, _IncidentFields):
    service = forms.ModelChoiceField(
        label=_("Service"), queryset=Service.objects.none(), required=False, empty_label=_("None: the whole team")
    )
    field_order = ("service", "title", "began_at", "resolved_at", "url")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on_clock(self, team.zone)
        self.fields["service"].queryset = Service.objects.of(team).live().listed()  # type: ignore[attr-defined]


class EditIncidentForm(_SeenForm, _IncidentFields):
    def __init__(self, data: Any = None, *, row: Incident) -> None:
        super().__init__(data, current=incident_fields(row), zone=row.team.zone)

    def _names(self) -> list[str]:
        return list(OF_INCIDENT)


class AlertRuleForm(SeenForm):
    """Which alerts are incidents: those that have one of these values in this label."""

    label = forms.CharField(
        label=_("Label"), max_length=100, widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"})
    )
    values = PatternsField(label=_("Values"), help_text=_("One on each line; upper and lower case are alike."))

    def __init__(self, data: Any = None, *, rule: AlertRule) -> None:
        super().__init__(data, current={"label": rule.label, "values": tuple(rule.values)})
