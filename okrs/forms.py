"""The forms of the OKRs' pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

import core.refusals
from core import figures
from core.content import text
from core.edits import SeenForm, StaleEdit
from core.forms import DayField, RequestForm
from okrs import template
from okrs.fields import NumberField, OwnerField, PhasesField, WholeField
from okrs.kinds import HUMAN, Kind
from okrs.models import Cycle, KeyResult, Objective
from okrs.rows import KeyResultRow
from okrs.services import OkrError, SameStartAndTarget
from okrs.services.key_results import NUMBERS_OF, entry_fields, feeds_itself
from okrs.standing import Standing
from teams.models import Person, Team

WEEKDAYS = [
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
]


# -- Cycles -------------------------------------------------------------------------------------------------------


class CycleForm(SeenForm):
    """Its fields are the arguments of services.create_cycle and FIELDS of services.cycles."""

    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day"))
    title = forms.CharField(label=_("Name"), required=False, help_text=_("Left empty: its months, as Oct – Dec 2026."))
    weekday = forms.TypedChoiceField(label=_("Check-ins are due on"), choices=WEEKDAYS, coerce=int)
    every_weeks = forms.TypedChoiceField(
        label=_("How often"),
        choices=[(1, _("every week")), (2, _("every two weeks")), (4, _("every four weeks"))],
        coerce=int,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        current: Mapping[str, Any] | None = None,
        proposed: tuple[date, date] | None = None,
    ) -> None:
        """`current`: what the cycle to be edited has; `proposed`: the days of a new one."""
        super().__init__(data, current=current or {})
        if proposed:
            first_day, last_day = proposed
            self.initial = {"first_day": first_day, "last_day": last_day, "weekday": 0, "every_weeks": 1}


class CloseForm(forms.Form):
    """A grade for each key result, 0.0 to 1.0; `rows` as (row, field)."""

    def __init__(self, data: Any = None, *, key_results: list[KeyResultRow]) -> None:
        super().__init__(data)
        self.key_results = key_results
        for row in key_results:
            proposed = round(row.standing.progress or 0.0, 2)
            self.fields[f"grade_{row.key_result.pk}"] = NumberField(label=row.key_result.title, initial=proposed)

    @property
    def rows(self) -> list[tuple[KeyResultRow, forms.BoundField]]:
        return [(row, self[f"grade_{row.key_result.pk}"]) for row in self.key_results]

    @property
    def grades(self) -> dict[int, float]:
        return {row.key_result.pk: self.cleaned_data[f"grade_{row.key_result.pk}"] for row in self.key_results}

    def clean(self) -> None:
        for name, value in list(self.cleaned_data.items()):
            if value is None or not 0 <= value <= 1:
                self.add_error(name, now("A grade lies between 0.0 and 1.0."))


class CarryForm(forms.Form):
    into = forms.ModelChoiceField(label=_("Into the cycle"), queryset=Cycle.objects.none(), empty_label=None)
    only = forms.MultipleChoiceField(
        label=_("Key results that are still open"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, data: Any = None, *, cycles: Any, open_rows: list[KeyResultRow]) -> None:
        super().__init__(data)
        self.fields["into"].queryset = cycles  # type: ignore[attr-defined]
        choices = [(row.key_result.pk, f"{row.key_result.title} · {row.value}") for row in open_rows]
        self.fields["only"].choices = choices  # type: ignore[attr-defined]
        self.fields["only"].initial = [pk for pk, _title in choices]


# -- Objectives ---------------------------------------------------------------------------------------------------


class ObjectiveForm(SeenForm):
    """Of a team, or of the organisation (`team` None); `objective` None: a new one."""

    title = forms.CharField(label=_("Objective"), help_text=_("What shall be different at the end of the cycle?"))
    business_metric = forms.CharField(label=_("Business metric"))
    why = forms.CharField(label=_("Why"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    supports = forms.ModelChoiceField(
        label=_("Supports"),
        queryset=Objective.objects.none(),
        required=False,
        empty_label=_("No objective of the organisation"),
    )
    owner = OwnerField()
    weight = NumberField(label=_("Weight"), initial=1.0, help_text=_("Among the objectives of the cycle."))

    def __init__(
        self, data: Any = None, *, team: Team | None, cycle: Cycle, objective: Objective | None = None
    ) -> None:
        current = {name: getattr(objective, name) for name in self.base_fields} if objective else {}
        super().__init__(data, current=current)
        example = template.load()
        self.fields["business_metric"].help_text = text(example.business_metric_help)
        self.fields["business_metric"].widget.attrs["placeholder"] = text(example.business_metric_example)
        present = objective.owner if objective else None
        self.fields["owner"].offer(team, present, of_sample=cycle.is_sample)  # type: ignore[attr-defined]
        offered = (
            Objective.objects.of(None)
            .live()
            .filter(cycle__first_day__lte=cycle.last_day, cycle__last_day__gte=cycle.first_day)
        )
        kept = Q(pk__in=offered.values("pk")) | Q(pk=objective.supports_id if objective else None)
        self.fields["supports"].queryset = Objective.objects.filter(kept).order_by("position", "pk")  # type: ignore[attr-defined]
        if team is None or not self.fields["supports"].queryset.exists():  # type: ignore[attr-defined]
            for name in ("supports", "seen_supports"):
                self.fields.pop(name, None)
            self.shown = [name for name in self.shown if name != "supports"]


class ExampleForm(forms.Form):
    """What the guide's example asks of whoever takes it over."""

    business_metric = forms.CharField(label=_("Business metric"))
    owner = OwnerField()

    def __init__(self, data: Any = None, *, team: Team | None, by: Person) -> None:
        super().__init__(data)
        self.example = template.load()
        self.fields["business_metric"].help_text = text(self.example.business_metric_help)
        self.fields["business_metric"].widget.attrs["placeholder"] = text(self.example.business_metric_example)
        self.fields["owner"].offer(team)  # type: ignore[attr-defined]
        self.fields["owner"].initial = by.pk
        for number, entry in enumerate(self.example.key_results):
            if entry.asks_start:
                label = now("%(title)s: today's value (%(unit)s)") % {
                    "title": text(entry.title),
                    "unit": text(entry.unit),
                }
                self.fields[f"start_{number}"] = NumberField(label=label)

    @property
    def starts(self) -> dict[str, float]:
        return {
            entry.key: self.cleaned_data[f"start_{number}"]
            for number, entry in enumerate(self.example.key_results)
            if entry.asks_start
        }


