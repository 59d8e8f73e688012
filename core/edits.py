"""The rule of the stale edit (docs/definitions.md): one exception, told alike by pages (409) and by the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _


class StaleEdit(Exception):
    """Somebody changed the same field meanwhile. `theirs` is what stands there now, `yours` what was sent, `by` the names of
    those who changed it, by field, as far as they are known.
    """

    def __init__(self, *, theirs: Any, yours: Any, by: Mapping[str, str] | None = None) -> None:
        super().__init__("stale edit")
        self.theirs = theirs
        self.yours = yours
        self.by = by or {}


def merge(
    *,
    current: Mapping[str, Any],
    seen: Mapping[str, Any],
    wanted: Mapping[str, Any],
    changed_by: Callable[[str], str] = lambda _name: "",
) -> dict[str, Any]:
    """The fields to change, {name: wanted}, of an edit of several fields. All three hold the fields of `wanted`.

    A field that the person did not touch, or that already has the wanted value, is left as it is now. StaleEdit holds the
    fields that somebody else changed to something else, {name: value}; `changed_by` says who, "" for nobody known. Call it with
    the row locked.
    """
    changes = {name: value for name, value in wanted.items() if value not in (seen[name], current[name])}
    stale = [name for name in changes if seen[name] != current[name]]
    if stale:
        raise StaleEdit(
            theirs={name: current[name] for name in stale},
            yours={name: wanted[name] for name in stale},
            by={name: changed_by(name) for name in stale},
        )
    return changes


class SeenForm(forms.Form):
    """A form that carries, hidden, the values that the person saw: `seen` beside `cleaned_data`.

    `current` are the stored values by field name, as `cleaned_data` would hold them. Fields are strings, choices or rows.
    """

    def __init__(self, data: Any = None, *, current: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(data, initial=dict(current), **kwargs)
        self.shown = [name for name in self.fields if name in current]
        for name in self.shown:
            original = self.fields[name]
            initial = original.prepare_value(current[name])
            self.fields[f"seen_{name}"] = forms.CharField(
                required=False, strip=False, widget=forms.HiddenInput, initial="" if initial is None else initial
            )

    @property
    def seen(self) -> dict[str, Any]:
        """What the person saw, converted like the fields themselves; what cannot be converted was never there: None."""
        return {name: self._converted(name) for name in self.shown}

    @property
    def wanted(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.shown}

    def _converted(self, name: str) -> Any:
        try:
            return self.fields[name].to_python(self.cleaned_data.get(f"seen_{name}", ""))
        except forms.ValidationError:
            return None

    def show_stale(self, error: StaleEdit) -> None:
        """Say at each field what stands there now. What was typed stays; sending it once more replaces the other's."""
        data = {name: self.data[name] for name in self.data}
        for name, theirs in error.theirs.items():
            by = error.by.get(name)
            message = (
                _("Meanwhile %(name)s changed this to “%(theirs)s”. Save again to replace it with yours.")
                if by
                else _("Meanwhile somebody changed this to “%(theirs)s”. Save again to replace it with yours.")
            )
            self.add_error(name, message % {"name": by, "theirs": self._readable(name, theirs)})
            stored = self.fields[name].prepare_value(theirs)
            data[self.add_prefix(f"seen_{name}")] = "" if stored is None else str(stored)
        self.data = data

    def _readable(self, name: str, value: Any) -> str:
        choices = dict(getattr(self.fields[name], "choices", ()) or ())
        return str(choices.get(value, "–" if value in (None, "") else value))
