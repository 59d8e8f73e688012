"""A team's connections in one glance, for pages of rooms above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connections import health
from connections.health import Health, SourceRow
from connections.models import Source
from core import clock
from teams.models import Team


@dataclass(frozen=True)
class TeamHealth:
    """`rows`: the team's connected repositories, those with a problem first. Empty: there is nothing to read from yet."""

    rows: list[SourceRow]

    @property
    def problems(self) -> list[SourceRow]:
        return [row for row in self.rows if row.health.is_problem]

    @property
    def worst(self) -> Health | None:
        return self.rows[0].health if self.rows else None

    @property
    def set_aside(self) -> int:
        return sum(row.set_aside for row in self.rows)

    @property
    def read_at(self) -> datetime | None:
        """Until when everything is read: the oldest of the last complete syncs; None while one was never read."""
        instants = [row.source.succeeded_at for row in self.rows]
        return min((at for at in instants if at), default=None) if all(instants) else None


_ORDER = {"is-off": 0, "is-risk": 1, "is-stale": 2, "is-ok": 3}


def health_of(team: Team) -> TeamHealth:
    """One query, however many repositories the team has."""
    sources = Source.objects.read_by(team).listed().with_set_aside_count()
    found = health.rows(sources, clock.now())
    return TeamHealth(sorted(found, key=lambda row: _ORDER[row.health.tone]))
