"""All teams, one row each, read from every room. A constant number of queries, however many teams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.translation import gettext as _

import assessments.summary
import delivery.summary
import okrs.summary
import roadmaps.summary
from assessments.overview import COMPARED
from assessments.summary import AreaStanding, Maturity
from core import clock
from delivery.standings import DeliveryStanding
from insights import attention
from insights.asked import Asked
from insights.attention import Need, Reason
from okrs.status import WORST_FIRST
from okrs.summary import OkrStanding
from roadmaps.strip import Axis, Strip, axis_of
from teams.models import Membership, Organisation, Person, Team

PER_PAGE = 25
_LATENESS = ("late", "risk", "none", "ok")


@dataclass(frozen=True)
class Row:
    """One team as the portfolio shows it. A part that the team does not have yet is None."""

    team: Team
    maturity: Maturity
    roadmap: Strip | None
    okrs: OkrStanding
    delivery: DeliveryStanding

    @property
    def owners(self) -> Sequence[Membership]:
        return self.team.product_owners  # type: ignore[attr-defined, no-any-return]

    @property
    def roadmap_url(self) -> str:
        return reverse("roadmap", args=[self.team.pk])

    @cached_property
    def reasons(self) -> list[Reason]:
        overview = self.roadmap.overview if self.roadmap else None
        return [
            *attention.of_maturity(self.maturity),
            *attention.of_roadmap(overview, self.roadmap_url),
            *attention.of_okrs(self.okrs),
            *attention.of_delivery(self.delivery, attention.delivery_url(self.team.pk)),
        ]

    @property
    def need(self) -> Need:
        if self.reasons:
            return Need.NEEDS
        runs = bool(self.roadmap and self.roadmap.overview.month)
        return Need.MOVING if runs or self.maturity.is_assessed else Need.STARTING

    @property
    def level(self) -> str:
        """The lowest of its areas as the address names it."""
        return "none" if self.maturity.overall is None else str(self.maturity.overall)

    def changed(self, direction: int) -> bool:
        """Whether an area rose (1) or fell (-1) in 13 weeks."""
        return any(area.change is not None and area.change * direction > 0 for area in self.maturity.areas)


@dataclass(frozen=True)
class Section:
    """The part of a page under one heading. `count` is that of all pages; `title` "" has no heading."""

    title: str
    means: str
    count: int
    rows: Sequence[Row]


@dataclass(frozen=True)
class Portfolio:
    """`everyone`: the teams found by words and group, which the page's summary speaks of; `rows`: those it lists, in order."""

    asked: Asked
    today: date
    axis: Axis
    everyone: Sequence[Row]

    @cached_property
    def rows(self) -> list[Row]:
        asked = self.asked
        wanted = [row for row in self.everyone if asked.show in ("", row.need) and asked.level in ("", row.level)]
        return sorted(wanted, key=_ORDERS[self.asked.sort])

    def page(self, number: str | None) -> Page[Row]:
        return Paginator(self.rows, PER_PAGE).get_page(number)

    def sections(self, page: Page[Row]) -> list[Section]:
        """The rows of a page under their headings: what they need, or their group where that is the order."""
        heading = _HEADINGS.get(self.asked.sort, _no_heading)
        counts: dict[tuple[str, str], int] = {}
        for row in self.rows:
            counts[heading(row)] = counts.get(heading(row), 0) + 1
        return [Section(*key, counts[key], list(rows)) for key, rows in groupby(page.object_list, heading)]

    @property
    def areas(self) -> Sequence[AreaStanding]:
        """The areas of the model, in its order; those of any team."""
        return self.everyone[0].maturity.areas if self.everyone else []

    @property
    def compared(self) -> date:
        """The day that change is shown against."""
        return self.today - COMPARED

    @property
    def risen(self) -> int:
        return sum(row.changed(1) for row in self.everyone)

    @property
    def fallen(self) -> int:
        return sum(row.changed(-1) for row in self.everyone)

    @property
    def needy(self) -> int:
        return sum(row.need is Need.NEEDS for row in self.everyone)

    @cached_property
    def running(self) -> list[Strip]:
        """The roadmaps that have begun."""
        return [row.roadmap for row in self.everyone if row.roadmap and row.roadmap.overview.month]

    @property
    def in_time(self) -> int:
        return sum(strip.outlook.kind == "ok" for strip in self.running)


def read(person: Person, asked: Asked) -> Portfolio:
    """What `person` may see of what is asked for."""
    found = Team.objects.visible_to(person).active().in_group(asked.group).found_by(asked.q)
    return of_teams(list(found.with_product_owners().listed()), asked)


def of_teams(teams: Sequence[Team], asked: Asked) -> Portfolio:
    organisation = Organisation.current()
    today = clock.today(ZoneInfo(organisation.time_zone if organisation else "UTC"))
    overviews = roadmaps.summary.for_teams(teams)
    axis = axis_of(overviews.values(), today)
    strips = {pk: Strip(overview, axis) for pk, overview in overviews.items()}
    levels, results = assessments.summary.for_teams(teams), okrs.summary.for_teams(teams)
    standings = delivery.summary.for_teams(teams)
    rows = [Row(team, levels[team.pk], strips.get(team.pk), results[team.pk], standings[team.pk]) for team in teams]
    return Portfolio(asked, today, axis, rows)


# -- Orders and headings: what has no data comes last ----------------------------------------------------------------


def _name(row: Row) -> tuple[str, int]:
    return row.team.name.casefold(), row.team.pk


def _by(value: Callable[[Row], float | None]) -> Callable[[Row], Any]:
    def key(row: Row) -> Any:
        known = value(row)
        return known is None, known or 0, *_name(row)

    return key


def _lateness(row: Row) -> float | None:
    if row.roadmap is None:
        return None
    late = row.roadmap.overview.p85 or row.roadmap.overview.span.last
    return _LATENESS.index(row.roadmap.outlook.kind) * 1e6 - (late - row.roadmap.overview.span.last).days


def _badness(row: Row) -> float | None:
    """Worst status first; of the same status, the smaller share on track."""
    standing = row.okrs
    if standing.status is None:
        return None
    return WORST_FIRST.index(standing.status) + standing.on_track / (standing.total + 1)


def _most(figure: str) -> Callable[[Row], float | None]:
    """The largest first: of all but deployments, the less the better."""

    def largeness(row: Row) -> float | None:
        number = row.delivery.by_id[figure].number
        return None if number is None else -number

    return largeness


_ORDERS: dict[str, Callable[[Row], Any]] = {
    "": lambda row: (list(Need).index(row.need), -len(row.reasons), *_name(row)),
    "group": lambda row: (row.team.group is None, str(row.team.group or "").casefold(), *_name(row)),
    "name": _name,
    "level": _by(lambda row: row.maturity.overall),
    "roadmap": _by(_lateness),
    "okrs": _by(_badness),
    "frequency": _by(lambda row: row.delivery.frequency.number),
    "lead_time": _by(_most("lead_time")),
    "failures": _by(_most("change_failure_rate")),
    "recovery": _by(_most("recovery")),
    "mttr": _by(_most("mttr")),
}


def _no_heading(row: Row) -> tuple[str, str]:
    return "", ""


_HEADINGS: dict[str, Callable[[Row], tuple[str, str]]] = {
    "": lambda row: (str(row.need.label), str(row.need.means)),
    "group": lambda row: (str(row.team.group or _("No group")), ""),
}
