"""The fields of the OKRs' forms: numbers as people type them, phased targets, owners."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from okrs.numbers import Ambiguous, NotANumber, parse, written
from teams.models import Person, Team


class NumberField(forms.CharField):
    """A number as people type it. What is typed stays as it was typed when it is refused."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        typed = super().to_python(value) or ""
        if not typed:
            return None
        try:
            return parse(typed)
        except Ambiguous as error:
            small, large = (written(each) for each in error.readings)
            words = {"typed": typed, "small": small, "large": large}
            message = now("“%(typed)s” can be read in two ways: write %(large)s or %(small)s.") % words
            raise forms.ValidationError(message, code="ambiguous") from error
        except NotANumber as error:
            message = now("“%(typed)s” is not a number. Write it as 1234.5 or 1234,5.") % {"typed": typed[:40]}
            raise forms.ValidationError(message, code="invalid") from error

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, (int, float)) else value


class WholeField(NumberField):
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        if found is not None and found != int(found):
            raise forms.ValidationError(now("Write a whole number."), code="invalid")
        return None if found is None else int(found)


class PhasesField(forms.CharField):
    """Phased targets, one on each line: the day, then the value."""

    widget = forms.Textarea(attrs={"rows": 2})

    def to_python(self, value: Any) -> Any:
        found = []
        for line in (super().to_python(value) or "").splitlines():
            day, _between, value_typed = line.strip().partition(" ")
            if not day:
                continue
            try:
                found.append([date.fromisoformat(day).isoformat(), parse(value_typed)])
            except ValueError as error:
                message = now("“%(line)s”: write a day and a value, as 2026-11-15 90.") % {"line": line[:40]}
                raise forms.ValidationError(message, code="invalid") from error
        return sorted(found)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{day} {written(number)}" for day, number in value)


class OwnerField(forms.ModelChoiceField):
    """Somebody of the team, or of the organisation; the present owner stays a choice after leaving.

    Sample people are offered for what is of the sample only: a real objective of theirs would keep the sample from being removed.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Person.objects.none(), required=False, empty_label=_("Nobody"), label=_("Owner"), **kwargs
        )

    def offer(self, team: Team | None, present: Person | None = None, *, of_sample: bool = False) -> None:
        people = Person.objects.filter(pk__in=team.memberships.values("person")) if team else Person.objects.all()
        if not (of_sample or (team and team.is_sample)):
            people = people.filter(is_sample=False)
        belongs = Q(pk__in=people.active().values("pk")) | Q(pk=present.pk if present else None)
        self.queryset = Person.objects.filter(belongs).listed()
