"""Which teams need somebody: docs/definitions.md, Portfolio. Pure; every reason leads to the rows that made it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from delivery.standings import DeliveryStanding
    from roadmaps.overview import Overview

QUIET_WEEKS = 4


class Need(StrEnum):
    """The three parts of the portfolio, in the order of the page."""

    NEEDS = "needs"
    MOVING = "moving"
    STARTING = "starting"

    @property
    def label(self) -> Promise | str:
        return _LABELS[self]

    @property
    def means(self) -> Promise | str:
        return _MEANINGS[self]


_LABELS: dict[Need, Promise | str] = {
    Need.NEEDS: gettext_lazy("Needs you"),
    Need.MOVING: gettext_lazy("Moving"),
    Need.STARTING: gettext_lazy("Starting"),
}
_MEANINGS: dict[Need, Promise | str] = {
    Need.NEEDS: gettext_lazy("an area fell back, work stopped, or a figure got worse"),
    Need.MOVING: gettext_lazy("nothing fell back in 13 weeks"),
    Need.STARTING: gettext_lazy("no assessment and no running roadmap yet"),
}


@dataclass(frozen=True)
class Reason:
    text: str
    url: str


def of_roadmap(overview: Overview | None, url: str) -> Iterator[Reason]:
    """Nothing done for four complete weeks, with something left to do."""
    weeks = overview.quiet_weeks if overview else 0
    if weeks >= QUIET_WEEKS:
        text = ngettext("Nothing done for %(weeks)s week", "Nothing done for %(weeks)s weeks", weeks)
        yield Reason(text % {"weeks": weeks}, url)


def of_delivery(standing: DeliveryStanding, url: str) -> Iterator[Reason]:
    """A figure in a lower band than over the 13 weeks before."""
    for cell in standing.cells:
        if cell.got_worse and cell.was and cell.band:
            words = {"figure": cell.title, "was": cell.was.label, "now": cell.band.label}
            yield Reason(_("%(figure)s: %(was)s → %(now)s") % words, url)


def delivery_url(team_id: int) -> str:
    return reverse("delivery", args=[team_id])