# -- Key results --------------------------------------------------------------------------------------------------


class KeyResultForm(SeenForm):
    """Of every kind: portal.css shows the fields that belong to the chosen one."""

    title = forms.CharField(label=_("Key result"), help_text=_("What is measured, in a few words."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices, widget=forms.RadioSelect, initial=Kind.INCREASE)
    start = NumberField(label=_("Start value"))
    target = NumberField(label=_("Target"))
    low = NumberField(label=_("At least"))
    high = NumberField(label=_("At most"))
    unit = forms.CharField(label=_("Unit"), required=False, help_text=_("As %, days, h."))
    phases = PhasesField(
        label=_("Targets on the way"),
        required=False,
        help_text=_("One on each line, as 2026-11-15 90: the expected line runs through them."),
    )
    due_day = DayField(label=_("Due"), required=False, help_text=_("Left empty: the end of the cycle."))
    entries = forms.CharField(
        label=_("Entries"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One on each line."),
        error_messages={"required": _("A checklist needs at least one entry, each on a line of its own.")},
    )
    figure = forms.ChoiceField(
        label=_("Fed by"),
        required=False,
        help_text=_("The figure's value of the day is checked in by itself; you can still check in by hand."),
    )
    done_when = forms.CharField(
        label=_("Counts as done when…"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    owner = OwnerField()
    weight = NumberField(label=_("Weight"), initial=1.0, help_text=_("Among the key results of the objective."))
    effective_on = DayField(label=_("Takes effect"), required=False, help_text=_("Left empty: today."))

    use_required_attribute = False  # a browser would wait for fields that another kind has

    def __init__(self, data: Any = None, *, objective: Objective, row: KeyResult | None = None) -> None:
        names = [name for name in self.base_fields if name != "entries"]
        super().__init__(data, current={name: getattr(row, name) for name in names} if row else {})
        self.fields["figure"].choices = [("", _("By hand")), *_figure_choices(objective, row)]  # type: ignore[attr-defined]
        present, of_sample = row.owner if row else objective.owner, objective.cycle.is_sample
        self.fields["owner"].offer(objective.team, present, of_sample=of_sample)  # type: ignore[attr-defined]
        if row:
            del self.fields["entries"]
            self.fields["effective_on"].required = True
        else:
            self.fields["owner"].initial = objective.owner_id
        self.keep_at: float | None = None  # start and target are the same: what the page offers to keep where it is

    def clean(self) -> None:
        """Numbers of another kind are not looked at; they stay in the form in case the kind is changed back."""
        kind = self.cleaned_data.get("kind", "")
        wanted = NUMBERS_OF.get(kind, ())  # type: ignore[call-overload]
        for name in ("start", "target", "low", "high"):
            if name not in wanted:
                self.errors.pop(name, None)
                self.cleaned_data[name] = None
        if kind != Kind.CHECKLIST and "entries" in self.fields:
            self.errors.pop("entries", None)
            self.cleaned_data["entries"] = ""
        # "Keep it where it is instead": what was the target becomes the bound.
        bound = {Kind.AT_LEAST: "low", Kind.AT_MOST: "high"}.get(kind)  # type: ignore[call-overload]
        if bound and not self.data.get(bound) and "keep" in self.data:
            self.errors.pop(bound, None)
            self.cleaned_data[bound] = NumberField().clean(self.data["keep"])

    @property
    def made(self) -> dict[str, Any]:
        """The arguments of services.create_key_result."""
        fields = dict(self.cleaned_data)
        fields["entries"] = fields.pop("entries", "").splitlines()
        return fields


def _figure_choices(objective: Objective, row: KeyResult | None) -> list[tuple[str, Any]]:
    """Not what a team's key results themselves make up: one of them would feed itself. What feeds `row` now stays a choice."""
    return [
        (figure.id, f"{figure.title} ({'%' if figure.is_share else figure.unit})")
        for figure in figures.all_figures()
        if not feeds_itself(objective.team, figure.id) or (row and row.figure == figure.id)
    ]


class EntriesForm(SeenForm):
    """A checklist's entries, their fields named as by `entry_fields`: titles, whether they are skipped, and new ones."""

    added = forms.CharField(
        label=_("More entries"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One on each line."),
    )

    def __init__(self, data: Any = None, *, row: KeyResult) -> None:
        # One that somebody added meanwhile was not on the page, and is not asked for.
        self.entries = [each for each in row.entries.all() if data is None or f"title_{each.pk}" in data]
        super().__init__(data, current=entry_fields(self.entries))

    def _names(self) -> list[str]:
        for entry in self.entries:
            self.fields[f"title_{entry.pk}"] = forms.CharField(label=_("Entry"))
            self.fields[f"skipped_{entry.pk}"] = forms.BooleanField(label=_("Skip"), required=False)
        return super()._names()

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"title_{entry.pk}"], self[f"skipped_{entry.pk}"]) for entry in self.entries]


class GradeForm(SeenForm):
    grade = NumberField(label=_("Grade"), help_text=_("0.0 to 1.0; green from 0.7, yellow from 0.4."))

    def __init__(self, data: Any = None, *, row: KeyResult) -> None:
        super().__init__(data, current={"grade": row.grade})


class AssignForm(SeenForm):
    """Another owner for a key result whose owner left, from the list of those."""

    owner = OwnerField()

    def __init__(self, data: Any = None, *, row: KeyResult) -> None:
        super().__init__(data, current={"owner": row.owner})
        self.fields["owner"].offer(row.objective.team, row.owner, of_sample=row.cycle.is_sample)  # type: ignore[attr-defined]


# -- Check-ins ----------------------------------------------------------------------------------------------------


class CheckInForm(RequestForm):
    """One key result's check-in, prefilled with what it stands at. The cleaned data are arguments of services.check_in."""

    value = NumberField(label=_("Value"), error_messages={"required": _("Write a number.")})
    is_done = forms.BooleanField(label=_("Done"), required=False)
    done = forms.MultipleChoiceField(label=_("Done"), required=False, widget=forms.CheckboxSelectMultiple)
    seen_done = forms.CharField(required=False, widget=forms.HiddenInput)
    confidence = WholeField(label=_("Confidence"), required=False)
    comment = forms.CharField(label=_("Comment"), required=False)
    status = forms.ChoiceField(
        label=_("Your view"),
        required=False,
        choices=[("", _("As the figures")), *((each.value, each.label) for each in HUMAN)],
    )
    reason = forms.CharField(label=_("Why better than the figures?"), required=False)
    day = DayField(label=_("Day"), required=False)

    def __init__(self, data: Any = None, *, standing: Standing, entries: list[tuple[int, str]] | None = None) -> None:
        self.standing = standing
        row = standing.key_result
        super().__init__(data, auto_id=f"ci-{row.pk}-%s", initial=_prefilled(standing))
        unused = {
            Kind.MILESTONE: ("value", "done", "seen_done"),
            Kind.CHECKLIST: ("value", "is_done"),
        }.get(Kind(row.kind), ("is_done", "done", "seen_done"))
        for name in unused:
            del self.fields[name]
        if "done" in self.fields:
            self.fields["done"].choices = entries or []  # type: ignore[attr-defined]
        self.is_number = "value" in self.fields

    @property
    def needs_reason(self) -> bool:
        """Whether the field for the reason is shown: it was asked for, or something stands in it."""
        return bool(self.is_bound and (self.errors.get("reason") or self.data.get("reason")))

    @property
    def sent(self) -> dict[str, Any]:
        fields = dict(self.cleaned_data)
        if "is_done" in fields:
            fields["value"] = float(fields.pop("is_done"))
        if "done" in fields:
            fields["done"] = [int(pk) for pk in fields["done"]]
            fields["seen_done"] = [int(pk) for pk in fields["seen_done"].split(",") if pk.isdecimal()]
        return fields


def _prefilled(standing: Standing) -> dict[str, Any]:
    row = standing.key_result
    done = sorted(set(standing.last.done) & set(standing.entries)) if standing.last else []
    human = standing.human
    return {
        "value": row.start if standing.value is None else standing.value,
        "is_done": standing.raw == 1,
        "done": done,
        "seen_done": ",".join(map(str, done)),
        "confidence": 5 if standing.confidence is None else standing.confidence,
        # A better view than the figures' needs its reason anew each time.
        "status": human.value if human and not standing.human_is_better else "",
    }


def show_refusal(form: forms.Form, error: OkrError | StaleEdit) -> int:
    """Say in the form why it was refused; the answer's status."""
    if isinstance(error, StaleEdit) and isinstance(form, SeenForm):
        form.show_stale(error)
        return 409
    if isinstance(error, SameStartAndTarget) and isinstance(form, KeyResultForm):
        form.keep_at = form.cleaned_data["target"]
    if isinstance(error, OkrError):
        core.refusals.show_refusal(form, error)
    return 422
