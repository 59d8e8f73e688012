"""The forms of the roadmap's pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
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


class TickForm(RequestForm):
    """What one click sends. Its values come from buttons, so a wrong one is nobody's typing."""

    wanted = forms.ChoiceField(choices=[*State.choices, (ALREADY_HAD, ALREADY_HAD)])
    seen_version = forms.IntegerField(min_value=0)


class StateForm(RequestForm, SeenForm):
    """The state with all that can be said about it: day and note. What was seen is the version of the newest tick."""

    wanted = forms.ChoiceField(  # type: ignore[assignment]
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
    now_version = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, item: Item) -> None:
        super().__init__(data, current={"wanted": item.state})
        self.initial["seen_version"] = item.version

    @property
    def sent(self) -> dict[str, Any]:
        """The arguments of services.tick."""
        sent = {name: self.cleaned_data[name] for name in ("on", "note", "seen_version", "request_id")}
        if self._keeps("wanted") and self.cleaned_data.get("now_version") is not None:
            sent["seen_version"] = self.cleaned_data["now_version"]
        return wanted_state(self.cleaned_data["wanted"]) | sent

    def _readable(self, name: str, value: Any) -> str:
        return str(State.SKIPPED.label) if value == State.SKIPPED else super()._readable(name, value)

    def show_stale(self, error: StaleEdit) -> None:
        theirs, by = error.theirs, error.by.get("state")
        super().show_stale(StaleEdit(theirs={"wanted": theirs["state"]}, yours=error.yours, by={"wanted": by}))
        self.data = _with(self.data, now_version=theirs["version"])


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
    """Say what stands there now. What was typed stays."""
    if isinstance(form, SeenForm):
        form.show_stale(error)
        return
    by = error.by.get("state")
    message = (
        _(
            "Meanwhile %(name)s changed the state to “%(theirs)s”. Nothing is dropped; send it once more to drop it all the same."
        )
        if by
        else _("The state is “%(theirs)s” now. Nothing is dropped; send it once more to drop it all the same.")
    )
    form.add_error(None, message % {"name": by and by.name, "theirs": State(error.theirs["state"]).label})
    form.data = _with(form.data, seen_version=error.theirs["version"])


def _with(data: Any, **more: Any) -> QueryDict:
    """What was sent, with other values."""
    sent = QueryDict(mutable=True)
    sent.update({**data.dict(), **more})
    return sent
