"""What the cells of this room's tables say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.refusals import Refused
from core.tables.cells import day
from core.tables.reading import Row
from core.tables.writing import kept
from okrs.days import today_of
from okrs.fields import NumberField, PhasesField, WholeField
from okrs.models import Cycle
from okrs.services.common import check_open
from teams.models import Team

_NUMBER, _WHOLE, _PHASES = NumberField(required=False), WholeField(required=False), PhasesField(required=False)


def number(text: str) -> float | None:
    """A number as people type it; None for an empty cell."""
    return _read(_NUMBER, text)


def whole(text: str) -> int | None:
    return _read(_WHOLE, text)


def phases(text: str) -> list[list[Any]]:
    return _read(_PHASES, text)


def _read(field: forms.Field, text: str) -> Any:
    try:
        return field.to_python(text)
    except forms.ValidationError as error:
        raise Refused(" ".join(error.messages)) from None


def exact(value: float) -> str:
    """A number within a cell, with all its digits."""
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def digits(value: float) -> str:
    """A number as a spreadsheet keeps it: two with the same 15 digits are the same."""
    return f"{value:.15g}"


def lines(text: str) -> list[str]:
    """A cell with several lines, without the blanks around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def words(text: str) -> str:
    """A text as a file holds it, as it is compared."""
    return kept(text).strip()


class Cycles:
    """The cycles that a team may use, and which of them can still be changed. One query, and one for the team's day."""

    def __init__(self, team: Team | None) -> None:
        self.team = team
        self.today = today_of(team)
        self.known = list(Cycle.objects.usable_by(team).select_related("created_by", "team").newest_first())

    def of(self, row: Row) -> Cycle:
        """The one with the days that the row names, else the one that runs. Refused for none and for several."""
        begins, ends = day(row["cycle_begins"]), day(row["cycle_ends"])
        if begins or ends:
            found = [each for each in self.known if begins in (None, each.first_day) and ends in (None, each.last_day)]
            missing = _("No cycle has these days. Open it first.")
        else:
            found = [each for each in self.known if each.is_running(self.today)]
            missing = _("No cycle runs today. Say when the cycle begins.")
        if len(found) > 1:
            raise Refused(_("Several cycles are meant: %(titles)s. Say when it begins and ends.") % _titles(found))
        if not found:
            raise Refused(missing)
        return found[0]

    def check_open(self, cycle: Cycle) -> None:
        """Frozen if it can no longer be changed. Asks no query while it is open."""
        if cycle.is_frozen(self.today):
            check_open(cycle, self.team)


def _titles(cycles: Iterable[Cycle]) -> dict[str, str]:
    return {"titles": _(", ").join(each.shown_title for each in cycles)}


def only(found: Sequence[Any], title: str) -> Any:
    """The one key result of this title, None without any; Refused where the title names several."""
    if len(found) > 1:
        raise Refused(_("There are several key results “%(title)s”. Name the one by its id.") % {"title": title})
    return found[0] if found else None


def shown(value: Any) -> str:
    """A value in a sentence about what changes."""
    return date_format(value) if isinstance(value, date) else str(value or "")
