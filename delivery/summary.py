"""A team's delivery in one glance, for pages of rooms above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from core.charts import Chart
from core.spans import days_text
from delivery import charts, headlines, policies, told
from delivery.board import Board, Choice, board
from delivery.charts import source_text
from delivery.headlines import Headline, OverallSaid
from delivery.models import Deployment, Incident, Service
from delivery.standings import SHOWN, DeliveryStanding, for_teams
from teams.models import Team

__all__ = [
    "DeliveryStanding",
    "DeliverySummary",
    "deployments_by_service",
    "for_team",
    "for_teams",
    "of_board",
    "recent_incidents",
]


@dataclass(frozen=True)
class Drawn:
    """A chart under its figure's name."""

    chart: Chart
    title: str

    @property
    def id(self) -> str:
        return self.chart.id


def edition_text(edition: str) -> str:
    """By what the figures are judged: "bands 2023"; of 2025, which knows none, "scores 2025"."""
    words = {"edition": edition}
    return _("scores 2025") if edition == "2025" else _("bands %(edition)s") % words


@dataclass(frozen=True)
class DeliverySummary:
    """`services` empty: nothing is connected, and there is neither headline nor chart."""

    services: Sequence[Service]
    headlines: Sequence[Headline]
    charts: Sequence[Drawn]
    period: str  # "24 Aug – 22 Nov 2026"
    caption: str
    policy: str
    edition: str  # "bands 2023"
    first_sync: bool  # a repository has not been read whole yet: figures will still grow
    overall: OverallSaid | None = None  # beside all figures, by an edition that knows one


def for_team(team: Team) -> DeliverySummary:
    """The usual 13 weeks, in the figures of the team page. A constant number of queries."""
    found = board(team, Choice())
    shown = [each for each in headlines.of_board(found) if each.id in SHOWN] if found.services else []
    return _summary(found, shown, [])


def of_board(found: Board) -> DeliverySummary:
    """All figures and their charts."""
    drawn = (
        [Drawn(draw(found), str(told.TITLES[name])) for name, draw in charts.OF_FIGURE.items()]
        if found.services
        else []
    )
    made = _summary(found, headlines.of_board(found) if found.services else [], drawn)
    return replace(made, overall=headlines.overall(found) if found.services else None)


def _summary(found: Board, shown: Sequence[Headline], drawn: Sequence[Drawn]) -> DeliverySummary:
    return DeliverySummary(
        services=found.services,
        headlines=shown,
        charts=drawn,
        period=days_text(found.period.first, found.period.last),
        caption=source_text(found) if found.services else "",
        policy=policies.text_of(found.policy),
        edition=edition_text(found.edition),
        first_sync=found.first_sync,
    )


def deployments_by_service(teams: Iterable[Team], since: datetime) -> list[tuple[Service, list[datetime]]]:
    """When the counted deployments of these teams since then finished, by service (with `team`). One query."""
    found: dict[Service, list[datetime]] = {}
    rows = Deployment.objects.of_teams(teams).counted().finished_since(since).select_related("service__team")
    for row in rows:
        if row.finished_at:
            found.setdefault(row.service, []).append(row.finished_at)
    return list(found.items())


def recent_incidents(teams: Iterable[Team], since: datetime, limit: int = 20) -> list[Incident]:
    """The incidents of these teams begun or resolved since then, newest first, with `team`. One query."""
    rows = Incident.objects.of_teams(teams).moved_since(since).newest_first()
    return list(rows.select_related("team")[:limit])
