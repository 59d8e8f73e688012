"""The rule of the stale edit (docs/definitions.md, docs/adr/0014): one merge, told alike by pages and by the API (409).

A service locks the row and calls `merge`. A page's form is a SeenForm: it carries what was seen, and after a 409 asks at each
field in question which value shall stand. The API takes what was seen by value or by ETag (core/api_edits.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

# Stands for a value of which nobody can say that it was seen: no stored value equals it.
UNSEEN: Any = type("Unseen", (), {"__repr__": lambda _self: "UNSEEN"})()
THEIRS, MINE = "theirs", "mine"


# Who reads the answer to the present request, by id; whoever changed it in another window is told so, not named.
reader: ContextVar[int | None] = ContextVar("reader", default=None)


@dataclass(frozen=True)
class Touch:
    """Who changed something last, and when (None: unknown). `person` is their id."""

    name: str
    at: datetime | None
    person: int | None = None

    @classmethod
    def by(cls, person: Any, at: datetime | None = None) -> Touch:
        return cls(str(person), at, person.pk)

    @property
    def is_readers_own(self) -> bool:
        return self.person is not None and self.person == reader.get()


class StaleEdit(Exception):
    """Somebody changed the same field meanwhile. `theirs` is what stands there now, `yours` what was sent, `by` who changed it,
    by field, as far as that is known.
    """

    def __init__(self, *, theirs: Any, yours: Any, by: Mapping[str, Touch | None] | None = None) -> None:
        super().__init__("stale edit")
        self.theirs = theirs
        self.yours = yours
        self.by = {name: touch for name, touch in (by or {}).items() if touch}


def merge(
    *,
    current: Mapping[str, Any],
    seen: Mapping[str, Any],
    wanted: Mapping[str, Any],
    changed_by: Callable[[str], Touch | None] = lambda _name: None,
) -> dict[str, Any]:
    """The fields to change, {name: wanted}, of an edit of several fields. All three hold the fields of `wanted`.

    A field that the person did not touch, or that already has the wanted value, is left as it is now. StaleEdit holds the
    fields that somebody else changed to something else, {name: value}; `changed_by` says who. Call it with the row locked.
    """
    changes = {
        name: value
        for name, value in wanted.items()
        if not _same(value, seen[name]) and not _same(value, current[name])
    }
    stale = [name for name in changes if not _same(seen[name], current[name])]
    if stale:
        raise StaleEdit(
            theirs={name: current[name] for name in stale},
            yours={name: wanted[name] for name in stale},
            by={name: changed_by(name) for name in stale},
        )
    return changes


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same. A browser sends every line of a text with the line end of its own."""
    return bool(_lines(one) == _lines(other))


