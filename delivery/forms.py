"""What people type to say what of a repository counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from connectors.records import DeploymentSource, Inspection, Seen
from core.edits import THEIRS, UNSEEN, SeenForm, show
from delivery.claims import Taken
from delivery.models import DeploymentSourceChoice, EnvironmentClass, Service
from delivery.rules import CLASSES, PARTS, Rules, class_of_environment, comparable, guess, parts_of, problems, restored

MAX_PATTERNS = 50


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


def _counted(seen: Seen, what: Promise | str, holder: Service | None = None) -> str:
    return _held(f"{seen.name} · {what}", holder)


def _held(text: str, holder: Service | None) -> str:
    """With the team whose part it is already."""
    if holder is None:
        return text
    whose = _("counts for %(team)s") % {"team": holder.team}
    return f"{text} · {whose}"


def a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


class RulesForm(SeenForm):
    """What of a repository counts: how far back, the one deployment source, production, incident labels.

    `looked` is what the last look at the repository found; `rules` the present ones, or None while connecting: then what other
    services have not `taken` is proposed. What is edited are the parts of the rules, several of which have more than one field.
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
    paths = PatternsField(
        label=_("Folders"),
        required=False,
        help_text=_(
            "Folders, files or patterns of the repository such as services/web or *.sql, one on each line. Changes that touch "
            "none of them do not count here. Leave it empty where the whole repository is one service."
        ),
    )

    def __init__(
        self, data: Any = None, *, looked: Inspection, rules: Rules | None, today: date, taken: Taken | None = None
    ) -> None:
        self.looked, self.today, self.data, self.standing = looked, today, data, rules
        self.taken = taken or Taken()  # other services' parts of the repository
        self.current = self._shown_before(rules) if rules and data is not None else rules
        self.environments = _environments(looked, self.current)
        super().__init__(data, current=parts_of(rules) if rules else {}, initial=self._initial())
        self.fields["deployments"].choices = self._sources()  # type: ignore[attr-defined]
        self.fields["workflows"].choices = self._workflow_choices()  # type: ignore[attr-defined]
        self.fields["labels"].choices = self._label_choices()  # type: ignore[attr-defined]
        if "issues" in looked.missing:
            self.fields["labels"].help_text = _("The token may not read issues, so none are shown here.")
        for environment in self.environments:
            self.fields[environment_field(environment.name)] = forms.ChoiceField(
                label=_held(_environment_label(environment), self.taken.environment(environment.name)),
                choices=EnvironmentClass.choices,
                required=False,
                initial=self._class_of(environment),
            )

    def _shown_before(self, rules: Rules) -> Rules:
        """The rules that the form was filled with when it was shown, as far as it tells them."""
        told = {name: self._sent(f"seen_{name}", name) for name in PARTS}
        return replace(rules, **{name: value for name, value in told.items() if value is not UNSEEN})

    # -- What is proposed, or stands at present

    def _initial(self) -> dict[str, Any]:
        current = self.current
        if current is None:
            return {
                "how_far": "year",
                "deployments": (self.taken.kind or self.looked.proposed_source).value,
                "workflows": [
                    seen.id for seen in self.looked.workflows if seen.proposed and seen.id not in self.taken.workflows
                ],
                "branches": (self.looked.default_branch,) if self.looked.default_branch else (),
                "labels": [
                    seen.name for seen in self.looked.labels if seen.proposed and self.taken.label(seen.name) is None
                ],
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
            "paths": tuple(current.paths),
        }

    def _class_of(self, environment: Seen) -> str:
        if self.current is not None:
            return class_of_environment(environment.name, self.current.environments)
        if self.taken.environment(environment.name) is not None:
            return EnvironmentClass.OTHER
        return EnvironmentClass.PRODUCTION if environment.proposed else guess(environment.name)

    def _sources(self) -> list[tuple[str, str]]:
        deployments = sum(seen.count for seen in self.looked.environments)
        runs = sum(seen.count for seen in self.looked.workflows)
        pushed = (DeploymentSourceChoice.PUSHED.value, str(DeploymentSourceChoice.PUSHED.label))
        if self.current and self.current.deployments is DeploymentSource.PUSHED and not self.looked.url:
            return [pushed]  # there is no repository behind it
        return [
            (DeploymentSourceChoice.DEPLOYMENTS.value, _source_label(DeploymentSourceChoice.DEPLOYMENTS, deployments)),
            (DeploymentSourceChoice.RUNS.value, _source_label(DeploymentSourceChoice.RUNS, runs)),
            pushed,
            (DeploymentSourceChoice.NONE.value, str(DeploymentSourceChoice.NONE.label)),
        ]

    def _workflow_choices(self) -> list[tuple[str, str]]:
        seen = {
            each.id: _counted(each, _times(each.count), self.taken.workflows.get(each.id))
            for each in self.looked.workflows
        }
        chosen = dict(self.current.workflows) if self.current else {}
        return [*seen.items(), *((ident, name) for ident, name in chosen.items() if ident not in seen)]

    def _known_labels(self) -> list[str]:
        return [seen.name for seen in self.looked.labels]

    def _label_choices(self) -> list[tuple[str, str]]:
        return [
            (seen.name, _counted(seen, _issues(seen.count), self.taken.label(seen.name))) for seen in self.looked.labels
        ]

    # -- What was typed

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._clean_since(cleaned)
        if "deployments" in cleaned:
            for name, problem in problems(self.rules).items():
                # What is left to somebody else is judged together with the rest, by the service.
                if self._keeps(name) != THEIRS and self.place(name) not in self.errors:
                    self.add_error(self.place(name), problem)
        return cleaned

    def _clean_since(self, cleaned: dict[str, Any]) -> None:
        if self._keeps("since") == THEIRS:
            self.errors.pop("since", None)
        elif cleaned.get("how_far") == "date" and "since" not in self.errors:
            if cleaned.get("since") is None:
                self.add_error("since", _("Enter the first day to read."))
            elif cleaned["since"] > self.today:
                self.add_error("since", _("This day is in the future. Choose today or a day before."))

    @property
    def _typed_rules(self) -> Rules:
        return self._rules_of(self.cleaned_data)

    def _rules_of(self, values: Mapping[str, Any]) -> Rules:
        """The rules that these values of the fields mean; what is missing means nothing."""
        names = {seen.id: seen.name for seen in self.looked.workflows} | dict(
            self.current.workflows if self.current else ()
        )
        return Rules(
            deployments=DeploymentSource(values["deployments"]),
            environments={each.value: self._environments_of(each, values) for each in CLASSES},
            branches=values.get("branches") or (),
            workflows=tuple((ident, names[ident]) for ident in values.get("workflows") or ()),
            incident_labels=_labels(values),
            paths=values.get("paths") or (),
            since=self._since(values),
        )

    def _environments_of(self, wanted: EnvironmentClass, values: Mapping[str, Any]) -> tuple[str, ...]:
        chosen = [each.name for each in self.environments if self._chosen(each, values) == wanted]
        more = values.get("other_environments") or () if wanted == EnvironmentClass.PRODUCTION else ()
        return tuple(dict.fromkeys([*chosen, *more]))

    def _chosen(self, environment: Seen, values: Mapping[str, Any]) -> Any:
        name = environment_field(environment.name)
        # One that was found since the page was shown was not on it.
        return values.get(name) if self.data is None or name in self.data else self._class_of(environment)

    def _since(self, values: Mapping[str, Any]) -> date | None:
        how_far = values.get("how_far")
        if how_far == "year":
            return a_year_before(self.today)
        return values.get("since") if how_far == "date" else None

    @property
    def rules(self) -> Rules:
        """The rules that are wanted. Of a valid form."""
        return replace(self._typed_rules, **self.wanted) if self.shown else self._typed_rules

    @property
    def proposed(self) -> Rules:
        """The rules that stand in the form when it is shown for the first time."""
        return self._rules_of(self._shown_values())

    # -- Parts instead of fields: core.edits.SeenForm

    def _names(self) -> list[str]:
        return list(PARTS)

    def place(self, name: str) -> str:
        labels = "labels" if self.fields["labels"].choices else "other_labels"  # type: ignore[attr-defined]
        return {"since": "how_far", "environments": "other_environments", "incident_labels": labels}.get(name, name)

    def _mine(self, name: str) -> Any:
        typed = getattr(self._typed_rules, name)
        # A form shows the environments that a pattern stands for one by one, so that sent back unchanged it says more.
        untouched = getattr(self._rules_of(self._shown_values()), name)
        same = comparable(typed) == comparable(untouched)
        return getattr(self.current, name) if same and self.current else typed

    def _shown_values(self) -> dict[str, Any]:
        return {name: field.clean(field.prepare_value(self.get_initial_for_field(field, name)))
                if isinstance(field, PatternsField) else self.get_initial_for_field(field, name)
                for name, field in self.fields.items()}  # fmt: skip

    def _leave(self, name: str, value: Any) -> None:
        """`wanted` looks at what is left to somebody else."""

    def _renew(self, name: str, value: Any) -> None:
        """The fields of a part as they stand in a form of the present rules."""
        fresh = RulesForm(looked=self.looked, rules=self.standing, today=self.today, taken=self.taken)
        places = {"since": ["how_far", "since"], "incident_labels": ["labels", "other_labels"]}.get(name, [name])
        if name == "environments":
            self.environments = fresh.environments
            places = ["other_environments", *(environment_field(each.name) for each in fresh.environments)]
        if name == "workflows":  # one that somebody chose meanwhile may be none of those that are seen
            self.fields[name].choices = fresh.fields[name].choices  # type: ignore[attr-defined]
        for place in places:
            field = self.fields.setdefault(place, fresh.fields[place])
            show(field, fresh.get_initial_for_field(fresh.fields[place], place))

    def _store(self, name: str, value: Any) -> str:
        return json.dumps(value.isoformat() if isinstance(value, date) else value)

    def _restore(self, name: str, text: str) -> Any:
        return restored(name, text)

    def _readable(self, name: str, value: Any) -> str:
        if name == "deployments":
            return str(DeploymentSourceChoice(value).label)
        if name == "since":
            return date_format(value) if value else str(_("All there is"))
        if name == "environments":
            lines = [f"{EnvironmentClass(each).label}: {', '.join(names)}" for each, names in value.items() if names]
        else:
            lines = [each[1] if isinstance(each, (list, tuple)) else each for each in value]
        return "\n".join(lines) or "–"

    # -- For the template

    @property
    def environment_fields(self) -> list[forms.BoundField]:
        return [self[environment_field(each.name)] for each in self.environments]


class PartForm(RulesForm):
    """Another service of a repository that the team reads: its rules, and how it is called."""

    name = forms.CharField(
        label=_("Name of the service"),
        max_length=255,
        help_text=_("As the team calls it. It stands beside its figures."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def environment_field(name: str) -> str:
    """The field of an environment, by its name: a new look may find others and another order."""
    return f"environment_{hashlib.blake2s(name.casefold().encode(), digest_size=5).hexdigest()}"


def _labels(values: Mapping[str, Any]) -> tuple[str, ...]:
    chosen = [*(values.get("labels") or ()), *(values.get("other_labels") or ())]
    return tuple({label.casefold(): label for label in reversed(chosen)}.values())[::-1]


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
