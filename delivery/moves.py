"""What a correction, a policy or another edit did to the figures: each before and after, in the same words as on the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core import clock
from core.spans import days_text, list_text
from delivery import facts, five, told
from delivery.addresses import point_url
from delivery.five import Five
from delivery.models import Deployment, Incident
from delivery.periods import Period, monday, weeks_before
from teams.models import Team

WEEK = timedelta(days=6)


@dataclass(frozen=True)
class Move:
    """A figure of a period, in words. `was` and `now` are the numbers of the API."""

    id: str
    before: str
    after: str
    was: float | None
    now: float | None
    changed: bool

    @property
    def title(self) -> Promise | str:
        return told.TITLES[self.id]


@dataclass
class Moved:
    """Of each period, what every figure was and is; `periods` are those that something may have moved in."""

    team: Team
    periods: Sequence[Period]
    before: Sequence[Five]
    after: Sequence[Five] = field(default_factory=list)

    def moves(self, number: int = 0) -> list[Move]:
        """Of one period, all figures."""
        return [_move(name, self.before[number], self.after[number]) for name in told.TITLES]

    def said(self) -> str:
        """The figures that moved, by period; "" where none did."""
        parts = []
        for number, period in enumerate(self.periods):
            moved = [
                _("%(figure)s %(before)s → %(after)s")
                % {"figure": each.title, "before": each.before, "after": each.after}
                for each in self.moves(number)
                if each.changed
            ]
            if moved:
                parts.append(f"{days_text(period.first, period.last)}: {list_text(moved)}.")
        return " ".join(parts)


@contextmanager
def watched(team: Team, day: date | None = None) -> Iterator[Moved]:
    """Look at the figures before and after the block: of the 13 weeks that pages speak of, and of the week of `day`."""
    periods = [weeks_before(clock.today(team.zone))]
    if day is not None:
        periods.append(Period(monday(day), monday(day) + WEEK))
    found = Moved(team, periods, _figures(team, periods))
    yield found
    found.after = _figures(team, periods)


@contextmanager
def tried(team: Team) -> Iterator[Moved]:
    """The same of a block that is taken back at its end: what it would move. What it would do is done, so it tells the truth."""
    with transaction.atomic():
        with watched(team) as found:
            yield found
        transaction.set_rollback(True)


def _figures(team: Team, periods: Sequence[Period]) -> list[Five]:
    today = clock.today(team.zone)
    reach = Period(min(each.first for each in periods), max(today, *(each.last for each in periods)))
    rows = five.read([team], reach)[team.pk]
    first, *points = periods
    return [rows.five(first), *(rows.five(each, Period(each.first, reach.last)) for each in points)]


def _move(name: str, before: Five, after: Five) -> Move:
    numbers = told.number_of(name, before), told.number_of(name, after)
    parts = [told.parts(each)[name][1:] for each in (before, after)]
    changed = numbers[0] != numbers[1] or parts[0] != parts[1]
    return Move(name, _text(name, before), _text(name, after), *numbers, changed)


def _text(name: str, of: Five) -> str:
    """The value with what it was counted from: "14.3% (2 of 14)"."""
    value, unit = facts.words(name, of)
    if not value:
        return _("no data")
    _figure, numerator, denominator = told.parts(of)[name]
    shown = f"{value} {unit}".strip()
    if name == "deployment_frequency":
        return f"{shown} ({numerator})"
    return _("%(value)s (%(part)s of %(whole)s)") % {"value": shown, "part": numerator, "whole": denominator}


# -- Where a row stands -------------------------------------------------------------------------------------------------


def day_of(row: Deployment | Incident, team: Team, deployment: Deployment | None = None) -> date | None:
    """The day on which figures look at it; an incident's is that of the deployment it is attributed to, else of its end."""
    if isinstance(row, Deployment):
        instant = row.finished_at
    else:
        instant = deployment.finished_at if deployment else row.resolved_at or row.began_at
    return clock.day_of(instant, team.zone) if instant else None


def point_of(team: Team, row: Deployment | Incident, deployment: Deployment | None = None) -> str:
    """The page of the week in which it counts; "" where it counts in none."""
    day = day_of(row, team, deployment)
    if day is None:
        return ""
    figure = "deployment_frequency" if isinstance(row, Deployment) else "mttr"
    return point_url(team.pk, figure, monday(day), monday(day) + WEEK)
