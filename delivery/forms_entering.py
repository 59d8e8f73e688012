"""What people type to enter a deployment or an incident by hand, and which alerts are incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from core.edits import SeenForm
from core.forms import RequestForm
from delivery.by_hand import OF_DEPLOYMENT, OF_INCIDENT, deployment_fields, incident_fields
from delivery.forms import PatternsField
from delivery.models import AlertRule, Deployment, EnvironmentClass, Feeder, Incident, OutcomeChoice, Service
from delivery.sanity import NO_PAGE
from teams.models import Team


class InstantInput(forms.DateTimeInput):
    """The browser's own field of a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class InstantField(forms.DateTimeField):
    """An instant to the minute, on the reader's clock."""

    widget = InstantInput
    default_error_messages = {"invalid": _("Write day and time as 2026-04-01T14:30.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)


class PageField(forms.URLField):
    """The address of a page where people read more."""

    default_error_messages = {"invalid": NO_PAGE}
    default_validators = [URLValidator(schemes=["http", "https"], message=NO_PAGE)]

    def __init__(self) -> None:
        super().__init__(label=_("Address"), max_length=1000, required=False, assume_scheme="https")


class _SeenForm(SeenForm):
    """With instants as people read them."""

    def _readable(self, name: str, value: Any) -> str:
        if isinstance(value, datetime):
            return date_format(localtime(value), "DATETIME_FORMAT")
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
        live = Service.objects.of(team).live().listed()
        self.services = [each.name for each in live if each.fed_by == Feeder.PEOPLE]


class EditDeploymentForm(_SeenForm, _DeploymentFields):
    def __init__(self, data: Any = None, *, row: Deployment) -> None:
        super().__init__(data, current=deployment_fields(row))

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
        self.fields["service"].queryset = Service.objects.of(team).live().listed()  # type: ignore[attr-defined]


class EditIncidentForm(_SeenForm, _IncidentFields):
    def __init__(self, data: Any = None, *, row: Incident) -> None:
        super().__init__(data, current=incident_fields(row))

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
