"""The forms of people and teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from core.edits import SeenForm
from teams.models import (
    JobRole,
    OrganisationRole,
    Person,
    SecondFactor,
    Team,
    TeamGroup,
    TeamRole,
    Theme,
    time_zones,
)
from teams.names import NameField

_CONTINENTS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


def _by_continent() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every city's zone. Names like “Japan” and “Etc/GMT+9” are still valid, but not offered."""
    zones = sorted(name for name in time_zones() if "/" in name)
    return [
        (continent, [(name, name.partition("/")[2].replace("_", " ")) for name in zones if name.startswith(continent)])
        for continent in _CONTINENTS
    ]


ZONES = [("UTC", "UTC"), *_by_continent()]


class ZoneSelect(forms.Select):
    """Offers the present value too, where it is a zone that is not in the list."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        groups = super().optgroups(name, value, attrs)
        if value and value[0] and not any(option["selected"] for _name, options, _i in groups for option in options):
            option = self.create_option(name, value[0], value[0], True, len(groups))
            groups.append((None, [option], len(groups)))
        return groups


class ZoneField(forms.ChoiceField):
    """A time zone. With `empty`, "" means that the organisation's is used; with `own`, the browser's own is proposed."""

    def __init__(self, *, empty: Any = None, own: bool = False, **kwargs: Any) -> None:
        choices = ZONES if empty is None else [("", empty), *ZONES]
        widget = ZoneSelect(attrs={"data-own-zone": True} if own else None)
        super().__init__(choices=choices, required=empty is None, widget=widget, **kwargs)

    def valid_value(self, value: Any) -> bool:
        return value in time_zones()

    def bound_data(self, data: Any, initial: Any) -> Any:
        # What somebody chose is not proposed away when the form comes back with an error.
        self.widget.attrs.pop("data-own-zone", None)
        return super().bound_data(data, initial)


class PasswordField(forms.CharField):
    def __init__(self, *, new: bool = False, **kwargs: Any) -> None:
        complete = "new-password" if new else "current-password"
        kwargs.setdefault("label", _("Password"))
        super().__init__(strip=False, widget=forms.PasswordInput(attrs={"autocomplete": complete}), **kwargs)
        if new and not self.help_text:
            self.help_text = _("At least 10 characters. A few words in a row are easy to keep in mind.")


def _name(**kwargs: Any) -> NameField:
    kwargs.setdefault("label", _("Your name"))
    return NameField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}), **kwargs)


def _email(**kwargs: Any) -> forms.EmailField:
    kwargs.setdefault("label", _("E-mail address"))
    return forms.EmailField(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}), **kwargs)


def _language(**kwargs: Any) -> forms.ChoiceField:
    kwargs.setdefault("label", _("Language"))
    return forms.ChoiceField(choices=_languages, **kwargs)


def _languages() -> list[tuple[str, str]]:
    """Each language in its own words, to be found by whoever reads no other."""
    own = {"en": "English", "ja": "日本語"}
    return [(code, own.get(code, str(name))) for code, name in settings.LANGUAGES]


class NewPersonForm(forms.Form):
    """What an account needs. The password is checked against name and address too."""

    name = _name()
    email = _email()
    password = PasswordField(new=True)
    language = _language()

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> None:
        data = self.cleaned_data
        if "password" in data:
            try:
                password_validation.validate_password(
                    data["password"], Person(name=data.get("name", ""), email=data.get("email", ""))
                )
            except forms.ValidationError as error:
                self.add_error("password", error)


class SetupForm(NewPersonForm):
    code = forms.CharField(
        label=_("Set-up code"),
        help_text=_("The portal showed it where it was started."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    organisation = NameField(
        label=_("Organisation"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    time_zone = ZoneField(
        label=_("Time zone"),
        help_text=_("Days and weeks of all figures are those of this zone. A team may have its own."),
        initial="UTC",
        own=True,
    )
    field_order = ["code", "organisation", "name", "email", "password", "language", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.initial:
            self.fields["time_zone"].widget.attrs.pop("data-own-zone", None)


class InvitedForm(NewPersonForm):
    """The account of somebody who was invited, `initial` in the organisation's zone. An invitation with an address fixes it."""

    time_zone = ZoneField(label=_("Time zone"))

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if email:
            self.initial["email"] = email
            self.fields["email"].disabled = True


class TeamForm(forms.Form):
    name = NameField(max_length=80)
    group = forms.ModelChoiceField(
        label=_("Group"), queryset=TeamGroup.objects.offered_to(None), required=False, empty_label=_("No group")
    )
    time_zone = ZoneField(label=_("Time zone"), empty=_("The organisation's"))


class NewTeamForm(TeamForm):
    join = forms.BooleanField(label=_("I belong to this team, as team admin"), required=False, initial=True)


class TeamSettingsForm(SeenForm, TeamForm):
    """A team's settings; the fields that `current` does not hold are not this person's to change."""

    def __init__(self, data: Any = None, *, current: Mapping[str, Any], team: Team, **kwargs: Any) -> None:
        super().__init__(data, current=current, **kwargs)
        for name in TeamForm.base_fields.keys() - current.keys():
            del self.fields[name]
        if "group" in self.fields:
            self.fields["group"].queryset = TeamGroup.objects.offered_to(team)  # type: ignore[attr-defined]


class GroupForm(forms.Form):
    name = NameField(max_length=80)


class GroupNameForm(SeenForm):
    """A line of the list of groups."""

    name = NameField(max_length=80, widget=forms.TextInput(attrs={"class": "form-control form-control-sm"}))


class InvitationForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=TeamRole.choices, initial=TeamRole.EDITOR)
    job_role = forms.ChoiceField(label=_("Job"), choices=[("", _("None")), *JobRole.choices], required=False)
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        help_text=_(
            "With an address, whoever has the link joins under this address. No mail is sent: you pass the link on."
        ),
    )


class MemberForm(SeenForm):
    """A line of the list of members; its fields are rendered bare, so they bring their class."""

    role = forms.ChoiceField(
        label=_("Role"), choices=TeamRole.choices, widget=forms.Select(attrs={"class": "form-select form-select-sm"})
    )
    job_role = forms.ChoiceField(
        label=_("Job"),
        choices=[("", _("No job")), *JobRole.choices],
        required=False,
        widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
    )


class RoleForm(SeenForm):
    organisation_role = forms.ChoiceField(label=_("Role"), choices=OrganisationRole.choices)


class AccountForm(SeenForm):
    name = _name(label=_("Name"))
    language = _language()
    theme = forms.ChoiceField(label=_("Appearance"), choices=Theme.choices)
    time_zone = ZoneField(label=_("Time zone"))


class OrganisationForm(SeenForm):
    name = NameField(max_length=120)
    language = _language(
        label=_("Default language"), help_text=_("For people whose browser asks for neither language.")
    )
    time_zone = ZoneField(
        label=_("Time zone"),
        help_text=_("Days and weeks of all figures are those of this zone, except for teams with their own."),
    )
    second_factor = forms.ChoiceField(
        label=_("Who must have a second factor"),
        choices=SecondFactor.choices,
        help_text=_("Who has none yet is led to set one up before anything else. API tokens are not affected."),
    )
