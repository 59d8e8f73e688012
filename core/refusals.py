"""Why a change was refused: one exception for every room, told alike by pages (422, 409) and by the API (400, 409)."""

from __future__ import annotations

from typing import ClassVar

from django import forms


class Refused(Exception):
    """A change that cannot be made. `message` says why, in the reader's language; `field` names the form's field, if one.

    Rooms derive their own. One that `conflicts` is in the way of what stands there already.
    """

    conflicts: ClassVar[bool] = False

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def show_refusal(form: forms.Form, error: Refused) -> None:
    """Say at its field, or above the form, why the service refused."""
    form.add_error(error.field if error.field in form.fields else None, error.message)
