"""What a correction, a policy or another edit did to the figures: each before and after, in the same words as on the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from core import clock
from core.spans import days_text, list_text
from delivery import facts, five, told
from delivery.addresses import point_url
from delivery.five import Five, TeamRows
from delivery.models import Deployment, Incident
from delivery.periods import Period, monday, weeks_before
from teams.models import Team

WEEK = timedelta(days=6)
SINCE = date(1970, 1, 5)  # of the weeks that are looked at: all of them


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
    """What every figure of the 13 weeks was and is; and of each week that moved, by its Monday, where weeks are watched."""

    period: Period
    before: Five
    after: Five | None = None
    weeks: dict[date, list[Move]] = field(default_factory=dict)

    def moves(self) -> list[Move]:
        """Of the 13 weeks, all figures."""
        after = self.after or self.before
        return [_move(name, self.before, after) for name in told.TITLES]

    def said(self) -> str:
        """The figures that moved, by period; "" where none did."""
        weeks = ((Period(first, first + WEEK), moves) for first, moves in sorted(self.weeks.items()))
        parts = []
        for period, moves in ((self.period, self.moves()), *weeks):
            moved = [
                _("%(figure)s %(before)s → %(after)s")
                % {"figure": each.title, "before": each.before, "after": each.after}
                for each in moves
                if each.changed
            ]
            if moved:
                days = days_text(period.first, period.last)
                parts.append(_("%(days)s: %(moved)s.") % {"days": days, "moved": list_text(moved)})
        return " ".join(parts)

    def kept(self) -> dict[str, Any]:
        """As it can be stored and shown later: the days, and by language each figure's words as they read now."""
        words = {}
        for language, _name in settings.LANGUAGES:
            with override(language):
                words[language] = [[each.id, each.before, each.after, each.changed] for each in self.moves()]
        return {"from": self.period.first.isoformat(), "to": self.period.last.isoformat(), "figures": words}


@dataclass(frozen=True)
class Kept:
    """What was stored of it, in the reader's language."""

    period: Period
    moves: Sequence[Move]

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Kept:
        words = stored["figures"]
        rows = words.get(get_language()) or next(iter(words.values()))
        moves = [Move(name, before, after, None, None, changed) for name, before, after, changed in rows]
        return cls(Period(date.fromisoformat(stored["from"]), date.fromisoformat(stored["to"])), moves)


@contextmanager
def watched(team: Team, *, by_week: bool = False) -> Iterator[Moved]:
    """Look at the figures before and after the block: of the 13 weeks that pages speak of, and `by_week` of every week.

    What moves where is known only afterwards: an incident that is taken from one deployment may find another by the rules.
    """
    period = weeks_before(clock.today(team.zone))
    before = _rows(team, period, by_week=by_week)
    found = Moved(period, before.five(period))
    yield found
    after = _rows(team, period, by_week=by_week)
    found.after = after.five(period)
    if by_week:
        found.weeks = _weeks(before, after, clock.today(team.zone))


@contextmanager
def tried() -> Iterator[None]:
    """A block that is taken back at its end. What it would do is done, so that what it would move is the truth."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _rows(team: Team, period: Period, *, by_week: bool) -> TeamRows:
    reach = Period(SINCE, clock.today(team.zone)) if by_week else period
    return five.read([team], reach)[team.pk]


def _weeks(before: TeamRows, after: TeamRows, today: date) -> dict[date, list[Move]]:
    """The weeks that moved, by their Mondays. How many incidents are open at present is no week's own."""
    parts, others = before.by_start("week"), after.by_start("week")
    found = {}
    for first in parts.keys() | others.keys():
        week, until = Period(first, first + WEEK), Period(first, max(today, first + WEEK))
        was, now = (
            each.get(first, rows.empty()).five(week, until) for each, rows in ((parts, before), (others, after))
        )
        now_alone = replace(now, mttr=replace(now.mttr, still_open=was.mttr.still_open))
        if any(_move(name, was, now_alone).changed for name in told.TITLES):
            found[first] = [_move(name, was, now) for name in told.TITLES]
    return found


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
