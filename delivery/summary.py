"""A team's delivery in one glance, for pages of rooms above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.charts import Chart
from core.spans import days_text
from delivery import charts, headlines
from delivery.board import Board, Choice, board
from delivery.headlines import Headline
from delivery.models import Deployment, Incident, Service
from delivery.standings import DeliveryStanding, for_teams
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
class DeliverySummary:
    """`services` empty: nothing is connected, and there is neither headline nor chart."""

    services: Sequence[Service]
    headlines: Sequence[Headline]
    frequency_chart: Chart | None
    mttr_chart: Chart | None
    period: str  # "24 Aug – 22 Nov 2026"
    caption: str
    first_sync: bool  # a repository has not been read whole yet: figures will still grow


def for_team(team: Team) -> DeliverySummary:
    """The usual 13 weeks. A constant number of queries."""
    return of_board(board(team, Choice()))


def of_board(found: Board) -> DeliverySummary:
    if not found.services:
        return DeliverySummary((), (), None, None, "", "", first_sync=False)
    return DeliverySummary(
        services=found.services,
        headlines=[headlines.frequency_headline(found), headlines.mttr_headline(found)],
        frequency_chart=charts.frequency_chart(found),
        mttr_chart=charts.mttr_chart(found),
        period=days_text(found.period.first, found.period.last),
        caption=charts.source_text(found),
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
