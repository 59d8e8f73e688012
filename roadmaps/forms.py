"""The forms of the roadmap's pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core.edits import SeenForm, StaleEdit
from core.forms import DayField, RequestForm
from roadmaps.models import NOTE_LENGTH, Item, State
from teams.models import Person, Team

ALREADY_HAD = "already_had"


class OwnerField(forms.ModelChoiceField):
    """Somebody of the team; the present owner stays a choice after leaving it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Person.objects.none(), required=False, empty_label=_("Nobody"), label=_("Owner"), **kwargs
        )

    def offer(self, team: Team, present: Person | None = None) -> None:
        belongs = Q(pk__in=team.memberships.values("person"), is_active=True) | Q(pk=present.pk if present else None)
        self.queryset = Person.objects.filter(belongs).listed()


class StartForm(forms.Form):
    start_date = DayField(label=_("Start"), help_text=_("The first phase begins on this day. You can move it later."))


class StartDateForm(SeenForm):
    start_date = DayField(label=_("Start"), help_text=_("Due dates that nobody edited move with it."))

    def _readable(self, name: str, value: Any) -> str:
        return date_format(value) if isinstance(value, date) else super()._readable(name, value)


class AddItemForm(RequestForm):
    title = forms.CharField(label=_("What is to be done"), max_length=200)
    owner = OwnerField()
    due_date = DayField(label=_("Due"), required=False, help_text=_("Left empty: the end of the phase."))

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].offer(team)  # type: ignore[attr-defined]


class EditItemForm(SeenForm):
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    owner = OwnerField()
    due_date = DayField(label=_("Due"), required=False)

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        current = {"title": item.shown_title, "owner": item.owner, "due_date": item.due_date}
        super().__init__(*args, current=current, **kwargs)
        self.fields["owner"].offer(item.roadmap.team, item.owner)  # type: ignore[attr-defined]
        if item.entry:
            self.fields["title"].help_text = _("Left empty: the title of the template.")
        if item.phase:
            self.fields["due_date"].help_text = _("Left empty: the end of the phase.")

    def _readable(self, name: str, value: Any) -> str:
        return date_format(value) if isinstance(value, date) else super()._readable(name, value)


class TickForm(RequestForm):
    """What one click sends. Its values come from buttons, so a wrong one is nobody's typing."""

    wanted = forms.ChoiceField(choices=[*State.choices, (ALREADY_HAD, ALREADY_HAD)])
    seen_version = forms.IntegerField(min_value=0)


class StateForm(RequestForm):
    """The state with all that can be said about it: day and note."""

    wanted = forms.ChoiceField(
        label=_("State"),
        choices=[
            (State.TO_DO, State.TO_DO.label),
            (State.IN_PROGRESS, State.IN_PROGRESS.label),
            (State.DONE, State.DONE.label),
            (ALREADY_HAD, _("Done: we already had it at the start")),
        ],
        widget=forms.RadioSelect,
    )
    on = DayField(label=_("Since"), required=False, help_text=_("Left empty: now."))
    note = forms.CharField(
        label=_("Note"), required=False, max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )
    seen_version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class DropForm(RequestForm):
    reason = forms.CharField(
        label=_("Why"),
        max_length=NOTE_LENGTH,
        help_text=_("It leaves the scope from today on and can be taken up again."),
    )
    seen_version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class VersionForm(RequestForm):
    """An undo: the version of the tick that is meant."""

    seen_version = forms.IntegerField(min_value=0)


def wanted_state(wanted: str) -> dict[str, Any]:
    """The arguments of services.tick for a choice that may be "already had it"."""
    return {"wanted": State.DONE, "already_had": True} if wanted == ALREADY_HAD else {"wanted": wanted}


def show_stale(form: forms.Form, error: StaleEdit) -> None:
    """Say what stands there now. What was typed stays; sending it once more replaces the other's."""
    if isinstance(form, SeenForm):
        form.show_stale(error)
        return
    state = State(error.theirs["state"]).label
    by = error.by.get("state")
    message = (
        _("Meanwhile %(name)s changed the state to “%(theirs)s”. Save again to replace it with yours.")
        if by
        else _("Meanwhile somebody changed the state to “%(theirs)s”. Save again to replace it with yours.")
    )
    form.add_error(None, message % {"name": by, "theirs": state})
    sent = QueryDict(mutable=True)
    sent.update({**form.data.dict(), "seen_version": str(error.theirs["version"])})  # type: ignore[attr-defined]
    form.data = sent
