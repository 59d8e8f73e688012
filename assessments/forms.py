"""The forms of the assessment's pages."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments import library
from assessments.models import COMMENT_LENGTH
from assessments.services import MaturityError
from assessments.sheet import NOT_APPLICABLE, UNKNOWN
from assessments.wording import said
from core.content import text
from core.edits import MINE, THEIRS, Question, SeenForm, StaleEdit
from core.refusals import show_refusal
from teams.models import Team


class DayField(forms.DateField):
    """The browser's own date field. It sends and wants ISO days."""

    default_error_messages = {"invalid": _("Write the day as 2026-04-01.")}

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(input_formats=["%Y-%m-%d"], widget=widget, **kwargs)


class SeenAnswer(forms.Form):
    """An answer against the version that was seen. Its fields do not say what was there before (answers are kept, not changed),
    so it is no SeenForm; it asks the same question of a stale one, in the same words.
    """

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    stale: Question | None = None
    place = ""  # the field at which it is asked; "": whoever shows the form asks

    @property
    def takes_theirs(self) -> bool:
        """What stands there shall stay: nothing is to be saved, whatever was typed."""
        return self._keeps == THEIRS

    @property
    def _keeps(self) -> str:
        return str(self.data.get("keep_answer", "")) if "now_answer" in self.data else ""

    def clean_seen(self) -> int:
        """Whoever chose their own has seen what the question showed; a third answer is asked about anew."""
        seen: int = self.cleaned_data["seen"]
        now = str(self.data.get("now_answer", ""))
        return int(now) if self._keeps == MINE and now.isdecimal() else seen

    def show_stale(self, error: StaleEdit, criterion: library.Criterion) -> None:
        """Ask which of both answers shall stand. What was typed stays; of the one that is replaced the history tells."""
        theirs, mine = (said(criterion, each["kind"], each["state"]) for each in (error.theirs, error.yours))
        now = ("now_answer", str(error.theirs["version"]))
        self.stale = Question("keep_answer", now, theirs, mine, "", error.by.get("state"), is_written=False)
        if self.place:
            self.fields[self.place].stale = self.stale  # type: ignore[attr-defined]
            self.add_error(self.place, _("Choose which of the two shall stand, then save again."))


class AnswerForm(SeenAnswer):
    """What one row sends. Lengths and addresses are the service's to judge, so that nothing typed is cut on the way."""

    choice = forms.CharField(required=False)
    comment = forms.CharField(required=False, strip=False)
    link = forms.CharField(required=False)
    model_version = forms.IntegerField(required=False)
    request_id = forms.CharField(required=False, max_length=64)

    def __init__(self, *args: Any, criterion: library.Criterion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.states = {str(state.n) for state in criterion.states}

    def clean_choice(self) -> str:
        choice: str = self.cleaned_data["choice"]
        if not choice:
            raise forms.ValidationError(_("Choose a state first. What you wrote is still here."))
        if choice not in self.states | {UNKNOWN, NOT_APPLICABLE}:
            raise forms.ValidationError(_("The criterion has no such state."))
        return choice


class RequestForm(SeenAnswer):
    """A form that does its work once although it may be sent twice, against the version that was seen."""

    request_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput, initial=lambda: uuid4().hex)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Several of them stand on one page: each its own ids.
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}_%s"} | kwargs)


class NotApplicableForm(RequestForm):
    place = "reason"
    reason = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 2}))


class InheritForm(RequestForm):
    place = "provider"
    provider = forms.ModelChoiceField(queryset=Team.objects.none(), label=_("Team"), empty_label=_("Choose a team"))
    comment = forms.CharField(label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = teams  # type: ignore[attr-defined]


class ExemptionForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=COMMENT_LENGTH, widget=forms.Textarea(attrs={"rows": 2}))
    until = DayField(label=_("Until"), help_text=_("It counts as met until and on this day."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "exemptionform_%s"} | kwargs)


class TargetForm(SeenForm):
    level = forms.TypedChoiceField(label=_("Level"), coerce=int, empty_value=None, required=False)
    due = DayField(label=_("By"), required=False, help_text=_("The day by which the team wants to be there."))

    def __init__(self, *args: Any, model: library.MaturityModel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = [(level.n, f"L{level.n} {text(level.title)}") for level in model.levels if level.n]
        self.fields["level"].choices = [("", _("No target")), *levels]  # type: ignore[attr-defined]


def show(form: forms.Form, error: MaturityError | StaleEdit, criterion: library.Criterion | None = None) -> int:
    """Say in the form why it was refused; the answer's status. A form without a criterion is a SeenForm."""
    if isinstance(error, MaturityError):
        show_refusal(form, error)
        return 422
    if isinstance(form, SeenForm):
        form.show_stale(error)
    elif isinstance(form, SeenAnswer) and criterion is not None:
        form.show_stale(error, criterion)
    return 409
