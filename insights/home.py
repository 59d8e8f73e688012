"""What the home page shows a person, read from every room. Constant numbers of queries, however many teams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import delivery.summary
import roadmaps.history
import roadmaps.summary
from core import clock, figures
from core.figures import Figure
from roadmaps.models import Item
from roadmaps.overview import is_late
from teams.models import Person, Team
from teams.zones import zones_of

# What is new: since then. The time of a person's last visit is not kept yet.
NEWS = timedelta(days=14)
NEWS_SHOWN = 12
OWED_WITHIN = timedelta(days=31)


@dataclass(frozen=True)
class TeamCard:
    """A team with today's value of every figure; None is "no data"."""

    team: Team
    values: Sequence[tuple[Figure, float | None]]

    @property
    def is_empty(self) -> bool:
        return all(value is None for _, value in self.values)


@dataclass(frozen=True)
class Owed:
    """An open item of the person, overdue or due within a month."""

    item: Item
    late: bool


@dataclass(frozen=True)
class News:
    """Something that happened in one of the person's teams."""

    at: datetime
    icon: str
    team: Team
    title: str
    what: str
    url: str


def _todays(teams: Sequence[Team]) -> dict[int, date]:
    return {pk: clock.today(zone) for pk, zone in zones_of(teams).items()}


def team_cards(person: Person) -> list[TeamCard]:
    """The person's teams, with today's figures from the registry."""
    teams = list(Team.objects.active().of(person).listed())
    if not teams:
        return []
    days = _todays(teams)
    wanted = sorted(set(days.values()))
    known = [(figure, figure.values(teams, wanted)) for figure in figures.all_figures()]
    return [
        TeamCard(team, [(figure, values.get((team.pk, days[team.pk]))) for figure, values in known]) for team in teams
    ]


def owed(person: Person) -> list[Owed]:
    """The person's open items that are overdue or due within a month, the earliest first."""
    items = roadmaps.summary.open_items_of(person)
    days = _todays([item.roadmap.team for item in items])
    found = []
    for item in items:
        today = days[item.roadmap.team_id]
        if item.due_date is not None and item.due_date <= today + OWED_WITHIN:
            found.append(Owed(item, is_late(item, today)))
    return found


def news(teams: Sequence[Team]) -> list[News]:
    """What happened in these teams in the last fortnight, newest first: ticks, production deployments, incidents."""
    since = clock.now() - NEWS
    found = [*_ticks(teams, since), *_deployments(teams, since), *_incidents(teams, since)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:NEWS_SHOWN]


def _ticks(teams: Sequence[Team], since: datetime) -> Iterator[News]:
    for tick in roadmaps.summary.recent_ticks(teams, since, NEWS_SHOWN):
        item = tick.item
        what = f"{roadmaps.history.said_of(tick)} · {tick.person}"
        yield News(tick.recorded_at, "list-check", item.roadmap.team, item.shown_title, what, item.get_absolute_url())


def _deployments(teams: Sequence[Team], since: datetime) -> Iterator[News]:
    """One line for each service, dated by its newest: a lively team would fill the page otherwise."""
    for service, finished in delivery.summary.deployments_by_service(teams, since):
        title = ngettext("%(number)s deployment to production", "%(number)s deployments to production", len(finished))
        url = reverse("deployments", args=[service.team_id])
        yield News(max(finished), "rocket", service.team, title % {"number": len(finished)}, service.name, url)


def _incidents(teams: Sequence[Team], since: datetime) -> Iterator[News]:
    for each in delivery.summary.recent_incidents(teams, since, NEWS_SHOWN):
        team = each.service.team
        sentence = _("Incident resolved · %(service)s") if each.resolved_at else _("Incident open · %(service)s")
        what = sentence % {"service": each.service}
        at = each.resolved_at or each.began_at
        yield News(at, "alert-triangle", team, str(each), what, reverse("incidents", args=[team.pk]))
