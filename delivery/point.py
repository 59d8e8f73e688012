"""From a point of a chart to its cause: everything behind the figures of some days. A constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.spans import days_text
from delivery import headlines, policies, told
from delivery.addresses import point_url
from delivery.behind import ChangeRow, DeploymentRow, IncidentRow, change_rows, deployment_rows, incident_rows
from delivery.board import Board, Choice, of_days
from delivery.headlines import Headline
from delivery.models import Change, Deployment, EnvironmentClass, Incident
from delivery.periods import By, Period, next_start, start_of, weeks_before
from teams.models import Team

SHOWN = 100  # rows of each list; the whole list is a page of its own
MOST_DAYS = 400


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what cannot be understood is the usual: the last complete week."""

    figure: str
    period: Period
    choice: Choice

    @classmethod
    def of(cls, query: Mapping[str, str], team: Team) -> Asked:
        figure = query.get("figure", "")
        choice = Choice.of(query.get("period"), query.get("by"), query.get("edition"))
        usual = weeks_before(clock.today(team.zone), 1)
        first, last = _day(query.get("from", "")) or usual.first, _day(query.get("to", "")) or usual.last
        fits = timedelta(0) <= last - first < timedelta(days=MOST_DAYS)
        known = figure if figure in told.TITLES else told.FIRST
        return cls(known, Period(first, last) if fits else usual, choice)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Point:
    """`headlines`: the figure that was asked for first, then the others, of these days alone."""

    team: Team
    asked: Asked
    board: Board
    deployments: Sequence[DeploymentRow]
    incidents: Sequence[IncidentRow]
    changes: Sequence[ChangeRow]
    counts: tuple[int, int, int]  # of deployments, incidents and changes, shown or not

    @property
    def title(self) -> str:
        return str(told.TITLES[self.asked.figure])

    @property
    def days(self) -> str:
        return days_text(self.asked.period.first, self.asked.period.last)

    @property
    def zone(self) -> ZoneInfo:
        return self.board.zone

    @property
    def so_far(self) -> bool:
        return self.asked.period.last >= self.board.today

    @property
    def headlines(self) -> list[Headline]:
        found = headlines.of_board(self.board, with_sparks=False)
        return sorted(found, key=lambda each: each.id != self.asked.figure)

    @property
    def total(self) -> int:
        return self.counts[0]

    @property
    def counted(self) -> int:
        return sum(row.why.counts for row in self.deployments)

    @property
    def more_deployments(self) -> bool:
        return self.counts[0] > SHOWN

    @property
    def more_incidents(self) -> bool:
        return self.counts[1] > SHOWN

    @property
    def more_changes(self) -> bool:
        return self.counts[2] > SHOWN

    @property
    def deployments_url(self) -> str:
        return self._listing("deployments", environment="production")

    @property
    def incidents_url(self) -> str:
        return self._listing("incidents")

    @property
    def changes_url(self) -> str:
        return self._listing("changes")

    def _listing(self, name: str, **more: str) -> str:
        period = self.asked.period
        query = {"from": period.first.isoformat(), "to": period.last.isoformat(), **more}
        return f"{reverse(name, args=[self.team.pk])}?{urlencode(query)}"

    @property
    def previous(self) -> str:
        """The week or month before, where these days are within one."""
        by = self._by
        first = start_of(start_of(self.asked.period.first, by) - timedelta(days=1), by) if by else None
        return self._beside(first, by) if first and by else ""

    @property
    def next(self) -> str:
        by = self._by
        first = next_start(start_of(self.asked.period.first, by), by) if by else None
        return self._beside(first, by) if first and by and first <= self.board.today else ""

    @property
    def _by(self) -> By | None:
        by, period = self.asked.choice.by, self.asked.period
        return by if start_of(period.first, by) == start_of(period.last, by) else None

    def _beside(self, first: date, by: By) -> str:
        last = min(next_start(first, by) - timedelta(days=1), self.board.today)
        return point_url(self.team.pk, self.asked.figure, first, last, self.asked.choice.query)


def read(team: Team, asked: Asked) -> Point:
    policy = policies.of_team(team)
    zone = team.zone
    deployments, incidents, changes = (
        deployments_of(team, asked, zone),
        incidents_of(team, asked, zone),
        changes_of(team, asked, zone),
    )
    return Point(
        team=team,
        asked=asked,
        board=of_days(team, asked.period, asked.choice),
        deployments=deployment_rows(deployments[:SHOWN], team.pk),
        incidents=incident_rows(incidents[:SHOWN], policy),
        changes=change_rows(changes[:SHOWN]),
        counts=(deployments.count(), incidents.count(), changes.count()),
    )


def deployments_of(team: Team, asked: Asked, zone: ZoneInfo) -> QuerySet[Deployment]:
    """Those to production of these days, whatever became of them; the ones that the figure speaks of first."""
    rows = Deployment.objects.of_teams([team]).filter(environment_class=EnvironmentClass.PRODUCTION)
    rows = rows.dated(asked.period.first, asked.period.last, zone).newest_first()
    first = {"change_failure_rate": "-failures", "recovery": "-failures", "rework_rate": "-hotfix"}.get(asked.figure)
    return rows.order_by(first, *rows.query.order_by) if first else rows


def incidents_of(team: Team, asked: Asked, zone: ZoneInfo) -> QuerySet[Incident]:
    """Those that were resolved on these days, began on them, or are attributed to a deployment of them."""
    return Incident.objects.of_teams([team]).touching(asked.period.first, asked.period.last, zone).newest_first()


def changes_of(team: Team, asked: Asked, zone: ZoneInfo) -> QuerySet[Change]:
    rows = Change.objects.of_teams([team]).deployed_within(asked.period.first, asked.period.last, zone)
    return rows.select_related("service", "deployment").order_by("-deployed_at", "-pk")
