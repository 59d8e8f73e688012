"""Where many teams stand in delivery, one cell a figure: value, band or score, what it was counted from, what is behind it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery import facts, policies, quarters, reading, told
from delivery.addresses import point_url
from delivery.facts import Reads
from delivery.figures import Band
from delivery.five import Five
from delivery.models import Service
from delivery.periods import Period
from delivery.quarters import Quarter
from delivery.sparks import Spark
from delivery.told import Told
from delivery.words import score_text, short_hours
from teams.models import Team

__all__ = ["Cell", "DeliveryStanding", "for_teams", "short_hours"]

_ORDER = list(Band)
SHOWN = ("deployment_frequency", "lead_time", "change_failure_rate", "recovery")  # where there is no room for all


@dataclass(frozen=True)
class Cell:
    """One figure of a team. `value` "" means that there is none, and `said` why; else `said` is what it was counted from.

    `was` is the band of the 13 weeks before.
    """

    told: Told
    value: str
    unit: str
    was: Band | None
    said: str
    spark: Spark
    url: str
    median: float | None = None
    still_open: int | None = None

    @property
    def id(self) -> str:
        return self.told.id

    @property
    def title(self) -> str:
        return str(self.told.title)

    @property
    def number(self) -> float | None:
        return self.told.number

    @property
    def data_value(self) -> str:
        """The number for scripts and tests, not in the manner of a language."""
        return "" if self.number is None else str(self.number)

    @property
    def count(self) -> int | None:
        """Of the deployments, changes or incidents that it speaks of; None: no data."""
        return self.told.numerator

    @property
    def counted(self) -> str:
        """Numerator and denominator, where there is no room for sentences."""
        part, whole = self.told.numerator, self.told.denominator
        if part is None or whole is None:
            return ""
        if self.id == "deployment_frequency":
            return _("%(count)s in %(weeks)s wk") % {"count": part, "weeks": whole}
        return _("%(part)s of %(whole)s") % {"part": part, "whole": whole}

    @property
    def band(self) -> Band | None:
        return self.told.judged.band

    @property
    def label(self) -> Promise | str:
        return self.band.label if self.band else ""

    @property
    def score(self) -> str:
        score = self.told.judged.score
        return "" if score is None else score_text(score)

    @property
    def got_worse(self) -> bool:
        """Whether it fell into a lower band; "no data" on either side says nothing."""
        return bool(self.band and self.was) and _ORDER.index(self.band) > _ORDER.index(self.was)  # type: ignore[arg-type]


@dataclass(frozen=True)
class DeliveryStanding:
    """One team over the 13 complete weeks before its present day; `edition` is that by which it is judged."""

    team: Team
    quarter: Quarter
    edition: str
    reads: Reads

    @property
    def period(self) -> Period:
        return self.quarter.period

    @property
    def mark(self) -> str:
        """Another one as soon as any cell is: all that cells are made of."""
        made_of = (self.team.pk, self.period.last, self.edition, self.reads, self.quarter.still_open)
        return f"{made_of} {json.dumps(self.quarter.kept)}"

    @cached_property
    def by_id(self) -> dict[str, Cell]:
        """Made when somebody looks at them: a page that keeps what it drew need not."""
        now, weekly = self.quarter.now, self.quarter.weekly
        was = told.numbers(self.quarter.before, self.edition)
        return {
            name: _cell(self, each, was[name].judged.band, now, facts.spark_of(name, weekly[name]))
            for name, each in told.numbers(now, self.edition).items()
        }

    @property
    def all_cells(self) -> list[Cell]:
        return list(self.by_id.values())

    @property
    def cells(self) -> list[Cell]:
        return [self.by_id[name] for name in SHOWN]

    @property
    def frequency(self) -> Cell:
        return self.by_id["deployment_frequency"]

    @property
    def mttr(self) -> Cell:
        return self.by_id["mttr"]

    @property
    def is_empty(self) -> bool:
        return all(cell.number is None for cell in self.by_id.values())


def for_teams(teams: Sequence[Team], today: date | None = None, edition: str = "") -> dict[int, DeliveryStanding]:
    """By team, today's or another day's. A constant number of queries, however many teams.

    `edition` "": each team is judged by that of its own policy.
    """
    if not teams:
        return {}
    services = reading.services_with_first(teams)
    made, chosen = quarters.of_teams(teams, services, today), policies.of_teams(teams)
    of_team: dict[int, list[Service]] = {team.pk: [] for team in teams}
    for service in services:
        of_team[service.team_id].append(service)
    return {
        team.pk: DeliveryStanding(
            team, made[team.pk], edition or chosen[team.pk].edition, facts.reads(of_team[team.pk])
        )
        for team in teams
    }


def _cell(standing: DeliveryStanding, each: Told, was: Band | None, now: Five, spark: Spark) -> Cell:
    value, unit = facts.words(each.id, now, narrow=True)
    known, reads, period = each.number is not None, standing.reads, standing.period
    return Cell(
        told=each,
        value=value,
        unit=unit,
        was=was,
        said=" · ".join(facts.of(each.id, now, reads)) if known else _none_said(each.id, now, reads),
        spark=spark,
        url=point_url(standing.team.pk, each.id, period.first, period.last),
        median=now.mttr.median if each.id == "mttr" else None,
        still_open=now.mttr.still_open
        if each.id == "mttr" and (known or reads.incidents or now.mttr.still_open)
        else None,
    )


def _none_said(name: str, now: Five, reads: Reads) -> str:
    if name not in ("recovery", "mttr"):
        return _("no data")
    if name == "mttr" and now.mttr.still_open:
        return ngettext("%(count)s open", "%(count)s open", now.mttr.still_open) % {"count": now.mttr.still_open}
    return _("no incident") if reads.incidents else _("no data")
