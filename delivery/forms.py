"""What people type to connect a repository and to say what of it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from connections.forms import base_url_field, token_field, understand
from connectors.records import DeploymentSource, Inspection, Seen
from delivery.models import DeploymentSourceChoice, EnvironmentClass
from delivery.rules import CLASSES, Rules, class_of_environment, guess

KIND = "github"  # the only system so far; with a second one the address tells which
MAX_PATTERNS = 50


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
            cleaned["found"] = understand(self, KIND, cleaned["address"], cleaned.get("base_url", ""), field="address")
        return cleaned


class PatternsField(forms.CharField):
    """Names or patterns, one on each line or separated by commas; a tuple without repetitions."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}), max_length=4000, **kwargs)

    def to_python(self, value: Any) -> Any:
        parts = (part.strip() for part in str(value or "").replace(",", "\n").splitlines())
        return tuple(dict.fromkeys(part for part in parts if part))

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MAX_PATTERNS:
            raise forms.ValidationError(_("These are more than %(max)s names.") % {"max": MAX_PATTERNS})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, (list, tuple)) else value


def _counted(seen: Seen, what: Promise | str) -> str:
    return f"{seen.name} · {what}"


def a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


class RulesForm(forms.Form):
    """What of a repository counts: how far back, the one deployment source, production, incident labels.

    `seen` is what the last look at the repository found; `current` the present rules, or None while connecting.
    """

    how_far = forms.ChoiceField(
        label=_("How far back to read"),
        widget=forms.RadioSelect,
        choices=[
            ("year", _("12 months")),
            ("all", _("All there is")),
            ("date", _("From a day on")),
        ],
    )
    since = forms.DateField(
        label=_("First day"),
        required=False,
        help_text=_("Only with “From a day on”."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    deployments = forms.ChoiceField(label=_("What is a deployment"), widget=forms.RadioSelect)
    other_environments = PatternsField(
        label=_("Other production environments"),
        required=False,
        help_text=_(
            "Names or patterns such as prod-*, one on each line. An environment that nothing names never counts."
        ),
    )
    workflows = forms.MultipleChoiceField(
        label=_("Workflows that deploy"), required=False, widget=forms.CheckboxSelectMultiple
    )
    branches = PatternsField(
        label=_("Production branches"),
        required=False,
        help_text=_(
            "Names or patterns such as release/*, one on each line; * is every branch. Runs on other branches never count."
        ),
    )
    labels = forms.MultipleChoiceField(
        label=_("Labels of incidents"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("An issue with one of these is an incident, from its opening to its closing."),
    )
    other_labels = PatternsField(label=_("Other labels"), required=False, help_text=_("One on each line."))

    def __init__(self, *args: Any, seen: Inspection, current: Rules | None, today: date, **kwargs: Any) -> None:
        self.seen, self.current, self.today = seen, current, today
        self.environments = _environments(seen, current)
        kwargs["initial"] = self._initial()
        super().__init__(*args, **kwargs)
        self.fields["deployments"].choices = self._sources()  # type: ignore[attr-defined]
        self.fields["workflows"].choices = self._workflow_choices()  # type: ignore[attr-defined]
        self.fields["labels"].choices = self._label_choices()  # type: ignore[attr-defined]
        if "issues" in seen.missing:
            self.fields["labels"].help_text = _("The token may not read issues, so none are shown here.")
        for number, environment in enumerate(self.environments):
            self.fields[f"environment_{number}"] = forms.ChoiceField(
                label=_environment_label(environment),
                choices=EnvironmentClass.choices,
                required=False,
                initial=self._class_of(environment),
            )

    # -- What is proposed, or stands at present

    def _initial(self) -> dict[str, Any]:
        current = self.current
        if current is None:
            return {
                "how_far": "year",
                "deployments": self.seen.proposed_source.value,
                "workflows": [seen.id for seen in self.seen.workflows if seen.proposed],
                "branches": (self.seen.default_branch,) if self.seen.default_branch else (),
                "labels": [seen.name for seen in self.seen.labels if seen.proposed],
            }
        named = {environment.name.casefold() for environment in self.environments}
        known = {label.casefold() for label in self._known_labels()}
        return {
            "how_far": "date" if current.since else "all",
            "since": current.since,
            "deployments": current.deployments.value,
            "other_environments": _not_in(named, current.environments.get(EnvironmentClass.PRODUCTION, ())),
            "workflows": [ident for ident, _name in current.workflows],
            "branches": tuple(current.branches),
            "labels": _in(current.incident_labels, self._known_labels()),
            "other_labels": _not_in(known, current.incident_labels),
        }

    def _class_of(self, environment: Seen) -> str:
        if self.current is not None:
            return class_of_environment(environment.name, self.current.environments)
        return EnvironmentClass.PRODUCTION if environment.proposed else guess(environment.name)

    def _sources(self) -> list[tuple[str, str]]:
        deployments = sum(seen.count for seen in self.seen.environments)
        runs = sum(seen.count for seen in self.seen.workflows)
        return [
            (DeploymentSourceChoice.DEPLOYMENTS.value, _source_label(DeploymentSourceChoice.DEPLOYMENTS, deployments)),
            (DeploymentSourceChoice.RUNS.value, _source_label(DeploymentSourceChoice.RUNS, runs)),
            (DeploymentSourceChoice.NONE.value, str(DeploymentSourceChoice.NONE.label)),
        ]

    def _workflow_choices(self) -> list[tuple[str, str]]:
        seen = {each.id: _counted(each, _times(each.count)) for each in self.seen.workflows}
        chosen = dict(self.current.workflows) if self.current else {}
        return [*seen.items(), *((ident, name) for ident, name in chosen.items() if ident not in seen)]

    def _known_labels(self) -> list[str]:
        return [seen.name for seen in self.seen.labels]

    def _label_choices(self) -> list[tuple[str, str]]:
        return [(seen.name, _counted(seen, _issues(seen.count))) for seen in self.seen.labels]

    # -- What was typed

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._clean_since(cleaned)
        source = cleaned.get("deployments")
        if source == DeploymentSourceChoice.DEPLOYMENTS and not self._environments_of(EnvironmentClass.PRODUCTION):
            self.add_error(
                "other_environments",
                _(
                    "Choose at least one production environment, or name one: without it no deployment would ever count."
                ),
            )
        if source == DeploymentSourceChoice.RUNS:
            if not cleaned.get("workflows") and "workflows" not in self.errors:
                self.add_error("workflows", _("Choose at least one workflow."))
            if not cleaned.get("branches") and "branches" not in self.errors:
                self.add_error("branches", _("Name at least one branch, or * for every branch."))
        if source == DeploymentSourceChoice.NONE and not self._labels():
            self.add_error(
                "labels", _("Choose at least one label: without deployments and incidents nothing would be read.")
            )
        return cleaned

    def _clean_since(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("how_far") != "date" or "since" in self.errors:
            return
        if cleaned.get("since") is None:
            self.add_error("since", _("Enter the first day to read."))
        elif cleaned["since"] > self.today:
            self.add_error("since", _("This day is in the future. Choose today or a day before."))

    def _environments_of(self, wanted: EnvironmentClass) -> tuple[str, ...]:
        chosen = [
            environment.name
            for number, environment in enumerate(self.environments)
            if self.cleaned_data.get(f"environment_{number}") == wanted
        ]
        more = self.cleaned_data.get("other_environments") or () if wanted == EnvironmentClass.PRODUCTION else ()
        return tuple(dict.fromkeys([*chosen, *more]))

    def _labels(self) -> tuple[str, ...]:
        chosen = [*(self.cleaned_data.get("labels") or ()), *(self.cleaned_data.get("other_labels") or ())]
        return tuple({label.casefold(): label for label in reversed(chosen)}.values())[::-1]

    @property
    def rules(self) -> Rules:
        """The rules that were chosen. Of a valid form."""
        cleaned = self.cleaned_data
        names = {seen.id: seen.name for seen in self.seen.workflows} | dict(
            self.current.workflows if self.current else ()
        )
        return Rules(
            deployments=DeploymentSource(cleaned["deployments"]),
            environments={each.value: self._environments_of(each) for each in CLASSES},
            branches=cleaned["branches"],
            workflows=tuple((ident, names[ident]) for ident in cleaned["workflows"]),
            incident_labels=self._labels(),
            since=self._since(),
        )

    def _since(self) -> date | None:
        how_far = self.cleaned_data["how_far"]
        if how_far == "all":
            return None
        return self.cleaned_data["since"] if how_far == "date" else a_year_before(self.today)

    # -- For the template

    @property
    def environment_fields(self) -> list[forms.BoundField]:
        return [self[f"environment_{number}"] for number in range(len(self.environments))]


def _environments(seen: Inspection, current: Rules | None) -> list[Seen]:
    """Those that were seen, and those that rules for staging and testing name."""
    found = list(seen.environments)
    names = {each.name.casefold() for each in found}
    for each in CLASSES[1:]:
        for name in (current.environments if current else {}).get(each, ()):
            if name.casefold() not in names:
                names.add(name.casefold())
                found.append(Seen(name, name, 0, False))
    return found


def _environment_label(environment: Seen) -> str:
    if not environment.count:
        return environment.name
    text = ngettext("%(count)s deployment", "%(count)s deployments", environment.count)
    return f"{environment.name} · {text % {'count': environment.count}}"


def _times(count: int) -> str:
    return ngettext("%(count)s run", "%(count)s runs", count) % {"count": count}


def _issues(count: int) -> str:
    return ngettext("%(count)s issue", "%(count)s issues", count) % {"count": count}


def _source_label(choice: DeploymentSourceChoice, count: int) -> str:
    # The look reads one page of each listing: what is beyond it is read by the sync.
    text = ngettext("%(count)s among the newest", "%(count)s among the newest", count)
    return f"{choice.label} · {text % {'count': count}}"


def _in(names: Iterable[str], known: Sequence[str]) -> list[str]:
    """The known spelling of those names that are known."""
    spelling: Mapping[str, str] = {each.casefold(): each for each in known}
    return [spelling[name.casefold()] for name in names if name.casefold() in spelling]


def _not_in(known: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name.casefold() not in known)