def _lines(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def show(field: forms.Field, value: Any) -> None:
    """Let the field of a form that was sent show another value than the one sent."""
    field.bound_data = lambda data, initial: value  # type: ignore[method-assign]  # noqa: ARG005


@dataclass(frozen=True)
class Question:
    """Which of two values shall stand, as templates/forms/_stale.html asks it at the field."""

    name: str  # of the radio buttons
    now: tuple[str, str]  # name and value of the hidden input that remembers what stood there when it was asked
    theirs: str
    mine: str
    chosen: str  # THEIRS, MINE or "": neither is proposed, so that saving twice without reading loses nobody's words
    by: Touch | None
    is_written: bool  # a text, which can also be joined by hand


class SeenForm(forms.Form):
    """A form that carries, hidden, the values that the person saw: `seen` beside `wanted`.

    `current` are the stored values by name, as `cleaned_data` would hold them; each name is a field's, unless a form that
    edits something else than fields overrides what the last section holds.

    After a stale edit the form is shown again with everything that was typed, and beside each field in question `keep_<name>`
    chooses. Without a choice the same is asked again; "theirs" leaves the field as it stands, whatever is typed in it; "mine" is
    an edit by somebody who saw what `now_<name>` holds, so a third change is asked about anew.
    """

    def __init__(self, data: Any = None, *, current: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(data, **{"initial": dict(current)} | kwargs)
        self.shown = [name for name in self._names() if name in current]
        self._current = current
        for name in self.shown:
            self.fields[f"seen_{name}"] = forms.CharField(
                required=False, strip=False, widget=forms.HiddenInput, initial=self._store(name, current[name])
            )

    # -- What was seen, what is wanted

    @property
    def seen(self) -> dict[str, Any]:
        """What the person saw; UNSEEN where nothing can be made of what was sent."""
        return {name: self._sent(f"now_{name}" if self._keeps(name) else f"seen_{name}", name) for name in self.shown}

    @property
    def wanted(self) -> dict[str, Any]:
        seen = self.seen
        return {name: seen[name] if self._keeps(name) == THEIRS else self._mine(name) for name in self.shown}

    def _keeps(self, name: str) -> str:
        """THEIRS, MINE, or "" where nothing was asked or answered."""
        chosen = self.data.get(self.add_prefix(f"keep_{name}"), "")
        return chosen if chosen in (THEIRS, MINE) and self.add_prefix(f"now_{name}") in self.data else ""

    def _sent(self, key: str, name: str) -> Any:
        text = self.data.get(self.add_prefix(key))
        if text is None:
            return UNSEEN
        try:
            return self._restore(name, text)
        except (forms.ValidationError, ValueError):
            return UNSEEN

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        self._ask_again()
        for name in self.shown:
            # What is typed in a field that is left to somebody else neither counts nor can be wrong.
            value = self._sent(f"now_{name}", name)
            if self._keeps(name) == THEIRS and value is not UNSEEN:
                self._leave(name, value)

    # -- After a stale edit

    def show_stale(self, error: StaleEdit) -> None:
        """Ask at each field which value shall stand. What was typed stays as it was typed; what was not shows what stands."""
        self._renew_untouched(error)
        for name, theirs in error.theirs.items():
            self._ask(name, theirs, error.by.get(name), "")
        for name in error.theirs:  # an error takes the field's value away, which the questions show
            self.add_error(self.place(name), _("Choose which of the two shall stand, then save again."))
        self.add_error(
            None,
            _("You changed the same thing in another window, so nothing is saved yet. What you typed is still here.")
            if error.by and all(touch.is_readers_own for touch in error.by.values())
            else _(
                "Somebody else changed the same thing meanwhile, so nothing is saved yet. What you typed is still here."
            ),
        )

    def _renew_untouched(self, error: StaleEdit) -> None:
        seen, wanted = self.seen, self.wanted
        for name in self.shown:
            now = self._current[name]
            if name in error.theirs or _same(seen[name], now):
                continue
            if self._keeps(name) == THEIRS:
                field = self.fields[self.place(name)]
                told = (self.add_prefix(f"now_{name}"), self._store(name, now))
                field.stale = replace(field.stale, now=told, theirs=self._readable(name, now))  # type: ignore[attr-defined]
            elif _same(wanted[name], seen[name]) or _same(wanted[name], now):
                self._renew(name, now)
                show(self.fields[f"seen_{name}"], self._store(name, now))

    def _ask_again(self) -> None:
        """The questions of the last time, with their answers, if the form comes back for another reason."""
        for name in self.shown:
            value = self._sent(f"now_{name}", name)
            if value is not UNSEEN:
                self._ask(name, value, None, self._keeps(name))

    def _ask(self, name: str, theirs: Any, by: Touch | None, chosen: str) -> None:
        field = self.fields[self.place(name)]
        field.stale = Question(  # type: ignore[attr-defined]
            name=self.add_prefix(f"keep_{name}"),
            now=(self.add_prefix(f"now_{name}"), self._store(name, theirs)),
            theirs=self._readable(name, theirs),
            mine=self._typed(name),
            chosen=chosen,
            by=by,
            is_written=type(field.widget) in (forms.TextInput, forms.Textarea)
            and "inputmode" not in field.widget.attrs,
        )

    def _typed(self, name: str) -> str:
        try:
            return self._readable(name, self._mine(name))
        except KeyError:  # it was refused: as it was typed
            return str(self.data.get(self.add_prefix(name), ""))

    # -- What one field is, for forms that edit something else

    def _names(self) -> list[str]:
        return list(self.fields)

    def place(self, name: str) -> str:
        """The field at which it is shown."""
        return name

    def _mine(self, name: str) -> Any:
        return self.cleaned_data[name]

    def _leave(self, name: str, value: Any) -> None:
        """Let the field hold what stands there, whatever is typed."""
        self.errors.pop(name, None)
        self.cleaned_data[name] = value

    def _renew(self, name: str, value: Any) -> None:
        """Let the field show what stands there now."""
        show(self.fields[name], value)

    def _store(self, name: str, value: Any) -> str:
        """The value in a hidden input."""
        stored = self.fields[name].prepare_value(value)
        if isinstance(stored, (list, tuple)):
            return "\n".join(str(each) for each in stored)
        return "" if stored is None else str(stored)

    def _restore(self, name: str, text: str) -> Any:
        field = self.fields[name]
        if isinstance(field, forms.TypedChoiceField):  # whose to_python leaves the value a text
            return field.coerce(text) if text else field.empty_value
        return field.to_python(text.splitlines() if isinstance(field, forms.MultipleChoiceField) else text)

    def _readable(self, name: str, value: Any) -> str:
        """The value as people read it."""
        field = self.fields[name]
        choices = dict(getattr(field, "choices", ()) or ())
        if value in (None, "", [], ()):
            return str(choices.get("", "–"))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, date):
            return date_format(value)
        if isinstance(value, time):
            return time_format(value)
        if isinstance(value, list) and choices:
            return ", ".join(str(choices.get(each, each)) for each in value)
        return str(choices[value] if value in choices else value if choices else field.prepare_value(value))
