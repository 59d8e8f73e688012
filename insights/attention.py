"""Which teams need somebody: docs/definitions.md, Portfolio. Pure; every reason leads to the rows that made it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from okrs.kinds import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assessments.summary import Maturity
    from delivery.standings import DeliveryStanding
    from okrs.summary import OkrStanding
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
    Need.NEEDS: gettext_lazy("an area fell back, work stopped, key results are off track, or a figure got worse"),
    Need.MOVING: gettext_lazy("nothing fell back in 13 weeks"),
    Need.STARTING: gettext_lazy("no assessment and no running roadmap yet"),
}


@dataclass(frozen=True)
class Reason:
    text: str
    url: str


def of_maturity(maturity: Maturity) -> Iterator[Reason]:
    """An area at a lower level than 13 weeks ago."""
    for area in maturity.areas:
        if area.level is not None and area.change is not None and area.change < 0:
            words = {"area": area.title, "was": area.level - area.change, "now": area.level}
            yield Reason(_("%(area)s: L%(was)s → L%(now)s") % words, area.url)


def of_okrs(standing: OkrStanding) -> Iterator[Reason]:
    """Half of the key results or more are outdated, or off track."""
    outdated = ngettext(
        "%(count)s of %(total)s key result outdated", "%(count)s of %(total)s key results outdated", standing.total
    )
    off_track = ngettext(
        "%(count)s of %(total)s key result off track", "%(count)s of %(total)s key results off track", standing.total
    )
    for status, text in ((Status.OUTDATED, outdated), (Status.OFF_TRACK, off_track)):
        count = standing.counts.get(status, 0)
        if count and 2 * count >= standing.total:
            yield Reason(text % {"count": count, "total": standing.total}, standing.url)


def of_roadmap(overview: Overview | None, url: str) -> Iterator[Reason]:
    """Nothing done for four complete weeks, with something left to do."""
    weeks = overview.quiet_weeks if overview else 0
    if weeks >= QUIET_WEEKS:
        text = ngettext("Nothing done for %(weeks)s week", "Nothing done for %(weeks)s weeks", weeks)
        yield Reason(text % {"weeks": weeks}, url)


def of_delivery(standing: DeliveryStanding, url: str) -> Iterator[Reason]:
    """A figure in a lower band than over the 13 weeks before."""
    for cell in standing.all_cells:
        if cell.got_worse and cell.was and cell.band:
            words = {"figure": cell.title, "was": cell.was.label, "now": cell.band.label}
            yield Reason(_("%(figure)s: %(was)s → %(now)s") % words, url)


def delivery_url(team_id: int) -> str:
    return reverse("delivery", args=[team_id])
